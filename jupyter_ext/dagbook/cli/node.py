"""`dagbook node run REQUEST`: one attempt of one node. The one way, for every executor and compiler."""

from __future__ import annotations

from pathlib import Path

import click

from dagbook import bootstrap


@click.group("node", hidden=True)
def command() -> None:
    """Run one node."""


@command.command("run")
@click.argument("request", type=click.Path(path_type=Path))
@click.option("--report-fd", type=int, help="File descriptor that events are written to, as JSON lines.")
@click.pass_context
def run(ctx: click.Context, request: Path, report_fd: int | None) -> None:
    """Execute the node that REQUEST (a request.json) describes, and leave result.json beside it."""
    # Only this command pays for papermill.
    from dagbook.runners.node_command import run_request_file

    ctx.exit(run_request_file(request, report_fd, bootstrap.runner()))
