"""Ends the runs of kernels that are gone, and has delivered what waits, whenever somebody looks."""

from __future__ import annotations

import logging
import threading
import time
from pathlib import Path
from typing import Final

from dagbook.engine.folders import OUTBOX
from dagbook.server.projects import Projects
from dagbook.settings import Settings

_AT_MOST_EVERY: Final = 3.0


class Tending:
    """What `dagbook doctor` does for one project, for those of a server.

    Args:
        projects: whose kernels are looked after.
        log: told of what cannot be done.
    """

    def __init__(self, projects: Projects, log: logging.Logger) -> None:
        self._projects = projects
        self._log = log
        self._lock = threading.Lock()
        self._next = 0.0

    def look(self) -> None:
        """Look, unless that was done a moment ago. Call it from a thread: it reads files; it never raises."""
        with self._lock:
            if time.monotonic() < self._next:
                return
            for project in self._projects.all():
                self._tend(project.folder)
            self._next = time.monotonic() + _AT_MOST_EVERY

    def _tend(self, folder: Path) -> None:
        try:
            # Where nothing was recorded there is nothing to do, and nothing slow to import.
            if any((Settings(project=folder).state / OUTBOX).iterdir()):
                from dagbook.api import tracking

                tracking.tend(folder)
        except FileNotFoundError:
            return
        except Exception:  # noqa: BLE001  # one project must not keep the others from being looked after
            self._log.warning("Dagbook: the records of %s could not be tended", folder, exc_info=True)
