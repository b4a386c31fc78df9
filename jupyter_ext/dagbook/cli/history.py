"""`dagbook history [RUN]`: the runs of one pipeline side by side."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from rich.table import Table
from rich.text import Text

from dagbook.api.run import find
from dagbook.cli.screen import console, json_option, print_json, since_text, state_text

_NAME = 28
_COLUMN = 14


@click.command("history")
@click.argument("run", required=False)
@click.option("--limit", type=click.IntRange(1, 500), help="At most so many runs.  [default: those that fit]")
@json_option
def command(run: str | None, *, limit: int | None, as_json: bool) -> None:
    """Show how each node came out in the newest runs of the pipeline that RUN was of (or the newest run)."""
    fits = max(3, (console.width - _NAME) // _COLUMN)
    grid = find(run, Path()).history(limit or (20 if as_json else fits))
    if as_json:
        print_json(grid)
        return
    console.print(Text.assemble((f"{grid['pipeline']}  ", "bold"), (grid["file"], "dim")), soft_wrap=True)
    console.print()
    console.print(_table(grid))


def _table(grid: dict[str, Any]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("", no_wrap=True, overflow="ellipsis", max_width=_NAME)
    for run in grid["runs"]:
        table.add_column(since_text(run["started"]), no_wrap=True)
    table.add_row(Text("run", "dim"), *(state_text(run["state"]) for run in grid["runs"]))
    for node in grid["nodes"]:
        table.add_row(node, *(_cell(run["nodes"].get(node)) for run in grid["runs"]))
    table.add_row("", *(Text(run["run"][-9:], "dim") for run in grid["runs"]))
    return table


def _cell(cell: dict[str, Any] | None) -> Text:
    if cell is None:
        return Text("")
    many = f" {cell['ok']}/{cell['steps']}" if cell["steps"] != 1 else ""
    return state_text(cell["state"]) + Text(many, "dim")
