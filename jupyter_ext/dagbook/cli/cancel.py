"""`dagbook cancel RUN`: ask a run to end, and wait until it has."""

from __future__ import annotations

from pathlib import Path

import click

from dagbook import bootstrap
from dagbook.api.resume import resume
from dagbook.api.run import find
from dagbook.cli.screen import console, json_option, print_json, state_text
from dagbook.engine.submission import is_submitted


@click.command("cancel")
@click.argument("run")
@click.option("--no-wait", is_flag=True, help="Come back before the run has ended.")
@json_option
def command(run: str, *, no_wait: bool, as_json: bool) -> None:
    """End RUN: its running steps are stopped, the others never start, what was published stays."""
    found = find(run, Path())
    state = found.state
    if state.state == "interrupted" and is_submitted(found.folder):
        # Nobody follows it, and it goes on all the same.
        found = resume(found, wait=False)
        found.has_begun()
        state = found.state
    if state.state == "running":
        found.cancel()
        queries = bootstrap.queries(Path())
        while not no_wait and queries.is_driven(found.id):
            state = found.wait()
        state = found.state
    if as_json:
        print_json({"run": found.id, "state": state.state})
    else:
        console.print(state_text(state.state), found.id)
