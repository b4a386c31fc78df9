"""Reads a journal that grows: what was read once is not read again."""

from __future__ import annotations

import math
from bisect import bisect_right
from pathlib import Path
from threading import Lock

from dagbook.journals.lines import NoJournal, content_of, decode_line, sound_lines
from dagbook.run.events import Entry

_EVERY = 1000


class Tail:
    """A journal file, for whoever asks again and again what is new.

    An answer costs what lies behind the nearest known place: the last entry read, and each thousandth.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._places = [(0, 0)]  # a `seq`, and how many bytes its line and those before it have; ascending
        self._lock = Lock()

    def read(self, after: int = 0) -> list[Entry]:
        """Sound entries with `seq > after`; what is absent, or no file, has none. Raises OSError."""
        with self._lock:
            place = self._places[bisect_right(self._places, (after, math.inf)) - 1]
            entries = self._from(*place)
            if entries is None:  # another file lies there now
                self._places = [(0, 0)]
                entries = self._from(0, 0) or []
        return [entry for entry in entries if entry.seq > after]

    def _from(self, seq: int, begin: int) -> list[Entry] | None:
        """Entries after `seq`, whose line ends at `begin`; None when that is not so any more."""
        try:
            content = content_of(self._path, begin)
            if begin > self._path.stat().st_size:
                return None
        except (FileNotFoundError, NoJournal):
            return None
        entries, end = [], 0
        for end, entry in sound_lines(content, seq):  # the last one is wanted
            entries.append(entry)
            if entry.seq % _EVERY == 0:
                self._keep(entry.seq, begin + end)
        if entries:
            self._keep(entries[-1].seq, begin + end)
        elif begin and b"\n" in content:
            return None
        # A last line that has all but its line break is whole.
        last = decode_line(content[end:])
        if last is not None and last.seq == (entries[-1].seq if entries else seq) + 1:
            entries.append(last)
        return entries

    def _keep(self, seq: int, end: int) -> None:
        if seq <= self._places[-1][0]:
            return
        if self._places[-1][0] % _EVERY:
            self._places.pop()
        self._places.append((seq, end))


def read_journal(path: Path, after: int = 0) -> list[Entry]:
    """The sound entries of a journal file with `seq > after`; what is absent, or no file, has none."""
    return Tail(path).read(after)
