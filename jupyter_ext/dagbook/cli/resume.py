"""`dagbook resume RUN`: do what a run has not finished."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from dagbook.api.resume import resume
from dagbook.api.run import find
from dagbook.cli.choices import keep_failed_option
from dagbook.cli.run import follow_run
from dagbook.cli.screen import json_option, print_findings
from dagbook.errors import Finding


def taking_up_options(command: Any) -> Any:
    """--as-planned, --changed, --jobs, --keep-failed, --detach: what `resume` and `retry` have in common."""
    options = [
        click.option(
            "--as-planned", "way", flag_value="as-planned", help="Go on as planned, though something changed."
        ),
        click.option(
            "--changed", "way", flag_value="changed", help="Begin a new run of the pipeline as it is now."
        ),
        click.option("--jobs", type=click.IntRange(1, 512), help="How many steps may run at once."),
        keep_failed_option(),
        click.option("--detach", is_flag=True, help="Start it and come back at once."),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def warn_of_damage(run: str) -> None:
    """Say what of the run's journal cannot be read, before somebody goes on with it."""
    found = find(run, Path())
    if found.damage is not None:
        message = f"its journal is damaged: {found.damage}"
        remedy = "a copy is kept beside it; what cannot be read is done again, or reused"
        print_findings([Finding(code="journal-damaged", message=message, remedy=remedy, severity="warning")])


@click.command("resume")
@click.argument("run")
@taking_up_options
@json_option
@click.pass_context
def command(ctx: click.Context, /, run: str, *, detach: bool, as_json: bool, **options: Any) -> None:
    """Do what RUN has not finished: after its driver died, after a failure, after it was cancelled.

    What is finished is never run again. If the pipeline file or a notebook has changed since, it says what,
    and wants --as-planned or --changed.
    """
    warn_of_damage(run)
    taken_up = resume(run, wait=False, **options)
    ctx.exit(follow_run(taken_up, detach=detach, as_json=as_json))
