"""`dagbook send FOLDER`: be the sender of an outbox folder. Started by kernels, detached; not for people."""

from __future__ import annotations

import signal
from pathlib import Path

import click

from dagbook.api.tracking import send


@click.command("send", hidden=True)
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
def command(folder: Path) -> None:
    """Deliver what lies in FOLDER until nothing is left."""
    asked: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda received, _frame: asked.append(received))
    # A closed terminal is no reason to end.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    send(folder.resolve(), lambda: bool(asked))
