"""The recorder tells the store everything, in order, and is never in the way."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import pytest

from dagbook.engine import record
from dagbook.engine.metrics import metrics_of
from dagbook.engine.record import Recorder, StepRecord
from dagbook.notebook.outputs import Output
from dagbook.testing import MemoryTracker, values

STEP = StepRecord(name="train", tags={"t": "1"}, params={"p": "2"})


class Story:
    """A recorder, its store, and how often the loss was told."""

    def __init__(self, tracker: MemoryTracker | None = None) -> None:
        self.tracker = tracker or MemoryTracker()
        self.told: list[tuple[str, str]] = []
        self.recorder = Recorder(self.tracker, self._lost)

    def _lost(self, reason: str) -> None:
        self.told.append((reason, threading.current_thread().name))


def test_a_run_and_its_steps_are_told_in_order(tmp_path: Path):
    story = Story()
    run = story.recorder.open_run("p r1", {"a": "b"}, {"rows": "5"})
    step = story.recorder.open_step(STEP)
    assert run is not None
    assert step is not None
    story.recorder.close_step(step.mlflow_run_id, "succeeded", values(acc=0.5).outputs, [tmp_path])
    story.recorder.close_run("failed", [tmp_path / "plan.json"])
    story.recorder.finish()
    held = story.tracker.runs
    assert (held["run-1"].status, held["run-2"].status, held["run-2"].parent) == (
        "FAILED",
        "FINISHED",
        "run-1",
    )
    assert held["run-2"].metrics == {"acc": 0.5}
    assert story.told == []


@pytest.mark.parametrize(
    ("state", "status"),
    [("succeeded", "FINISHED"), ("failed", "FAILED"), ("timed-out", "FAILED"), ("killed", "FAILED"),
     ("cancelled", "KILLED"), ("something new", "FAILED")],
)  # fmt: skip
def test_a_state_has_a_status(state: str, status: str):
    story = Story()
    story.recorder.open_run("r", {}, {})
    story.recorder.close_run(state, [])
    story.recorder.finish()
    assert story.tracker.runs["run-1"].status == status


def test_a_store_away_from_the_start_is_told_once_and_asked_once():
    story = Story()
    story.tracker.away = "refused"
    assert story.recorder.open_run("r", {}, {}) is None
    story.tracker.away = None
    assert story.recorder.open_step(STEP) is None
    story.recorder.close_step(None, "succeeded", {}, [])
    story.recorder.close_run("succeeded", [])
    story.recorder.finish()
    story.recorder.report_loss()
    assert story.told == [("refused", "MainThread")]
    assert story.tracker.runs == {}


def test_a_store_that_goes_away_midway_is_told_once_from_the_callers_thread():
    story = Story()
    story.recorder.open_run("r", {}, {})
    step = story.recorder.open_step(STEP)
    assert step is not None
    story.tracker.away = "reset"
    for _ in range(3):
        story.recorder.close_step(step.mlflow_run_id, "succeeded", {}, [])
    story.recorder.close_run("succeeded", [])
    story.recorder.finish()
    assert story.told == [("reset", "MainThread")]


class Slow(MemoryTracker):
    """Takes its time with one method."""

    def __init__(self, method: str) -> None:
        super().__init__()
        self.released = threading.Event()
        original = getattr(self, method)

        def wait(*args: Any, **kwargs: Any) -> Any:
            self.released.wait(20)
            return original(*args, **kwargs)

        setattr(self, method, wait)


def test_a_store_that_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(record, "FIRST_PATIENCE", 0.1)
    tracker = Slow("open_run")
    story = Story(tracker)
    began = time.monotonic()
    assert story.recorder.open_run("r", {}, {}) is None
    assert story.recorder.open_step(STEP) is None
    assert time.monotonic() - began < 5
    assert [reason for reason, _ in story.told] == ["the tracking store did not answer within 0 s"]
    tracker.released.set()
    story.recorder.finish()


def test_telling_a_slow_store_holds_nobody_up():
    tracker = Slow("log")
    story = Story(tracker)
    story.recorder.open_run("r", {}, {})
    step = story.recorder.open_step(STEP)
    assert step is not None
    began = time.monotonic()
    for _ in range(100):
        story.recorder.close_step(step.mlflow_run_id, "succeeded", values(n=1).outputs, [])
    assert time.monotonic() - began < 5
    story.recorder.finish(0.1)
    assert [reason for reason, _ in story.told] == ["the tracking store took longer than 0 s"]
    tracker.released.set()


@pytest.mark.parametrize(
    ("value", "metric"),
    [(1, 1.0), (0.5, 0.5), (-1e300, -1e300), (True, None), ("1", None), (None, None), ([1], None),
     (float("nan"), None), (float("inf"), None), (10**400, None)],
)  # fmt: skip
def test_only_finite_numbers_are_metrics(value: Any, metric: float | None):
    assert metrics_of(values(x=value).outputs) == ({} if metric is None else {"x": metric})


def test_a_file_is_no_metric():
    assert metrics_of({"x": Output(name="x", kind="file", path="outputs/x.csv")}) == {}
