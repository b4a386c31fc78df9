"""`dagbook compare [A] [B]`: what differs between two runs."""

from __future__ import annotations

from pathlib import Path

import click
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from dagbook.api.compare import HEADINGS, Difference, RunComparison, compare_runs
from dagbook.api.run import Run, find
from dagbook.bootstrap import queries
from dagbook.cli.screen import console, json_option, print_json
from dagbook.engine.disk import write_whole
from dagbook.errors import Exit, Finding, NotFound, not_writable


@click.command("compare")
@click.argument("left", metavar="[A]", required=False)
@click.argument("right", metavar="[B]", required=False)
@click.option(
    "--html", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
    help="Write a page there, with what cells showed side by side.",
)  # fmt: skip
@click.option("--exit-code", is_flag=True, help="Exit with 1 when the runs differ, as diff does.")
@json_option
def command(
    left: str | None, right: str | None, *, html: Path | None, exit_code: bool, as_json: bool
) -> None:
    """Say what differs between the runs A and B: parameters, code, outputs, packages.

    B is the newest run unless it is named; A the one before it of the same pipeline.
    """
    second = find(right, Path())
    first = find(left, Path()) if left else _before(second)
    found = compare_runs(first, second)
    if html is not None:
        _write(html, found, (first, second))
    if as_json:
        print_json(found.to_json())
    elif html is None:
        _print(found, (first, second))
    else:
        console.print(Text.assemble("Wrote ", (str(html), "bold")), soft_wrap=True)
    if exit_code and found.differences:
        raise click.exceptions.Exit(Exit.FAILED)


def _write(target: Path, found: RunComparison, runs: tuple[Run, Run]) -> None:
    from dagbook.api.comparison_page import write_comparison

    page = write_comparison(found, runs[0].show(), runs[1].show()).encode("utf-8", "replace")
    try:
        write_whole(target.absolute(), page)
    except OSError as error:
        remedy = "name another file with --html, in a folder that is there"
        raise not_writable("the page cannot be written", error, target, remedy) from error


def _before(run: Run) -> Run:
    """The run of the same pipeline that came before."""
    known = queries(Path())
    for summary in known.runs(before=run.id):
        if summary["pipeline"] == run.state.pipeline:
            return Run(summary["run"], known)
    raise NotFound(
        Finding(
            code="unknown-run",
            message=f"'{run.state.pipeline}' has no run before {run.id}",
            remedy="run it again, or name two runs: `dagbook runs` lists them",
        )
    )


def _print(found: RunComparison, runs: tuple[Run, Run]) -> None:
    for label, run in zip(("A", "B"), runs, strict=True):
        console.print(
            Text.assemble((f"{label}  ", "bold"), run.id, f"  {run.state.pipeline}, {run.state.state}")
        )
    if not found.differences:
        console.print("\nNothing that was recorded differs.")
    print_differences(found.differences)


def print_differences(differences: tuple[Difference, ...]) -> None:
    """One table for each kind of what differs."""
    for kind, heading in HEADINGS.items():
        if rows := tuple(one for one in differences if one.kind == kind):
            console.print(Text(f"\n{heading}", "bold"))
            if kind == "code":
                _print_code(rows)
            else:
                console.print(_table(rows))


def _print_code(rows: tuple[Difference, ...]) -> None:
    for row in rows:
        console.print(Text(row.where))
        # The first two lines name the runs, which stand above.
        diff = "\n".join(row.change.splitlines()[2:])
        console.print(Syntax(diff, "diff", theme="ansi_dark", background_color="default", word_wrap=True))


def _table(rows: tuple[Difference, ...]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    with_steps = any(row.where for row in rows)
    for heading in (*(["step"] if with_steps else []), "name", "A", "B", "change"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        cells = [Text(row.name), Text(row.left), Text(row.right), Text(row.change, "dim")]
        table.add_row(*([Text(row.where)] if with_steps else []), *cells)
    return table
