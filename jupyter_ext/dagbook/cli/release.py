"""`dagbook release RUN STEP`: let the kernel of a step go that failed."""

from __future__ import annotations

import click

from dagbook.api.attaching import release
from dagbook.cli.screen import console, json_option, print_json, state_text


@click.command("release")
@click.argument("run")
@click.argument("step")
@json_option
def command(run: str, step: str, *, as_json: bool) -> None:
    """Let the kernel of STEP go, which was kept after a failure: the step fails as it did."""
    said = release(run, step)
    if as_json:
        print_json(said)
    else:
        console.print(state_text(said["state"]), said["step"])
