"""The project's own cache before one that a team shares: what the one lacks, the other may have.

Results are given to the team by a thread: no step waits for a network. When the shared one does not answer it
is not asked again, which is said once, and the run goes on with its own.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final, TypeVar

from dagbook.engine.ports import Cache, CachedResult
from dagbook.pipeline.planner import Known

CLOSING: Final = 600.0
"""Seconds that the end of a run waits for its results to be given to the team."""

_T = TypeVar("_T")


class SharedCache:
    """Two caches as one.

    Args:
        own: quick and always there.
        team: may raise OSError at any time.
    """

    def __init__(self, own: Cache, team: Cache, closing: float = CLOSING) -> None:
        self._own = own
        self._team = team
        self._closing = closing
        self._away = ""
        self._said = False
        self._given: queue.SimpleQueue[CachedResult | None] = queue.SimpleQueue()
        self._giver: threading.Thread | None = None

    def known(self, fingerprint: str) -> Known | None:
        """What one of the two has under the fingerprint."""
        return self._own.known(fingerprint) or self._ask(lambda: self._team.known(fingerprint))

    def latest(self, key: str) -> Mapping[str, str] | None:
        """The parts of the newest own result, else of the newest of the team."""
        return self._own.latest(key) or self._ask(lambda: self._team.latest(key))

    def fetch(self, fingerprint: str, into: Path) -> CachedResult | None:
        """The own result, else the team's, which is kept here from now on."""
        result = self._own.fetch(fingerprint, into)
        if result is None:
            result = self._ask(lambda: self._team.fetch(fingerprint, into))
            if result is not None:
                with suppress(OSError):  # it is there, and that is what was asked for
                    self._own.store(result)
        return result

    def store(self, result: CachedResult) -> None:
        """Keep the result here, at once, and have it given to the team."""
        self._own.store(result)
        if not self._away:
            if self._giver is None:
                self._giver = threading.Thread(target=self._give, name="shared cache", daemon=True)
                self._giver.start()
            self._given.put(result)

    def trouble(self) -> str | None:
        """That the team's cache is away; said once."""
        if not self._away or self._said:
            return None
        self._said = True
        return f"the shared cache is away: {self._away}; this run reuses and keeps results of its own only"

    def close(self) -> None:
        """Wait until everything is given to the team, or it turned out to be away."""
        if self._giver is not None:
            self._given.put(None)
            self._giver.join(self._closing)
            if self._giver.is_alive():
                self._away = self._away or f"giving it results took longer than {self._closing:.0f} s"
            self._giver = None

    def _give(self) -> None:
        while (result := self._given.get()) is not None:
            self._ask(lambda result=result: self._team.store(result))  # type: ignore[misc]

    def _ask(self, ask: Callable[[], _T]) -> _T | None:
        if self._away:
            return None
        try:
            return ask()
        except OSError as error:
            self._away = str(error)
            return None
