"""What waits to be recorded: delivering it, ending what was left open, saying what is left."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from dagbook import bootstrap
from dagbook.engine.folders import OUTBOX
from dagbook.engine.outbox_reader import OutboxReader, outboxes
from dagbook.engine.sending import SenderLock, holder, start_sender, take_over
from dagbook.errors import EnvironmentFault, Finding
from dagbook.settings import Settings
from dagbook.trackers.sender import Left

__all__ = ["Left", "abandoned", "send", "sync", "tend", "waiting"]


def outbox_root(around: Settings) -> Path:
    """Where the kernels of a project put what they want recorded."""
    return around.state / OUTBOX


def send(root: Path, stop: Callable[[], bool]) -> None:
    """Be the sender of an outbox folder, unless there is one; comes back when there is nothing left to do."""
    lock = SenderLock(root)
    while lock.acquire():
        try:
            bootstrap.sender(root).run(stop)
        finally:
            lock.release()
        # A record that was written between our last look and our letting go would wait for the next sender.
        if stop() or not any(_is_waiting(reader) for reader in outboxes(root)):
            return


def sync(where: Path) -> list[Left]:
    """Deliver every outbox of the project here and now; what is left of each.

    Raises:
        EnvironmentFault: another sender holds the outboxes and does not let go.
    """
    root = outbox_root(bootstrap.settings(where))
    if not outboxes(root):
        return []
    lock = SenderLock(root)
    if not take_over(root, lock):
        raise EnvironmentFault(
            Finding(
                code="sender-busy",
                message=f"process {holder(root)} delivers these records and does not let go",
                remedy="wait for it, or end that process",
                file=str(root),
            )
        )
    try:
        left = bootstrap.sender(root).flush()
    finally:
        lock.release()
    if outboxes(root):
        start_sender(root)
    return left


def tend(where: Path) -> bool:
    """See to it that what waits is delivered and that runs of dead kernels end; starts a sender for that.

    Cheap, for whoever looks at runs; returns whether there was something to do.
    """
    root = outbox_root(bootstrap.settings(where))
    needed = any(_is_waiting(reader) or _is_abandoned(reader) for reader in outboxes(root))
    if needed and holder(root) is None:
        start_sender(root)
    return needed


def waiting(where: Path) -> dict[Path, tuple[int, str]]:
    """Outbox → how many records wait in it, and why if that is known; without those where none does."""
    found = {}
    for reader in outboxes(outbox_root(bootstrap.settings(where))):
        progress = reader.progress()
        count = reader.waiting(progress)
        if count:
            found[reader.folder] = (count, progress.error)
    return found


def abandoned(where: Path) -> list[Path]:
    """Outboxes whose kernel is gone and that are not cleared away yet."""
    return [
        reader.folder for reader in outboxes(outbox_root(bootstrap.settings(where))) if _is_abandoned(reader)
    ]


def _is_waiting(reader: OutboxReader) -> bool:
    return reader.has_more(reader.progress())


def _is_abandoned(reader: OutboxReader) -> bool:
    writer = reader.writer()
    return writer is not None and not writer.is_alive()
