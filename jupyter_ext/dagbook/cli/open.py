"""`dagbook open RUN STEP`: a step's notebook with the inputs of a past run, to work on."""

from __future__ import annotations

from pathlib import Path

import click

from dagbook.api.run import find
from dagbook.cli.screen import json_option, print_json


@click.command("open")
@click.argument("run")
@click.argument("step")
@json_option
def command(run: str, step: str, *, as_json: bool) -> None:
    """Write a copy of STEP's notebook with the parameters and inputs that RUN gave it; print where it is.

    It lies beside the notebook itself, under a name that says run and step. Nothing is overwritten.
    """
    found = find(run, Path())
    path = found.open(step)
    if as_json:
        print_json({"run": found.id, "step": step, "path": str(path)})
    else:
        click.echo(path)
