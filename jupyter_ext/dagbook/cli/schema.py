"""`dagbook schema [NAME]`: the JSON Schemas that we publish."""

from __future__ import annotations

import json

import click

from dagbook.api.schemas import PIPELINE, answer_names, schema_named


@click.command("schema")
@click.argument("name", nargs=-1)
def command(name: tuple[str, ...]) -> None:
    """Print a JSON Schema: of pipeline files (pipeline), or of what a command answers with --json (show).

    Without a name: which there are.
    """
    if name:
        click.echo(json.dumps(schema_named(" ".join(name)), indent=2))
    else:
        click.echo("\n".join([PIPELINE, *answer_names()]))
