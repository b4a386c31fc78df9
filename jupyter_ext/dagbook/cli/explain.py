"""`dagbook explain CODE`: what the code of an error means."""

from __future__ import annotations

import click

from dagbook.api.explaining import explain
from dagbook.cli.screen import console, json_option, print_json


@click.command("explain")
@click.argument("name", metavar="CODE")
@json_option
def command(name: str, *, as_json: bool) -> None:
    """Say what the error CODE means. In a terminal each error names its code; in JSON it is `code`."""
    said = explain(name)
    if as_json:
        print_json(said)
    else:
        console.print(f"{said['code']}: {said['means']}", markup=False)
        console.print(f"See 'Errors', {said['section']}, in the documentation.", style="dim")
