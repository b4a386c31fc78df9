"""`dagbook scheduler`: fire the project's schedules until told to stop."""

from __future__ import annotations

import signal
from datetime import UTC, datetime
from pathlib import Path
from threading import Event

import click

from dagbook import bootstrap
from dagbook.cli.screen import json_option, print_json


@click.command("scheduler")
@json_option
def command(*, as_json: bool) -> None:
    """Fire the schedules of the project you are in. Several may run: one does it, the others stand by."""
    stop = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())

    def say(line: str) -> None:
        at = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S}"
        if as_json:
            print_json({"at": at, "said": line})
        else:
            click.echo(f"{at}  {line}")

    from dagbook.api.scheduler import serve  # cron and all that runs need: not for `--help`

    serve(bootstrap.settings(Path()).project, stop, say)
