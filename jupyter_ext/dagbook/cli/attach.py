"""`dagbook attach RUN STEP`: the kernel of a step that failed, and a notebook to mend it in."""

from __future__ import annotations

import click
from rich.text import Text

from dagbook.api.attaching import attach
from dagbook.api.phrases import time_of_day
from dagbook.cli.screen import console, json_option, print_json


@click.command("attach")
@click.argument("run")
@click.argument("step")
@json_option
def command(run: str, step: str, *, as_json: bool) -> None:
    """Print where STEP of RUN can be gone on with, whose kernel was kept after a failure.

    That is a copy of its executed notebook beside the notebook itself, and the file that Jupyter's clients
    connect to the kernel by. Kernels are kept by `--keep-failed` of run, resume and retry.
    """
    found = attach(run, step)
    if as_json:
        print_json(
            {
                "run": found.run, "step": found.step, "path": str(found.path),
                "connection": found.connection, "until": found.until, "cell": found.cell,
            }
        )  # fmt: skip
        return
    console.print(str(found.path), markup=False, highlight=False, soft_wrap=True)
    where = f"cell {found.cell} failed; " if found.cell else ""
    for line in (
        f"{where}its kernel is kept until {time_of_day(found.until)}",
        f"    jupyter console --existing {found.connection}",
        f"    dagbook continue {found.run} {found.step}   (or release, which lets it fail)",
    ):
        console.print(Text(line, "dim"), soft_wrap=True)
