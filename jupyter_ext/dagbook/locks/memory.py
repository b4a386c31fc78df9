"""Locks in memory, for tests."""

from __future__ import annotations

from collections.abc import Mapping


class MemoryLocks:
    """Locks of one or more runs of the same process."""

    def __init__(self) -> None:
        self.holders: dict[str, list[str]] = {}

    def take(self, locks: Mapping[str, int], holder: str) -> str | None:
        """All of the locks, or none: then who is in the way."""
        for name, limit in locks.items():
            held = self.holders.get(name, [])
            if len(held) >= limit:
                return f"{name}, held by {', '.join(held)}"
        for name in locks:
            self.holders.setdefault(name, []).append(holder)
        return None

    def free(self, holder: str) -> None:
        """Everything that the holder has."""
        for held in self.holders.values():
            held[:] = [other for other in held if other != holder]

    def close(self) -> None:
        """Nothing to let go of."""
