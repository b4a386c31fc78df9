"""`dagbook package FILE`: a pipeline with all that it needs, to be run elsewhere."""

from __future__ import annotations

from pathlib import Path

import click
from rich.text import Text

from dagbook.api.packing.package import LARGEST, package
from dagbook.cli.choices import file_argument
from dagbook.cli.screen import bytes_text, console, json_option, print_findings, print_json
from dagbook.pipeline.written import parse_size


class _Size(click.ParamType):  # type: ignore[type-arg]
    """An amount of bytes: 500M, 2Gi."""

    name = "size"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The number of bytes."""
        try:
            return parse_size(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


@click.command("package")
@file_argument
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), metavar="DIR|ZIP",
    help="Write to this new folder, or to this file NAME.zip.  [default: NAME.zip]",
)  # fmt: skip
@click.option(
    "--include", type=click.Path(path_type=Path), multiple=True, metavar="PATH",
    help="Take this file or folder too.",
)  # fmt: skip
@click.option(
    "--largest", type=_Size(), default=LARGEST, metavar="SIZE", help="That one file may have.  [100M]"
)
@json_option
def command(
    file: Path, *, output: Path | None, include: tuple[Path, ...], largest: int, as_json: bool
) -> None:
    """Make a package of the pipeline in FILE, or of the notebook FILE: files, modules, locked packages.

    `dagbook run` and `mlflow run` run it, here and elsewhere.
    """
    made = package(file, output, include=include, largest=largest)
    if as_json:
        print_json(made.to_json())
        return
    print_findings(made.notes)
    size = f" ({bytes_text(made.bytes)}): {len(made.files)} files, {made.packages} locked packages"
    console.print(Text.assemble("Wrote ", (str(made.path), "bold"), size), soft_wrap=True)
    shown = output or Path(made.path.name)
    console.print(f"Run it:  dagbook run {shown}   or   mlflow run {shown}", highlight=False, soft_wrap=True)
