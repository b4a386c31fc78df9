"""`dagbook drive FOLDER`: be the driver of a run. Started by `dagbook run`, detached; not for people."""

from __future__ import annotations

import signal
from pathlib import Path

import click

from dagbook.api.driver import drive
from dagbook.api.run import exit_code


@click.command("drive", hidden=True)
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--again", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--turn", type=(int, click.Path(path_type=Path)))
@click.pass_context
def command(ctx: click.Context, folder: Path, again: Path | None, turn: tuple[int, Path] | None) -> None:
    """Drive the run in FOLDER to its end; take it up as the file AGAIN says if it was driven before."""
    asked: list[str] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda received, _frame: asked.append(signal.Signals(received).name))
    # A closed terminal is no reason to end.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    state = drive(folder.resolve(), lambda: asked[0] if asked else None, again, turn)
    ctx.exit(exit_code(state))
