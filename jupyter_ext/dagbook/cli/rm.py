"""`dagbook rm RUN…`: remove runs for good."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from dagbook.api.removal import Removed, rm
from dagbook.api.run import Run, find
from dagbook.cli.confirm import confirm
from dagbook.cli.screen import bytes_text, console, json_option, print_json
from dagbook.engine.content import size_of
from dagbook.journals.lock import refuse_driven


@click.command("rm")
@click.argument("runs", nargs=-1, required=True)
@click.option("--mlflow", is_flag=True, help="Also delete their records in MLflow.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@json_option
def command(runs: tuple[str, ...], *, mlflow: bool, yes: bool, as_json: bool) -> None:
    """Remove RUNS (ids, or beginnings of ids) for good: folders, executed notebooks, outputs.

    A run that is going on is refused, and then none is removed. Results that are kept for reuse are copies
    and stay; so do records in MLflow, unless --mlflow is given.
    """
    found = list({run.id: run for run in (find(name, Path()) for name in runs)}.values())
    for run in found:
        refuse_driven(run.folder)
    confirm(_question(found, mlflow=mlflow), yes=yes)
    removed = [rm(run, mlflow=mlflow) for run in found]
    if as_json:
        print_json([asdict(one) for one in removed])
        return
    for one in removed:
        console.print(_said(one), soft_wrap=True)


def _question(runs: list[Run], *, mlflow: bool) -> str:
    named = ", ".join(f"{run.id} ({run.state.pipeline or 'unknown'}, {run.state.state})" for run in runs)
    size = bytes_text(sum(size_of(run.folder) for run in runs))
    with_records = ", and delete what MLflow has of them" if mlflow else ""
    return f"Remove {named}: {size}{with_records}? This cannot be undone."


def _said(removed: Removed) -> str:
    records = f", {removed.records} records in MLflow" if removed.records else ""
    return f"removed {removed.run}: {bytes_text(removed.bytes)}{records}"
