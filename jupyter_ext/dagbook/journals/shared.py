"""A journal that several processes write in turn: of runs whose steps another scheduler starts."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from dagbook.engine.file_lock import lock_file
from dagbook.journals.jsonl import JsonlJournal
from dagbook.journals.lines import damage_of
from dagbook.run.events import Entry, Event

_LOCK: Final = "journal.lock"


class SharedJournal:
    """`journal.jsonl`, written under `flock` on a file beside it, which is held for one entry at a time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._journal = JsonlJournal(path)
        self._depth = 0

    @contextmanager
    def held(self) -> Iterator[None]:
        """Nobody else writes until this is left; what is looked at meanwhile stays true."""
        if self._depth:
            yield
            return
        descriptor = os.open(self._path.with_name(_LOCK), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            lock_file(descriptor, fcntl.LOCK_EX, self._path)
            self._depth = 1
            yield
        finally:
            self._depth = 0
            os.close(descriptor)

    def append(self, event: Event) -> Entry:
        """Write one line behind those of all others.

        Raises:
            EnvironmentFault: the disk is full or the folder not writable.
        """
        return self.append_all((event,))[0]

    def append_all(self, events: Sequence[Event]) -> list[Entry]:
        """Write a line for each behind those of all others. Raises as `append` does."""
        with self.held():
            self._journal.follow()
            return self._journal.append_all(events)

    def read(self, after: int = 0) -> list[Entry]:
        """Whole and sound lines with `seq > after`."""
        return self._journal.read(after)

    def damage(self) -> str | None:
        """What is wrong with the file and where, in words."""
        return damage_of(self._path)

    def close(self) -> None:
        """Let go of the file."""
        self._journal.close()
