"""`dagbook continue RUN STEP`: go on with a pipeline from a step that was finished by hand."""

from __future__ import annotations

from pathlib import Path

import click

from dagbook.api.attaching import continue_
from dagbook.cli.screen import console, json_option, print_json, state_text


@click.command("continue")
@click.argument("run")
@click.argument("step")
@click.option(
    "--notebook", type=click.Path(path_type=Path), metavar="FILE",
    help="As you left it.  [default: the copy that `dagbook attach` made]",
)  # fmt: skip
@json_option
def command(run: str, step: str, *, notebook: Path | None, as_json: bool) -> None:
    """Go on with RUN from STEP, which failed and was finished by hand in its kept kernel.

    Save the notebook first. What its kernel published becomes the step's outputs, for this run alone.
    """
    said = continue_(run, step, notebook=notebook)
    if as_json:
        print_json(said)
        return
    console.print(state_text(said["state"]), f"{said['step']}, finished by {said['by']}")
    if said["changed"]:
        cells = ", ".join(map(str, said["changed"]))
        console.print(
            f"Cells that are not those of its notebook: {cells}. Put them there too, or it fails again.",
            markup=False, highlight=False, soft_wrap=True,
        )  # fmt: skip
