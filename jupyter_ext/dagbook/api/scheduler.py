"""Fires the schedules of a project. Whoever holds the lease does; the others stand by and take over.

Before a run is started its id is on the disk: a scheduler that dies in between leaves to the next one what
it needs to know to start that run once, and not twice.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import Final

from dagbook import bootstrap
from dagbook.api.run import Run, start
from dagbook.api.schedule_entries import Entries, Entry, Progress, Starting
from dagbook.api.schedules import prepare, timetable_of
from dagbook.engine.folders import new_run_id
from dagbook.errors import DagbookError, RunBusy
from dagbook.journals.lock import DriverLock
from dagbook.schedule.due import due

LOOK_EVERY: Final = 1.0
STAND_BY: Final = 2.0

_DRIVER_BREATH: Final = 15.0
"""Seconds within which a driver that was started has said so in its journal."""

Say = Callable[[str], None]


class Scheduler:
    """The schedules of one project, looked at by the one that holds the lease.

    Args:
        project: the project's folder.
        say: is told what happens, one line each.
        clock: what time it is, UTC.
    """

    def __init__(
        self, project: Path, say: Say, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        around = bootstrap.settings(project)
        self._runs = around.runs
        self._queries = bootstrap.queries_of(around.runs)
        self._entries = Entries(around.schedules)
        self._say = say
        self._clock = clock
        self._drivers: dict[str, Run] = {}

    def take_over(self) -> None:
        """Settle what the holder before us was about to start: it was started, or is started now."""
        for entry in self._entries.all():
            progress = self._entries.progress(entry)
            if progress.starting is None:
                continue
            began = progress.starting
            if self._was_started(began.run):
                self._settled(entry, progress, began.run, began.instant)
            else:
                # So that a driver which is late after all finds nothing to drive.
                shutil.rmtree(self._runs / began.run, ignore_errors=True)
                self._fire(entry, progress, began.instant)

    def tick(self) -> None:
        """Start what is due now: at most one run for each schedule, and none while its last one goes on."""
        for entry in self._entries.all():
            if entry.paused:
                continue
            progress = self._entries.progress(entry)
            if progress.run and self._goes_on(progress.run):
                continue
            try:
                table = timetable_of(entry, self._entries.folder)
            except DagbookError as error:
                self._trouble(entry, progress, error)
                continue
            owed = due(table, progress.mark, self._clock())
            if owed.instant is not None:
                moved = {"mark": owed.mark, "missed": owed.missed}
                self._fire(entry, progress.model_copy(update=moved), owed.instant)
            elif owed.mark != progress.mark:
                moved = {"mark": owed.mark, "missed": owed.missed}
                self._entries.settle(entry.name, progress.model_copy(update=moved))
                self._say(f"{entry.name}: {owed.missed} missed, left out")

    def _fire(self, entry: Entry, progress: Progress, instant: datetime) -> None:
        run = new_run_id()
        starting = Starting(run=run, instant=instant)
        self._entries.settle(entry.name, progress.model_copy(update={"starting": starting}))
        try:
            self._drivers[run] = start(prepare(entry, self._entries.folder, instant), run)
        except DagbookError as error:
            self._trouble(entry, progress, error)
            return
        self._settled(entry, progress, run, instant)
        self._say(f"{entry.name}: started run {run} for {instant.isoformat(timespec='minutes')}")

    def _settled(self, entry: Entry, progress: Progress, run: str, instant: datetime) -> None:
        done = {"run": run, "instant": instant, "problem": "", "starting": None}
        self._entries.settle(entry.name, progress.model_copy(update=done))

    def _trouble(self, entry: Entry, progress: Progress, error: DagbookError) -> None:
        problem = str(error.findings[0])
        if problem != progress.problem or progress != self._entries.progress(entry):
            self._say(f"{entry.name}: {problem}")
            self._entries.settle(
                entry.name, progress.model_copy(update={"problem": problem, "starting": None})
            )

    def _goes_on(self, run: str) -> bool:
        mine = self._drivers.get(run)
        if mine is not None and mine.driver_code is None:
            return True
        self._drivers.pop(run, None)
        return (self._runs / run).is_dir() and self._queries.is_driven(run)

    def _was_started(self, run: str) -> bool:
        """Whether a driver took the run; one that was started a moment ago needs time to say so."""
        folder, until = self._runs / run, time.monotonic() + _DRIVER_BREATH
        while folder.is_dir() and time.monotonic() < until:
            if self._queries.is_driven(run) or self._queries.state(run).seq > 0:
                return True
            time.sleep(0.1)
        return False


def serve(project: Path, stop: Event, say: Say) -> None:
    """Fire the project's schedules until `stop`: as the holder of the lease, or standing by for it.

    The lease is a file lock: the system takes it from a holder that dies, however it dies.

    Raises:
        OSError: the project's folder cannot be written.
    """
    folder = Entries(bootstrap.settings(project).schedules).folder
    folder.mkdir(parents=True, exist_ok=True)
    lease = DriverLock(folder)
    stood_by = False
    while not stop.is_set():
        try:
            lease.acquire()
        except RunBusy:
            if not stood_by:
                say("another scheduler fires this project's schedules; standing by")
            stood_by = True
            stop.wait(STAND_BY)
            continue
        try:
            say("firing this project's schedules")
            _hold(Scheduler(project, say), stop)
        finally:
            lease.release()


def _hold(scheduler: Scheduler, stop: Event) -> None:
    scheduler.take_over()
    while not stop.is_set():
        scheduler.tick()
        stop.wait(LOOK_EVERY)
