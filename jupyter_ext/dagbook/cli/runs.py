"""`dagbook runs`: the runs of this project, newest first."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from rich.table import Table

from dagbook import bootstrap
from dagbook.api.run_listing import STATES, read_filter
from dagbook.cli.screen import console, json_option, print_json, seconds_text, since_text, state_text
from dagbook.engine.run_filter import RunFilter


def filter_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """--pipeline, --state, --tag, --since, --until."""
    options = [
        click.option("--pipeline", "pipelines", multiple=True, help="Only runs of this pipeline."),
        click.option(
            "--state", "states", multiple=True, type=click.Choice(STATES), help="Only runs in this state."
        ),
        click.option("--tag", "tags", multiple=True, metavar="NAME[=VALUE]", help="Only runs with this tag."),
        click.option(
            "--since", metavar="WHEN", help="Started then or later: 2026-11-20, yesterday, 3d (ago)."
        ),
        click.option("--until", metavar="WHEN", help="Started then or earlier."),
    ]
    for option in reversed(options):
        command = option(command)
    return command


@click.command("runs")
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True, help="At most so many.")
@filter_options
@json_option
def command(*, limit: int, as_json: bool, **options: Any) -> None:
    """List the runs of the project you are in, newest first."""
    wanted = read_filter(**options)
    found = bootstrap.queries(Path()).runs(limit, wanted=wanted)
    if as_json:
        print_json(found)
        return
    if not found:
        console.print(_nothing(wanted))
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


def _nothing(wanted: RunFilter) -> str:
    if wanted == RunFilter():
        return "No runs yet. Start one with `dagbook run FILE`, or try `dagbook demo`."
    return "No run is like that. `dagbook runs` without options lists all."
