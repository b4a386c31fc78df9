"""Notices that journals grow, by looking at their sizes, and says so in small events."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from dagbook.engine.folders import JOURNAL, new_to_old
from dagbook.errors import DagbookError
from dagbook.server.projects import Project, Projects
from dagbook.server.tending import Tending

if TYPE_CHECKING:  # pydantic comes with it: not for every start of a server
    from dagbook.run.state import RunStatus

SCHEMA_ID: Final = "https://dagbook.dev/events/run-changed"
SCHEMA_FILE: Final = Path(__file__).parent / "events" / "run_changed.yaml"

_LOOK_EVERY: Final = 0.5
# The panel asks at least every 15 s while it is on the screen; nobody else has to be told.
_WANTED_FOR: Final = 60.0
_NEWEST_RUNS: Final = 200

Emit = Callable[[dict[str, Any]], None]


@dataclass(frozen=True)
class _Look:
    """What was seen of a run the last time. `size` and `changed` (ns) are its journal's."""

    size: int
    changed: int
    state: RunStatus


class RunWatch:
    """Looks twice a second while somebody is interested, in a thread; rests otherwise.

    Args:
        projects: whose runs to watch.
        emit: told of each run that changed, once per look, on the server's loop.
    """

    def __init__(self, projects: Projects, emit: Emit, log: logging.Logger) -> None:
        self._projects = projects
        self._tending = Tending(projects, log)
        self._emit = emit
        self._log = log
        self._seen: dict[tuple[str, str], _Look] | None = None
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
        """What changed since the last call; the first call tells of the runs that are going on."""
        before, now = self._seen or {}, {}
        changes = []
        for project in self._projects.all():
            for folder in islice(new_to_old(project.runs), _NEWEST_RUNS):
                key = (project.name, folder.name)
                look, change = _look(project, folder, before.get(key))
                if look is not None:
                    now[key] = look
                if change is not None and (self._seen is not None or change["state"] == "running"):
                    changes.append(change)
        self._seen = now
        return changes

    async def _look_while_wanted(self) -> None:
        while time.monotonic() < self._until:
            try:
                for change in await asyncio.to_thread(self.news):
                    self._emit(change)
                await asyncio.to_thread(self._tending.look)
            except (OSError, DagbookError, ValueError):
                # One unreadable folder must not end the watching; the panel still polls.
                self._log.warning("Dagbook: looking for changed runs failed", exc_info=True)
            await asyncio.sleep(_LOOK_EVERY)


def _look(project: Project, folder: Path, last: _Look | None) -> tuple[_Look | None, dict[str, Any] | None]:
    """The run as it is now, and the event to emit if that is news."""
    try:
        stat = os.stat(folder / JOURNAL)  # noqa: PTH116  # twice as fast as Path.stat, and done for each run
    except OSError:  # its driver has not said anything yet, or it was deleted
        return None, None
    same = last is not None and (last.size, last.changed) == (stat.st_size, stat.st_mtime_ns)
    # Without a new entry only the death of a driver is news.
    if same and last is not None and last.state != "running":
        return last, None
    state = project.queries.state(folder.name)
    look = _Look(stat.st_size, stat.st_mtime_ns, state.state)
    if state.seq == 0 or (same and last is not None and last.state == state.state):
        return look, None
    return look, {
        "run": folder.name,
        "project": project.name,
        "pipeline": state.pipeline,
        "state": state.state,
        "seq": state.seq,
    }
