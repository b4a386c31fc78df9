"""`dagbook node run REQUEST`: one attempt of one node. The one way, for every executor and compiler."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from dagbook import bootstrap


@click.group("node", hidden=True)
def command() -> None:
    """Run one node."""


@command.command("run")
@click.argument("request", type=click.Path(path_type=Path))
@click.option("--report-fd", type=int, help="File descriptor that events are written to, as JSON lines.")
@click.option("--zygote", default="", help="Socket of a fork server that its kernel may come from.")
@click.pass_context
def run(ctx: click.Context, request: Path, report_fd: int | None, zygote: str) -> None:
    """Execute the node that REQUEST (a request.json) describes, and leave result.json beside it."""
    # Only this command pays for papermill.
    from dagbook.runners.node_command import run_request_file

    ctx.exit(
        run_request_file(
            request, report_fd, bootstrap.runner(zygote, echo=report_fd is None), bootstrap.registry_of
        )
    )


@command.command("prepare")
@click.argument("file", type=click.Path(path_type=Path))
@click.argument("step")
@click.option("--run", required=True, help="Id of the run, the same for all its steps.")
@click.option("--into", "folder", type=click.Path(path_type=Path), required=True, help="The run's folder.")
@click.option(
    "--also", type=click.Path(path_type=Path), multiple=True, help="Where upstream results are, too."
)
@click.option("--digest", default="", help="Of the pipeline that was compiled.")
@click.option(
    "--retries",
    type=click.IntRange(min=0),
    help="Attempts made before this one, by whoever counts them; 75 then asks for another.",
)
@click.option("-p", "--param", "params", multiple=True, metavar="NAME=VALUE", help="Set a parameter.")
@click.pass_context
def prepare(
    ctx: click.Context,
    /,
    file: Path,
    step: str,
    *,
    params: tuple[str, ...],
    **where: Any,
) -> None:
    """Write the request of one STEP of the pipeline in FILE, and print its path: what compiled pipelines do.

    What the step needs is taken from the results of its upstream, below the run's folder. Of a step that is
    skipped nothing is printed.
    """
    from dagbook.api.node_request import NotStarted, StepPlace, write_request
    from dagbook.api.params import parse_assignments
    from dagbook.api.pipelines import open_pipeline

    values = parse_assignments(open_pipeline(file).spec, params)
    place = StepPlace(step=step, params=values, **where)
    request = write_request(file, place)
    if isinstance(request, NotStarted):
        said = "cannot start" if request.exit_code else "is skipped"
        click.echo(f"{step} {said}: {request.because}", err=True)
        ctx.exit(request.exit_code)
    click.echo(str(request))
