"""The process that follows a run at another scheduler, with that scheduler in memory."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from dagbook.engine.follower import Follower
from dagbook.engine.submission import Submission, SubmittedAway, SubmittedGone
from dagbook.errors import EnvironmentFault, Finding
from dagbook.journals.memory import MemoryJournal
from dagbook.run.events import StepWarned
from dagbook.run.state import RunState
from dagbook.run.submitted import AttemptThere, RunThere, StepThere
from dagbook.testing import plan_of

WHERE = Submission(to="argo", server="http://argo", namespace="n", workflow="w", templates={})


class There:
    """A run of one step `a` at a scheduler: `looks` are seen one after the other; exceptions are raised."""

    def __init__(self, *looks: RunThere | Exception, log: tuple[str, ...] = ()) -> None:
        self.looks = list(looks)
        self.lines = log
        self.stops = 0
        self.stopping = threading.Event()

    def begin(self, manifest: Mapping[str, Any], run: str) -> None: ...

    def ask_again(self) -> str:
        return ""

    def look(self) -> RunThere:
        if len(self.looks) == 1:
            # Its end is seen when it was asked for.
            self.stopping.wait(10)
        seen = self.looks.pop(0)
        if isinstance(seen, Exception):
            raise seen
        return seen

    def watch(self) -> Iterator[RunThere]:
        raise SubmittedAway("the stream broke off")
        yield  # a generator, as the true one

    def log(self, key: str) -> Iterator[str]:
        yield from self.lines

    def stop(self) -> None:
        self.stops += 1
        if self.stops == 1:
            raise SubmittedAway("not now")
        self.stopping.set()


def seen(phase: Any, state: Any = "running", **more: Any) -> RunThere:
    attempt = AttemptThere(key="1", phase=phase, log="pod")
    return RunThere(state=state, scheduler="argo", steps={"a": StepThere(attempts=(attempt,))}, **more)


def follow(folder: Path, there: There, cancel: str | None = None) -> tuple[RunState, MemoryJournal]:
    journal = MemoryJournal()
    follower = Follower(plan_of({"a": []}, folder=folder), folder, journal, there, lambda: cancel)
    return follower.follow(WHERE, lambda: False), journal


def test_a_request_to_stop_is_made_again_until_it_is_heard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("dagbook.engine.follower._STOP_AGAIN", 0.1)
    there = There(seen("running"), seen("failed", "failed", stopped=True))
    state, _ = follow(tmp_path, there, cancel="SIGINT")
    assert (state.state, state.cancel_by, there.stops) == ("cancelled", "SIGINT", 2)
    assert state.steps["a"].state == "cancelled"


def test_a_fault_that_waiting_does_not_mend_ends_the_follower_and_not_the_run(tmp_path: Path):
    fault = EnvironmentFault(Finding(code="argo-denied", message="no", remedy="yes"))
    there = There(seen("running"), fault)
    there.stopping.set()
    journal = MemoryJournal()
    with pytest.raises(EnvironmentFault):
        Follower(plan_of({"a": []}, folder=tmp_path), tmp_path, journal, there, lambda: None).follow(
            WHERE, lambda: False
        )
    assert [entry.event.kind for entry in journal.read()] == ["run_started", "step_started"]


def test_a_run_that_is_gone_is_over(tmp_path: Path):
    there = There(seen("running"), SubmittedGone())
    there.stopping.set()
    state, _ = follow(tmp_path, there)
    assert (state.state, state.steps["a"].state) == ("failed", "killed")


def test_a_failure_says_what_its_log_ends_with(tmp_path: Path):
    there = There(seen("failed", "failed"), log=("one", "ValueError: two", ""))
    there.stopping.set()
    state, _ = follow(tmp_path, there)
    error = state.steps["a"].error
    assert error is not None
    assert error.value.endswith("its log ends: ValueError: two")
    assert (tmp_path / "a/1/log").read_text() == "one\nValueError: two\n\n"


def test_a_notebook_that_did_not_run_is_said(tmp_path: Path):
    there = There(seen("succeeded", "succeeded"), log=("a is skipped: its condition does not hold",))
    there.stopping.set()
    state, _ = follow(tmp_path, there)
    assert "its condition does not hold" in state.steps["a"].warnings[0]


def test_a_log_that_was_cut_off_is_gone_on_with(tmp_path: Path):
    place = tmp_path / "a" / "1"
    place.mkdir(parents=True)
    (place / "log").write_text("one\ntw")
    (place / "pod.json").write_text('{"key": "1", "log": "pod"}')
    there = There(seen("running"), seen("succeeded", "succeeded"), log=("one", "two", "three"))
    there.stopping.set()
    journal = MemoryJournal()
    first = Follower(plan_of({"a": []}, folder=tmp_path), tmp_path, journal, There(), lambda: None)
    first.follow(WHERE, lambda: True)  # it only begins
    state = Follower(plan_of({"a": []}, folder=tmp_path), tmp_path, journal, there, lambda: None).follow(
        WHERE, lambda: False
    )
    assert (state.state, state.steps["a"].attempt) == ("succeeded", 1)
    assert (place / "log").read_text() == "one\ntwo\nthree\n"


def test_a_long_silence_is_said_once_and_its_end_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("dagbook.engine.follower._SILENCE", 0.5)
    monkeypatch.setattr("dagbook.engine.remote_watch._LONGEST_PAUSE", 0.3)
    away = SubmittedAway("nothing answers there")
    there = There(seen("running"), *[away] * 6, seen("succeeded", "succeeded"))
    there.stopping.set()
    began = time.monotonic()
    state, journal = follow(tmp_path, there)
    assert time.monotonic() - began < 10
    said = [entry.event.message for entry in journal.read() if isinstance(entry.event, StepWarned)]
    assert len(said) == 2
    assert "has not answered" in said[0]
    assert "answers again" in said[1]
    assert state.state == "succeeded"
