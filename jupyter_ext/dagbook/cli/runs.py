"""`dagbook runs`: the runs of this project, newest first."""

from __future__ import annotations

from pathlib import Path

import click
from rich.table import Table

from dagbook import bootstrap
from dagbook.cli.screen import console, json_option, print_json, seconds_text, since_text, state_text


@click.command("runs")
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True, help="At most so many.")
@click.option("--pipeline", help="Only runs of this pipeline.")
@click.option("--state", help="Only runs in this state.")
@json_option
def command(*, limit: int, pipeline: str | None, state: str | None, as_json: bool) -> None:
    """List the runs of the project you are in, newest first."""
    filtering = pipeline is not None or state is not None
    found = [
        run
        for run in bootstrap.queries(Path()).runs(limit=None if filtering else limit)
        if pipeline in (None, run["pipeline"]) and state in (None, run["state"])
    ][:limit]
    if as_json:
        print_json(found)
        return
    if not found:
        console.print("No runs yet. Start one with `dagbook run FILE`, or try `dagbook demo`.")
        return
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("run", "pipeline", "state", "steps", "started", "took"):
        table.add_column(column, no_wrap=True)
    for run in found:
        steps = run["steps"]
        table.add_row(
            run["run"], run["pipeline"], state_text(run["state"]), f"{steps['done']} of {steps['total']}",
            since_text(run["started"]), seconds_text(run["seconds"]),
        )  # fmt: skip
    console.print(table)
