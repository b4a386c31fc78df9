"""The scheduler over a clock that the test sets: what it starts, notes, and finds when another one died."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.golden.runs import GoldenRuns
from tests.needs import needs_here

needs_here("cronsim")

from dagbook.api import scheduler as module  # noqa: E402
from dagbook.api.schedule_entries import Entries, Entry  # noqa: E402
from dagbook.api.scheduler import Scheduler  # noqa: E402
from dagbook.api.schedules import pause_schedule, resume_schedule  # noqa: E402
from dagbook.errors import Finding, InvalidInput  # noqa: E402

SIX = datetime(2026, 1, 1, 6, tzinfo=UTC)
DAY = timedelta(days=1)


class Died(BaseException):
    """The scheduler's process is killed here."""


class Bench:
    """A project with one schedule, and runs that are only noted."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        (folder / ".dagbook").mkdir(parents=True)
        self.entries = Entries(folder / ".dagbook" / "schedules")
        self.now = SIX + timedelta(minutes=1)
        self.said: list[str] = []
        self.started: list[tuple[str, datetime]] = []
        self.going_on: set[str] = set()
        self.trouble: BaseException | None = None
        monkeypatch.setattr(module, "prepare", lambda entry, folder, instant: (entry.name, instant))
        monkeypatch.setattr(module, "start", self.start)
        monkeypatch.setattr(module, "_DRIVER_BREATH", 0.2)

    def start(self, prepared: tuple[str, datetime], run: str) -> Any:
        if self.trouble is not None:
            trouble, self.trouble = self.trouble, None
            raise trouble
        self.started.append(prepared)
        self.going_on.add(run)
        bench = self

        class Started(SimpleNamespace):
            @property
            def driver_code(self) -> int | None:
                return None if run in bench.going_on else 0

        return Started()

    def add(self, **more: Any) -> None:
        entry = {"name": "nightly", "file": "/p.yaml", "cron": "0 6 * * *", "added": SIX, **more}
        self.entries.add(Entry(**entry))

    def scheduler(self) -> Scheduler:
        return Scheduler(self.folder, self.said.append, lambda: self.now)

    @property
    def instants(self) -> list[datetime]:
        return [instant for _, instant in self.started]

    @property
    def progress(self) -> Any:
        return self.entries.progress(self.entries.all()[0])


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    return Bench(tmp_path / "project", monkeypatch)


def test_a_firing_starts_one_run_however_often_it_is_looked_at(bench: Bench):
    bench.add()
    scheduler = bench.scheduler()
    for hours in range(0, 60, 2):
        bench.now = SIX + timedelta(hours=hours)
        scheduler.tick()
        bench.going_on.clear()
    assert bench.instants == [SIX + DAY, SIX + 2 * DAY]


def test_no_run_is_started_while_the_last_one_goes_on(bench: Bench):
    bench.add(missed="run-all")
    scheduler = bench.scheduler()
    bench.now = SIX + 3 * DAY
    for _ in range(3):
        scheduler.tick()
    assert bench.instants == [SIX + DAY]
    for _ in range(3):
        bench.going_on.clear()
        scheduler.tick()
    assert bench.instants == [SIX + DAY, SIX + 2 * DAY, SIX + 3 * DAY]


def test_what_is_paused_brings_no_run_and_the_pause_is_not_made_up_for(bench: Bench):
    bench.add(missed="run-all")
    scheduler = bench.scheduler()
    assert pause_schedule("nightly", bench.folder)["next"] is None
    bench.now = SIX + 3 * DAY
    scheduler.tick()
    assert bench.instants == []

    resumed = resume_schedule("nightly", bench.folder)  # by the real clock, long after

    assert (resumed["paused"], bench.progress.mark > SIX + 3 * DAY) == (False, True)
    bench.now = bench.progress.mark
    scheduler.tick()
    assert bench.instants == []
    bench.now += DAY
    scheduler.tick()
    assert len(bench.instants) == 1


def test_firings_that_nobody_was_there_for_are_counted(bench: Bench):
    bench.add(missed="skip")
    bench.now = SIX + 3 * DAY + timedelta(hours=1)
    bench.scheduler().tick()
    assert bench.instants == []
    assert bench.progress.missed == 3
    assert bench.said == ["nightly: 3 missed, left out"]


def test_a_scheduler_that_dies_before_it_started_the_run_has_it_started_once_by_the_next(bench: Bench):
    bench.add()
    bench.now = SIX + DAY
    bench.trouble = Died()
    with pytest.raises(Died):
        bench.scheduler().tick()
    assert bench.progress.starting is not None
    following = bench.scheduler()
    following.take_over()
    following.tick()
    assert bench.instants == [SIX + DAY]
    assert bench.progress.starting is None


def test_a_scheduler_that_dies_right_after_the_start_has_it_started_no_more(bench: Bench):
    bench.add()
    bench.now = SIX + DAY
    bench.trouble = Died()
    with pytest.raises(Died):
        bench.scheduler().tick()
    run = bench.progress.starting.run
    GoldenRuns(bench.folder).add("success-matrix", run=run)
    following = bench.scheduler()
    following.take_over()
    following.tick()
    assert bench.instants == []
    assert (bench.progress.run, bench.progress.instant) == (run, SIX + DAY)


def test_a_pipeline_that_cannot_run_is_said_once_and_tried_again_at_the_next_firing(bench: Bench):
    bench.add()
    scheduler = bench.scheduler()
    bench.now = SIX + DAY
    bench.trouble = InvalidInput(Finding(code="cycle", message="a circle", remedy="break it"))
    for _ in range(3):
        scheduler.tick()
    assert bench.instants == []
    assert "a circle" in bench.progress.problem
    assert len(bench.said) == 1
    bench.now = SIX + 2 * DAY
    scheduler.tick()
    assert bench.instants == [SIX + 2 * DAY]
    assert bench.progress.problem == ""


def test_a_file_that_is_gone_stops_no_other_schedule(bench: Bench):
    bench.add(name="a-gone", cron=None)
    bench.add(name="b-there")
    bench.now = SIX + DAY
    bench.scheduler().tick()
    assert bench.started == [("b-there", SIX + DAY)]
