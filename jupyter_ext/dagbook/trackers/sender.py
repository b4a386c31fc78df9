"""Delivers every outbox of a project until nothing is left and nobody writes; loses nothing."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dagbook.engine.outbox_reader import REJECTED, OutboxReader, outboxes
from dagbook.engine.ports import TrackerAway
from dagbook.trackers.delivery import Delivery
from dagbook.trackers.store import MlflowStore

IDLE: Final = 600.0
_SHORTEST_PAUSE: Final = 1.0
_LONGEST_PAUSE: Final = 60.0
_BUSY_LOOK: Final = 0.03
_QUIET_LOOK: Final = 0.25
_BUSY_FOR: Final = 20.0
_ALIVE_EVERY: Final = 1.0


@dataclass(frozen=True, kw_only=True)
class Left:
    """An outbox after a delivery: how many records wait, why, and how many were refused for good."""

    folder: Path
    notebook: str
    waiting: int
    reason: str
    rejected: int


@dataclass
class _Box:
    """One outbox under way."""

    reader: OutboxReader
    delivery: Delivery
    try_at: float = 0.0
    pause: float = _SHORTEST_PAUSE
    look_at: float = 0.0
    alive: bool = True


class Sender:
    """Delivers the outboxes below a folder.

    Args:
        root: `.dagbook/outbox` of a project.
        default_uri: the tracking store of records that name none; None for the project's own.
    """

    def __init__(self, root: Path, default_uri: str | None) -> None:
        self._root = root
        self._default_uri = default_uri
        self._stores: dict[str | None, MlflowStore] = {}
        self._boxes: dict[Path, _Box] = {}

    def run(self, stop: Callable[[], bool], idle: float = IDLE) -> None:
        """Deliver as records come, until writers are gone and all is sent, or it is quiet for `idle` s."""
        self._warm()
        active = time.monotonic()
        while not stop():
            if self._pass(stop):
                active = time.monotonic()
            quiet = time.monotonic() - active
            if quiet > idle or (not self._boxes and quiet > _ALIVE_EVERY):
                return
            time.sleep(_BUSY_LOOK if quiet < _BUSY_FOR else _QUIET_LOOK)

    def flush(self) -> list[Left]:
        """Deliver all that is there now; what could not be delivered, and what was refused, by outbox."""
        self._find()
        left = []
        for box in list(self._boxes.values()):
            reason = ""
            self._look_after(box)
            try:
                while box.delivery.send():
                    pass
            except TrackerAway as error:
                reason = str(error)
            writer = box.reader.writer()
            left.append(
                Left(
                    folder=box.reader.folder,
                    notebook=writer.notebook if writer else "",
                    waiting=box.reader.waiting(box.delivery.progress),
                    reason=reason,
                    rejected=box.delivery.progress.rejected,
                )
            )
            self._finish(box)
        return left

    def _warm(self) -> None:
        """Import MLflow and make the database before anybody waits for it."""
        store = self._store(self._default_uri)
        try:
            store.reach(store.client)
        except TrackerAway:
            return  # said again when something is to be sent

    def _pass(self, stop: Callable[[], bool]) -> bool:
        self._find()
        happened = False
        for box in list(self._boxes.values()):
            self._look_after(box)
            if time.monotonic() < box.try_at:
                continue
            try:
                while not stop() and box.delivery.send():
                    happened = True
                    box.pause = _SHORTEST_PAUSE
            except TrackerAway:
                box.try_at = time.monotonic() + box.pause
                box.pause = min(box.pause * 2, _LONGEST_PAUSE)
                continue
            self._finish(box)
        return happened

    def _find(self) -> None:
        for reader in outboxes(self._root):
            if reader.folder not in self._boxes:
                self._boxes[reader.folder] = _Box(reader, Delivery(reader, self._store))

    def _look_after(self, box: _Box) -> None:
        """Give the runs of a writer that is gone the end that they lack."""
        if box.alive and time.monotonic() >= box.look_at:
            box.look_at = time.monotonic() + _ALIVE_EVERY
            writer = box.reader.writer()
            if writer is not None and not writer.is_alive():
                box.alive = False
                box.reader.close_abandoned()

    def _finish(self, box: _Box) -> None:
        """Clear away an outbox that nobody writes any more and that is delivered; keep what was refused."""
        if box.alive or box.reader.has_more(box.delivery.progress):
            return
        folder = box.reader.folder
        del self._boxes[folder]
        if (folder / REJECTED).exists():
            kept = self._root / "rejected"
            kept.mkdir(exist_ok=True)
            (folder / REJECTED).replace(kept / f"{folder.name}.jsonl")
        shutil.rmtree(folder, ignore_errors=True)

    def _store(self, uri: str | None) -> MlflowStore:
        if uri not in self._stores:
            self._stores[uri] = MlflowStore(uri or self._default_uri, self._root.parent)
        return self._stores[uri]
