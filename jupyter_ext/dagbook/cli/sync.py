"""`dagbook sync`: deliver what waits to be recorded, and say what is left."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from dagbook.api.tracking import Left, sync
from dagbook.cli.screen import console, json_option, print_json
from dagbook.errors import Exit


@click.command("sync")
@click.argument("where", type=click.Path(exists=True, path_type=Path), default=Path())
@json_option
@click.pass_context
def command(ctx: click.Context, where: Path, *, as_json: bool) -> None:
    """Send everything that the notebooks of the project of WHERE logged. Exit code 3 if something is left."""
    left = sync(where)
    if as_json:
        print_json([{**asdict(box), "folder": str(box.folder)} for box in left])
    else:
        for box in left:
            _print(box)
        if not any(box.waiting or box.rejected for box in left):
            console.print("everything is in MLflow")
    if any(box.waiting for box in left):
        ctx.exit(Exit.ENVIRONMENT)


def _print(box: Left) -> None:
    name = Path(box.notebook).name or box.folder.name
    if box.waiting:
        console.print(f"{name}: {box.waiting} records wait. {box.reason}", soft_wrap=True, markup=False)
    if box.rejected:
        console.print(
            f"{name}: MLflow refused {box.rejected} records; they and the reasons are kept in "
            f"{box.folder.parent}",
            soft_wrap=True,
            markup=False,
        )
