"""Steps that rest: until a moment, or until a lock is free. Measures time that cannot jump."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from heapq import heappop, heappush

# How soon a lock that was freed elsewhere is seen.
_LOOK_EVERY = 0.25


class Patience:
    """Args: clock: seconds, monotonic."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._until: list[tuple[float, str]] = []

    def rest(self, step: str, seconds: float = _LOOK_EVERY) -> None:
        """Let the step rest for so long."""
        heappush(self._until, (self._clock() + seconds, step))

    def woken(self) -> Iterator[str]:
        """The steps whose time has come; each is named once."""
        while self._until and self._until[0][0] <= self._clock():
            yield heappop(self._until)[1]

    def seconds(self, most: float) -> float:
        """How long there is nothing to wake, at most so long."""
        if not self._until:
            return most
        return min(most, max(0.0, self._until[0][0] - self._clock()))
