"""A journal that several processes write in turn: of runs whose steps another scheduler starts."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from dagbook.journals.jsonl import JsonlJournal
from dagbook.journals.lines import damage_of
from dagbook.journals.tail import read_journal
from dagbook.run.events import Entry, Event

_LOCK: Final = "journal.lock"


class SharedJournal:
    """`journal.jsonl`, written under `flock` on a file beside it, which is held for one entry at a time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._depth = 0

    @contextmanager
    def held(self) -> Iterator[None]:
        """Nobody else writes until this is left; what is looked at meanwhile stays true."""
        if self._depth:
            yield
            return
        descriptor = os.open(self._path.with_name(_LOCK), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
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
        with self.held():
            # Opened anew: others have written meanwhile.
            journal = JsonlJournal(self._path)
            try:
                return journal.append(event)
            finally:
                journal.close()

    def read(self, after: int = 0) -> list[Entry]:
        """Whole and sound lines with `seq > after`."""
        return read_journal(self._path, after)

    def damage(self) -> str | None:
        """What is wrong with the file and where, in words."""
        return damage_of(self._path)

    def close(self) -> None:
        """Nothing is kept open."""
