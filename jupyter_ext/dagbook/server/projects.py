"""The projects that a server shows: the one its root folder is in, and those in the folders below."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from heapq import merge
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from dagbook.engine.folders import OUTBOX
from dagbook.errors import Finding, NotFound
from dagbook.settings import Settings, project_of

if TYPE_CHECKING:  # pydantic comes with it: not for every start of a server
    from dagbook.engine.queries import Queries
    from dagbook.engine.run_filter import RunFilter

DEPTH: Final = 3
"""How many folders below the root a project is looked for."""

_FRESH_SECONDS: Final = 2.0
# A big home folder takes long to walk: then look less often, not all the time.
_REST_PER_WALK: Final = 20.0
_PASSED_OVER: Final = frozenset({"node_modules", "__pycache__", "site-packages"})


@dataclass(frozen=True, kw_only=True)
class Project:
    """One project. `name` is its folder relative to the server's root (`.`, `churn`, `..`)."""

    name: str
    folder: Path
    runs: Path
    queries: Queries


class Projects:
    """Finds projects and the runs in them. Reads files: call it from a thread, never on the loop.

    Args:
        root: the server's root folder.
        only: show this project alone, wherever it lies.
        open_queries: gives the read side of the project in a folder.
    """

    def __init__(self, root: Path, open_queries: Callable[[Path], Queries], only: Path | None = None) -> None:
        self._root = root.resolve()
        self._only = only
        self._open_queries = open_queries
        self._lock = threading.Lock()
        self._known: dict[Path, Project] = {}
        self._found: tuple[Project, ...] = ()
        self._stale_at = 0.0

    @property
    def root(self) -> Path:
        """The server's root folder."""
        return self._root

    def shown_path(self, source: str) -> str | None:
        """A file below the server's root as the file browser shows it; None for any other."""
        try:
            return Path(source).relative_to(self._root).as_posix()
        except ValueError:
            return None

    def all(self) -> tuple[Project, ...]:
        """Every project, the root's first; looked up again when the last look is some seconds old."""
        with self._lock:
            began = time.monotonic()
            if began >= self._stale_at:
                self._found = tuple(self._project(folder) for folder in self._folders())
                ended = time.monotonic()
                self._stale_at = ended + max(_FRESH_SECONDS, _REST_PER_WALK * (ended - began))
            return self._found

    def look_again(self) -> None:
        """Something was started: the next look is a fresh one, whatever it costs."""
        with self._lock:
            self._stale_at = 0.0

    def of_run(self, run: str) -> Project:
        """The project that holds the run of exactly this id. Raises NotFound."""
        for project in self.all():
            if (project.runs / run).is_dir():
                return project
        raise NotFound(
            Finding(
                code="unknown-run",
                message=f"there is no run '{run}' below the server's root folder",
                remedy="list the runs with GET dagbook/api/runs",
            )
        )

    def summaries(
        self, limit: int, before: str | None = None, wanted: RunFilter | None = None
    ) -> list[dict[str, Any]]:
        """The newest runs of all projects, or those older than the run `before`; each says its `project`."""
        lists = [
            [{**summary, "project": project.name} for summary in project.queries.runs(limit, before, wanted)]
            for project in self.all()
        ]
        return list(islice(merge(*lists, key=lambda summary: str(summary["run"]), reverse=True), limit))

    def _project(self, folder: Path) -> Project:
        # Kept for the server's life: its queries remember what they have folded.
        if folder not in self._known:
            self._known[folder] = Project(
                name=Path(os.path.relpath(folder, self._root)).as_posix(),
                folder=folder,
                runs=Settings(project=folder).runs,
                queries=self._open_queries(folder),
            )
        return self._known[folder]

    def _folders(self) -> Iterator[Path]:
        if self._only is not None:
            yield self._only.resolve()
            return
        home = project_of(self._root)
        yield home
        yield from (folder for folder in _with_runs(self._root, DEPTH) if folder != home)


def _with_runs(folder: Path, depth: int) -> Iterator[Path]:
    if _has_something(Settings(project=folder)):
        yield folder
    if depth == 0:
        return
    try:
        with os.scandir(folder) as entries:
            names = sorted(
                entry.name
                for entry in entries
                if not entry.name.startswith(".")
                and entry.name not in _PASSED_OVER
                and entry.is_dir(follow_symlinks=False)
            )
    except OSError:  # not ours to read, or just deleted
        return
    for name in names:
        yield from _with_runs(folder / name, depth - 1)


def _has_something(settings: Settings) -> bool:
    """Whether pipelines ran here or are scheduled, or notebooks were tracked."""
    places = (settings.runs, settings.state / OUTBOX, settings.schedules)
    return any(place.is_dir() for place in places)
