"""`dagbook submit FILE --to argo`: have a server run the pipeline, and follow it like a run of our own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from dagbook import bootstrap
from dagbook.api.submitting import Destination, prepare_submission, start_submitted
from dagbook.cli.choices import file_argument
from dagbook.cli.packaged import pipeline_in
from dagbook.cli.run import follow_run
from dagbook.cli.screen import json_option, print_findings


def _compiler_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """What the compiler lets its user choose, but for the kind: only a workflow runs."""
    for name, option in reversed(list(bootstrap.compiler("argo").options.items())):
        if name != "kind":
            said = f"{option.help[0].upper()}{option.help[1:]}."
            command = click.option(f"--{name}", help=said)(command)
    return command


@click.command("submit")
@file_argument
@click.option("--to", required=True, metavar="SCHEDULER", help="argo.")
@click.option(
    "--server", default="", metavar="URL", help="Of the Argo server.  [default: $DAGBOOK_ARGO_SERVER]"
)
@click.option("-n", "--namespace", default="", help="Where in the cluster.  [default: $ARGO_NAMESPACE]")
@click.option("--name", default="", help="Of the workflow.  [default: of the pipeline and the run]")
@click.option("-p", "--param", "params", multiple=True, metavar="NAME=VALUE", help="Set a parameter.")
@_compiler_options
@click.option("--detach", is_flag=True, help="Submit it and come back at once.")
@json_option
@click.pass_context
def command(  # noqa: PLR0913  # each is an option
    ctx: click.Context,
    /,
    file: Path,
    *,
    to: str,
    server: str,
    namespace: str,
    name: str,
    params: tuple[str, ...],
    detach: bool,
    as_json: bool,
    **options: str | None,
) -> None:
    """Submit the pipeline in FILE, or in a package, to a server that runs it, and follow it.

    It is a run like any other: `show`, `logs`, `cancel`, `retry` and the panel know it. A process of its own
    follows it: closing this terminal harms nothing, and Ctrl-C cancels it in order.
    """
    chosen = {key.replace("_", "-"): value for key, value in options.items() if value is not None}
    destination = Destination(to=to, server=server, namespace=namespace, name=name, options=chosen)
    wanted = prepare_submission(pipeline_in(file), destination, params)
    print_findings(wanted.notes)
    ctx.exit(follow_run(start_submitted(wanted), detach=detach, as_json=as_json))
