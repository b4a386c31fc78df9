"""`dagbook serve MODEL@ALIAS`: a registered model over HTTP, watched."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

import click
from rich.table import Table
from rich.text import Text

from dagbook.cli.screen import console, errors, json_option, print_json, since_text
from dagbook.errors import Exit, Finding, InvalidInput

_PAUSE = 0.2
_PATIENCE = 300.0


@click.command("serve")
@click.argument("model", required=False)
@click.option("--port", type=click.IntRange(0, 65535), default=5001, show_default=True, help="0: a free one.")
@click.option("--host", default="127.0.0.1", show_default=True, help="0.0.0.0 for other machines, too.")
@click.option("--socket", is_flag=True, help="No port: only Dagbook itself can ask.")
@click.option("--detach", is_flag=True, help="Come back once the model answers; it goes on being served.")
@click.option("--stop", is_flag=True, help="End the service of MODEL.")
@click.option("--list", "listing", is_flag=True, help="Show what is served.")
@click.option(
    "--dockerfile", type=click.Path(path_type=Path), metavar="FOLDER",
    help="Write the files of a container that serves MODEL there, and serve nothing.",
)  # fmt: skip
@click.option("--with-parent", is_flag=True, help="End when the process that started this one does.")
@json_option
def command(model: str | None, *, as_json: bool, with_parent: bool, **options: Any) -> None:
    """Serve MODEL (churn, churn/3, churn@champion): POST to /invocations, GET /ping.

    MLflow's scoring server in this environment, started again when it dies. Ctrl-C ends it.
    """
    if options["listing"]:
        _list(as_json=as_json)
        return
    if not model:
        raise InvalidInput(
            Finding(
                code="no-model-named",
                message="there is nothing to serve",
                remedy="dagbook serve churn@champion",
            )
        )
    if options["stop"]:
        _stop(model, as_json=as_json)
    elif options["dockerfile"] is not None:
        _write_container(model, options["dockerfile"], as_json=as_json)
    else:
        from dagbook.api.serving import Place

        place = Place(host=options["host"], port=None if options["socket"] else options["port"])
        if options["detach"]:
            _detach(model, place, as_json=as_json)
        else:
            _serve(model, place, with_parent=with_parent, as_json=as_json)


def _serve(model: str, place: Any, *, with_parent: bool, as_json: bool) -> None:
    from dagbook.api.serving import serve

    asked: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda got, _frame: asked.append(got))
    parent = os.getppid()
    ended = serve(
        model, Path(), place, stop=lambda: bool(asked) or (with_parent and os.getppid() != parent),
        tell=lambda service: _tell(service, as_json=as_json),
    )  # fmt: skip
    if ended.state == "failed":
        raise click.exceptions.Exit(Exit.FAILED)


def _tell(service: Any, *, as_json: bool) -> None:
    if as_json:
        import json

        click.echo(json.dumps(service.to_json(), ensure_ascii=False))
        return
    named = f"{service.name}/{service.version}"
    if service.state == "starting":
        for warning in service.warnings:
            errors.print(Text(f"warning: {warning}", "yellow"), soft_wrap=True)
        console.print(f"Loading [bold]{named}[/] …", style="dim")
    elif service.state == "ready":
        console.print(Text(f"{named} answers at {service.url or 'its socket'}", "green"), soft_wrap=True)
        console.print(f"log: {service.log}", style="dim", soft_wrap=True)
    elif service.state == "restarting":
        console.print(
            Text(f"{service.message}; started again ({service.restarts})", "yellow"), soft_wrap=True
        )
    elif service.state == "failed":
        errors.print(
            Text(f"{named} cannot be served: {service.message}\nlog: {service.log}", "red"), soft_wrap=True
        )
    else:
        console.print(f"{named} is not served any more", style="dim")


def _detach(model: str, place: Any, *, as_json: bool) -> None:
    from dagbook.api.serving import find_service, start_service

    service = start_service(model, Path(), place)
    deadline = time.monotonic() + _PATIENCE
    while service.is_open and service.state != "ready" and time.monotonic() < deadline:
        time.sleep(_PAUSE)
        service = find_service(service.service, Path())
    if as_json:
        print_json(service.to_json())
    else:
        _tell(service, as_json=False)
    if service.state != "ready":
        raise click.exceptions.Exit(Exit.FAILED)


def _stop(model: str, *, as_json: bool) -> None:
    from dagbook.api.serving import stop_service

    service = stop_service(model, Path())
    if as_json:
        print_json(service.to_json())
    else:
        console.print(f"{service.model} is {service.state}")


def _list(*, as_json: bool) -> None:
    from dagbook.api.serving import services

    found = services(Path())
    if as_json:
        print_json({"services": found})
        return
    if not found:
        console.print("Nothing is served. Serve a model with `dagbook serve MODEL@ALIAS`.")
        return
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("model", "version", "state", "url", "since", "restarts", ""):
        table.add_column(column, overflow="fold")
    for one in found:
        table.add_row(
            one["model"], str(one["version"]), one["state"], one["url"], since_text(one["since"]),
            str(one["restarts"]), Text(one["message"]),
        )  # fmt: skip
    console.print(table)


def _write_container(model: str, folder: Path, *, as_json: bool) -> None:
    from dagbook.api.container import write_container

    written = write_container(model, folder, Path())
    if as_json:
        print_json(written)
    else:
        console.print(
            f"Wrote {written['dockerfile']}. Then: docker build -t {written['image']} {folder}",
            soft_wrap=True,
        )
