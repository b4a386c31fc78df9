"""Notices that something was recorded, by looking at the stores' files; says so in small events.

A store that is a server of its own cannot be watched: the panel reads it again now and then.
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from dagbook.server.projects import Projects
from dagbook.settings import Settings

SCHEMA_ID: Final = "https://dagbook.dev/events/tracked-changed"
SCHEMA_FILE: Final = Path(__file__).parent.parent / "events" / "tracked_changed.yaml"

_DATABASE: Final = "mlflow.db"
_LOOK_EVERY: Final = 0.25
_WANTED_FOR: Final = 60.0

Emit = Callable[[dict[str, Any]], None]


class TrackedWatch:
    """Looks four times a second while somebody is interested, in a thread; rests otherwise.

    Args:
        projects: whose stores to watch.
        emit: told of each store that changed, on the server's loop.
        log: told of what cannot be read.
    """

    def __init__(self, projects: Projects, emit: Emit, log: logging.Logger) -> None:
        self._projects = projects
        self._emit = emit
        self._log = log
        self._seen: dict[str, tuple[int, ...]] | None = None
        self._counts: dict[str, int] = {}
        self._until = 0.0
        self._looking: asyncio.Task[None] | None = None

    def wanted(self) -> None:
        """Somebody asked for runs and will want to hear of changes. Call it on the loop."""
        self._until = time.monotonic() + _WANTED_FOR
        if self._looking is None or self._looking.done():
            self._looking = asyncio.ensure_future(self._look_while_wanted())

    async def stop(self) -> None:
        """Look no more."""
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)
            self._looking = None

    def news(self) -> list[dict[str, Any]]:
        """The stores that changed since the last call; the first call only remembers."""
        now = {project.name: _look(project.folder) for project in self._projects.all()}
        before, self._seen = self._seen, now
        changed = [] if before is None else [name for name, look in now.items() if before.get(name) != look]
        for name in changed:
            self._counts[name] = self._counts.get(name, 0) + 1
        return [{"project": name, "seq": self._counts[name]} for name in changed]

    async def _look_while_wanted(self) -> None:
        while time.monotonic() < self._until:
            try:
                for change in await asyncio.to_thread(self.news):
                    self._emit(change)
            except OSError:
                # One unreadable folder must not end the watching; the panel still polls.
                self._log.warning("Dagbook: looking for changed stores failed", exc_info=True)
            await asyncio.sleep(_LOOK_EVERY)


def _look(folder: Path) -> tuple[int, ...]:
    state = Settings(project=folder).state
    found: list[int] = []
    for name in (_DATABASE, f"{_DATABASE}-wal"):
        try:
            stat = os.stat(state / name)  # noqa: PTH116  # done often
        except OSError:
            found += [0, 0]
        else:
            found += [stat.st_size, stat.st_mtime_ns]
    return tuple(found)
