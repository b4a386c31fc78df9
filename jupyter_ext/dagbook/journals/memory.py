"""A journal in memory, for tests and for trying things out."""

from __future__ import annotations

from collections.abc import Sequence

from dagbook.run.events import Entry, Event


class MemoryJournal:
    """Keeps entries in a list; times are made up and only ordered."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []

    def append(self, event: Event) -> Entry:
        """Record the event."""
        seq = len(self._entries) + 1
        at = f"2026-01-01T00:{seq // 60 % 60:02d}:{seq % 60:02d}.000+00:00"
        entry = Entry(seq=seq, at=at, event=event)
        self._entries.append(entry)
        return entry

    def append_all(self, events: Sequence[Event]) -> list[Entry]:
        """Record the events."""
        return [self.append(event) for event in events]

    def read(self, after: int = 0) -> list[Entry]:
        """The entries with `seq > after`."""
        return self._entries[after:]

    def damage(self) -> str | None:
        """Nothing ever is."""
        return None

    def close(self) -> None:
        """Nothing to let go of."""
