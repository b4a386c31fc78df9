"""`dagbook retry RUN`: do again what failed in a run, or a step of it, and what follows."""

from __future__ import annotations

from typing import Any

import click

from dagbook.api.resume import retry
from dagbook.cli.resume import taking_up_options
from dagbook.cli.run import follow_run
from dagbook.cli.screen import json_option


@click.command("retry")
@click.argument("run")
@click.option(
    "--step",
    "steps",
    multiple=True,
    metavar="STEP",
    help="This step (or all of a node), also if it succeeded.",
)
@click.option(
    "-p",
    "--param",
    "params",
    multiple=True,
    metavar="NAME=VALUE",
    help="Begin a new run with this parameter.",
)
@taking_up_options
@json_option
@click.pass_context
def command(
    ctx: click.Context, /, run: str, *, steps: tuple[str, ...], detach: bool, as_json: bool, **options: Any
) -> None:
    """Do again what failed in RUN, or the named steps; and everything that follows from them.

    Everything else stays as it is. With -p it is a new run, with the parameters of RUN but for those that are
    given, in which what still holds is reused.
    """
    again = retry(run, steps, wait=False, **options)
    ctx.exit(follow_run(again, detach=detach, as_json=as_json))
