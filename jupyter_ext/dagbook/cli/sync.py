"""`dagbook sync`: deliver what waits, complete runs that MLflow missed, and say what is left."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from dagbook.api.tracking import Left, sync
from dagbook.api.truth import Mended, mend
from dagbook.cli.screen import console, json_option, print_json
from dagbook.errors import Exit


@click.command("sync")
@click.argument("where", type=click.Path(exists=True, path_type=Path), default=Path())
@json_option
@click.pass_context
def command(ctx: click.Context, where: Path, *, as_json: bool) -> None:
    """Make MLflow complete and true: what notebooks logged, and runs that it missed while it was away.

    Runs whose kernels or drivers are gone get the end that they lack. Exit code 3 if something is left.
    """
    left = sync(where)
    mended = [one for one in mend(where) if one.made or one.mended or one.reason]
    if as_json:
        boxes = [{**asdict(box), "folder": str(box.folder)} for box in left]
        print_json([*boxes, *map(asdict, mended)])
    else:
        for box in left:
            _print(box)
        for run in mended:
            _print_run(run)
        if not any(box.waiting or box.rejected for box in left) and not any(run.reason for run in mended):
            console.print("everything is in MLflow")
    if any(box.waiting for box in left) or any(run.reason for run in mended):
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


def _print_run(run: Mended) -> None:
    said = run.reason or f"completed: {run.made} records were missing, {run.mended} lacked their end"
    console.print(f"run {run.run} {said}", soft_wrap=True, markup=False)
