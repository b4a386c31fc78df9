"""`dagbook reproduce [RUN]`: do a run again from what it kept, and say whether it came to the same."""

from __future__ import annotations

from pathlib import Path

import click
from rich.text import Text

from dagbook.api.reproduction.reproduce import Reproduction, reproduce
from dagbook.api.run import Run, find
from dagbook.cli.compare import print_differences
from dagbook.cli.progress import follow
from dagbook.cli.screen import console, errors, json_option, print_json
from dagbook.errors import Exit


@click.command("reproduce")
@click.argument("run", required=False)
@click.option("--same-environment", is_flag=True, help="Take this Python and its packages; make none.")
@click.option(
    "--into", type=click.Path(path_type=Path), metavar="FOLDER",
    help="Do it in this folder, which is not there yet.  [default: below .dagbook/reproductions]",
)  # fmt: skip
@json_option
@click.pass_context
def command(
    ctx: click.Context, run: str | None, *, same_environment: bool, into: Path | None, as_json: bool
) -> None:
    """Do RUN (an id, the beginning of one, or the newest) again, and say whether it came to the same.

    From its commit, patch, parameters, data and packages, in a folder and an environment of their own.
    Nothing of the original or of its tracking store is changed. Ends with 0 when all is equal, else with 1.
    """
    original = find(run, Path())
    if not as_json:
        how = "this environment" if same_environment else "a fresh environment"
        errors.print(f"Reproducing run {original.id} in {how} …", highlight=False)

    def look(again: Run) -> None:
        try:
            follow(again, live=not as_json)
        except KeyboardInterrupt:
            again.cancel("SIGINT")
            again.wait()
            ctx.exit(Exit.SIGINT)

    done = reproduce(original, same_environment=same_environment, into=into, look=look)
    if as_json:
        print_json(done.to_json())
    else:
        _print(done)
    ctx.exit(Exit.OK if done.equal else Exit.FAILED)


def _print(done: Reproduction) -> None:
    for note in done.notes:
        console.print(Text(f"note: {note}", "yellow"))
    if done.equal:
        said = "equal: parameters, outputs, metrics, code, packages and data are those of run"
        console.print(Text.assemble(("\n✓ ", "green"), f"{said} {done.run}"), soft_wrap=True)
    else:
        console.print(Text.assemble(("\n✗ ", "red"), f"differs from run {done.run} (A)"))
        print_differences(done.differences)
    console.print(Text(f"\nIt is in {done.folder}", "dim"), soft_wrap=True)
