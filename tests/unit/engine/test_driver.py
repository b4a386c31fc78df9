"""A driver with everything in memory: what it writes, in which order, and what it does about trouble."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from dagbook.engine.ports import Ended
from dagbook.errors import EnvironmentFault, Finding
from dagbook.run.events import Entry, Event, StepFailed, StepReused, StepStarted, StepWarned, TrackingLost
from dagbook.run.state import fold
from dagbook.testing import (
    FakeExecutor,
    MemoryJournal,
    MemoryTracker,
    failed,
    plan_of,
    values,
)
from tests.unit.engine.bench import Bench, states
from tests.unit.notebook.notebooks import code, notebook, with_parameters

DIAMOND = {"a": (), "left": ("a",), "right": ("a",), "end": ("left", "right")}


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_a_run_that_goes_well_tells_its_whole_story(bench: Bench):
    state = bench.drive(plan_of({"a": ()}, folder=bench.folder), {"a": values(acc=0.5)})
    assert bench.kinds() == [
        "run_started", "tracking_started", "step_started", "cell_started", "step_succeeded", "run_finished",
    ]  # fmt: skip
    assert (state.state, states(state)) == ("succeeded", {"a": "succeeded"})
    assert state == fold(bench.journal.read())
    assert bench.executor.closed


def test_a_diamond_runs_in_order_and_side_by_side(bench: Bench):
    state = bench.drive(plan_of(DIAMOND, folder=bench.folder, jobs=2))
    started = [event.step for event in bench.events(StepStarted)]
    assert started == ["a", "left", "right", "end"]
    assert bench.executor.most == 2
    assert state.state == "succeeded"


@pytest.mark.parametrize("jobs", [1, 3])
def test_no_more_run_at_once_than_the_plan_says(bench: Bench, jobs: int):
    nodes: dict[str, Sequence[str]] = {f"n{number}": () for number in range(6)}
    bench.drive(plan_of(nodes, folder=bench.folder, jobs=jobs))
    assert bench.executor.most == jobs


def test_a_failure_spares_what_does_not_depend_on_it(bench: Bench):
    nodes = {"a": (), "b": ("a",), "x": (), "y": ("x",)}
    state = bench.drive(plan_of(nodes, folder=bench.folder), {"a": failed("KeyError", "'k'")})
    assert states(state) == {"a": "failed", "b": "skipped", "x": "succeeded", "y": "succeeded"}
    assert state.state == "failed"
    assert state.steps["a"].error is not None
    assert state.steps["a"].error.name == "KeyError"
    assert state.steps["b"].reason == "upstream a failed"


@pytest.mark.parametrize("as_", ["timed-out", "killed"])
def test_how_an_attempt_failed_is_kept(bench: Bench, as_: Any):
    state = bench.drive(plan_of({"a": ()}, folder=bench.folder), {"a": failed(as_=as_)})
    assert states(state) == {"a": as_}


def test_an_attempt_without_a_result_was_killed(bench: Bench):
    state = bench.drive(plan_of({"a": ()}, folder=bench.folder), {"a": "dies"})
    assert states(state) == {"a": "killed"}
    assert state.steps["a"].error is not None
    assert (state.steps["a"].error.name, state.steps["a"].error.value) == ("WorkerDied", "its worker died")


def test_an_attempt_whose_place_was_lost_is_made_again_whatever_retries_says(bench: Bench):
    state = bench.drive(plan_of({"a": ()}, folder=bench.folder), {"a": ["lost", values(x=1)]})
    assert states(state) == {"a": "succeeded"}
    assert [event.attempt for event in bench.events(StepStarted)] == [1, 2]
    (failure,) = bench.events(StepFailed)
    assert (failure.error.name, failure.error.value, failure.retry_in) == (
        "WorkerLost", "its worker was lost", 0
    )  # fmt: skip


def test_a_step_whose_places_are_lost_again_and_again_fails(bench: Bench):
    state = bench.drive(plan_of({"a": ()}, folder=bench.folder), {"a": "lost"})
    assert states(state) == {"a": "killed"}
    assert [event.attempt for event in bench.events(StepStarted)] == [1, 2, 3]


def test_what_was_published_reaches_the_next_step(bench: Bench):
    bench.documents["b"] = with_parameters("x: float = 0\n")
    plan = plan_of(
        {"a": (), "b": ("a",)}, folder=bench.folder, params={"b": {"x": "${a.n + params.rows}"}},
        run_params={"rows": 40},
    )  # fmt: skip
    bench.drive(plan, {"a": values(n=2)})
    request = bench.executor.runner.requests[1]
    assert (request.step, request.params) == ("b", {"x": 42.0})
    assert request.notebook == str(bench.folder / "notebooks" / "b.ipynb")
    assert request.folder == str(bench.folder / "b" / "1")
    assert request.cwd == str(bench.folder)


def test_a_step_that_cannot_be_prepared_fails_without_an_attempt(bench: Bench):
    bench.documents["b"] = with_parameters("x: int = 0\n")
    plan = plan_of({"a": (), "b": ("a",)}, folder=bench.folder, params={"b": {"x": "${a.word}"}})
    state = bench.drive(plan, {"a": values(word="many")})
    assert states(state) == {"a": "succeeded", "b": "failed"}
    assert [request.step for request in bench.executor.runner.requests] == ["a"]
    assert bench.kinds("b") == ["step_failed"]
    assert (state.steps["b"].attempt, state.steps["b"].folder) == (1, "")
    (failure,) = bench.events(StepFailed)
    assert failure.error.name == "WrongParameter"


# --- reuse ----------------------------------------------------------------------------------------------


def test_what_is_unchanged_is_reused_by_the_next_run(bench: Bench):
    plan = plan_of(DIAMOND, folder=bench.folder)
    bench.drive(plan, {"a": values(n=1)})
    bench.again()
    state = bench.drive(plan)
    assert set(states(state).values()) == {"reused"}
    assert bench.executor.runner.requests == []
    assert bench.events(StepReused)[0].outputs["n"].value == 1
    assert bench.events(StepReused)[0].from_run == "r1"


def test_a_failure_is_never_reused(bench: Bench):
    plan = plan_of({"a": ()}, folder=bench.folder)
    bench.drive(plan, {"a": failed()})
    bench.again()
    assert states(bench.drive(plan)) == {"a": "succeeded"}


def test_a_step_that_published_the_same_again_lets_what_follows_be_reused(bench: Bench):
    nodes = {"a": (), "b": ("a",)}
    params = {"b": {"x": "${a.n}"}}
    bench.documents["b"] = with_parameters("x = 0\n")
    bench.drive(plan_of(nodes, folder=bench.folder, params=params), {"a": values(n=1)})
    bench.again()
    changed = plan_of(nodes, folder=bench.folder, params=params)
    node = changed.nodes["a"].model_copy(update={"code": {"code cell 1": "rewritten"}})
    changed = changed.model_copy(update={"nodes": {**changed.nodes, "a": node}})
    assert states(bench.drive(changed, {"a": values(n=1)})) == {"a": "succeeded", "b": "reused"}


def test_a_fresh_step_runs_even_when_nothing_changed(bench: Bench):
    plan = plan_of({"a": (), "b": ("a",)}, folder=bench.folder)
    bench.drive(plan)
    bench.again()
    steps = (plan.steps[0].model_copy(update={"fresh": True}), plan.steps[1])
    assert states(bench.drive(plan.model_copy(update={"steps": steps}))) == {"a": "succeeded", "b": "reused"}


def test_a_node_without_cache_is_neither_kept_nor_reused(bench: Bench):
    plan = plan_of({"a": ()}, folder=bench.folder)
    node = plan.nodes["a"].model_copy(update={"cache": False})
    plan = plan.model_copy(update={"nodes": {"a": node}})
    bench.drive(plan)
    bench.again()
    assert states(bench.drive(plan)) == {"a": "succeeded"}


def test_a_long_chain_of_reused_steps_does_not_wait_between_them(bench: Bench):
    nodes = {f"n{i}": ((f"n{i - 1}",) if i else ()) for i in range(30)}
    plan = plan_of(nodes, folder=bench.folder)
    bench.drive(plan)
    waited: list[float] = []

    class Patient(FakeExecutor):
        def wait(self, seconds: float) -> Any:
            waited.append(seconds)
            return super().wait(seconds)

    bench.again()
    bench.executor = Patient()
    assert set(states(bench.drive(plan)).values()) == {"reused"}
    assert sum(waited) == 0


def test_a_result_that_cannot_be_kept_is_a_warning(bench: Bench, monkeypatch: pytest.MonkeyPatch):
    def full(result: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(bench.cache, "store", full)
    state = bench.drive(plan_of({"a": ()}, folder=bench.folder))
    assert states(state) == {"a": "succeeded"}
    assert state.steps["a"].warnings == ("its result could not be kept for reuse: No space left on device",)


# --- cancel ---------------------------------------------------------------------------------------------


def test_a_cancel_stops_what_runs_and_calls_off_the_rest(bench: Bench):
    looks: list[None] = []

    def soon() -> str | None:
        looks.append(None)
        return "SIGINT" if len(looks) > 3 else None

    bench.wants_cancel = soon
    nodes = {"a": (), "b": (), "c": ("a", "b")}
    state = bench.drive(plan_of(nodes, folder=bench.folder, jobs=2), {"a": "hangs", "b": values()})
    assert states(state) == {"a": "cancelled", "b": "succeeded", "c": "cancelled"}
    assert (state.state, state.cancel_by) == ("cancelled", "SIGINT")
    assert bench.executor.stopped == ["a"]
    assert bench.kinds().count("cancel_requested") == 1
    assert bench.kinds("a")[-2:] == ["step_stopping", "step_cancelled"]


def test_a_cancel_before_anything_started_starts_nothing_more(bench: Bench):
    bench.wants_cancel = lambda: "api"
    nodes = {"a": (), "b": ("a",)}
    state = bench.drive(plan_of(nodes, folder=bench.folder), {"a": "hangs"})
    assert states(state) == {"a": "cancelled", "b": "cancelled"}


# --- tracking -------------------------------------------------------------------------------------------


def test_the_store_holds_the_run_and_its_steps_with_true_states(bench: Bench):
    nodes = {"a": (), "b": (), "c": ("b",)}
    bench.drive(plan_of(nodes, folder=bench.folder), {"a": values(acc=0.5, word="x"), "b": failed()})
    runs = {run.name: run for run in bench.tracker.runs.values()}
    assert {name: run.status for name, run in runs.items()} == {
        "p r1": "FAILED",
        "a": "FINISHED",
        "b": "FAILED",
    }
    assert runs["a"].metrics == {"acc": 0.5}
    assert runs["a"].parent == "run-1"
    assert runs["a"].tags["dagbook.step"] == "a"
    assert runs["p r1"].artifacts == ["plan.json"]


def test_the_environment_of_a_step_leads_to_its_record(bench: Bench):
    bench.drive(plan_of({"a": ()}, folder=bench.folder))
    assert bench.executor.runner.requests[0].env == {"MLFLOW_RUN_ID": "run-2"}


def test_a_notebook_that_moves_the_store_is_not_led_to_its_record(bench: Bench):
    bench.documents["a"] = notebook(code("import mlflow\nmlflow.set_tracking_uri('http://else')"))
    bench.drive(plan_of({"a": ()}, folder=bench.folder))
    assert bench.executor.runner.requests[0].env == {}
    (warning,) = bench.events(StepWarned)
    assert "set_tracking_uri" in warning.message


def test_a_store_that_is_away_from_the_start_changes_no_run(bench: Bench):
    bench.tracker.away = "connection refused"
    state = bench.drive(plan_of(DIAMOND, folder=bench.folder))
    assert state.state == "succeeded"
    assert state.tracking_lost == "connection refused"
    assert bench.kinds().count("tracking_lost") == 1
    assert bench.executor.runner.requests[0].env == {}


def test_a_store_that_goes_away_midway_changes_no_run(bench: Bench):
    class Leaving(MemoryTracker):
        def close(self, mlflow_run_id: str, status: str) -> None:
            self.away = "connection reset"
            super().close(mlflow_run_id, status)

    bench.tracker = Leaving()
    state = bench.drive(plan_of(DIAMOND, folder=bench.folder))
    assert state.state == "succeeded"
    assert len(bench.events(TrackingLost)) == 1
    assert bench.kinds()[-1] == "run_finished"


@pytest.mark.parametrize("method", ["open_run", "open_step", "log", "close"])
def test_a_tracker_with_a_bug_changes_no_run(bench: Bench, method: str, monkeypatch: pytest.MonkeyPatch):
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("a bug of the tracker's")

    monkeypatch.setattr(bench.tracker, method, broken)
    began = time.monotonic()
    state = bench.drive(plan_of({"a": (), "b": ("a",)}, folder=bench.folder))
    assert state.state == "succeeded"
    assert state.tracking_lost == "the tracker failed: RuntimeError: a bug of the tracker's"
    assert time.monotonic() - began < 10


# --- the journal ----------------------------------------------------------------------------------------


class FullJournal(MemoryJournal):
    """Refuses its n-th event, as a full disk does."""

    def __init__(self, room: int) -> None:
        super().__init__()
        self.room = room

    def append(self, event: Event) -> Entry:
        if len(self.read()) >= self.room:
            raise EnvironmentFault(Finding(code="journal-not-writable", message="full", remedy="make room"))
        return super().append(event)


@pytest.mark.parametrize("room", range(6))
def test_a_journal_that_cannot_be_written_stops_everything(bench: Bench, room: int):
    bench.journal = FullJournal(room)
    with pytest.raises(EnvironmentFault, match="full"):
        bench.drive(plan_of({"a": (), "b": ()}, folder=bench.folder, jobs=2), {"a": "hangs", "b": values()})
    assert bench.executor.closed
    assert len(bench.journal.read()) == room
    started = [event.step for event in bench.events(StepStarted)]
    # Nothing ran whose start was not in the journal first.
    assert {request.step for request in bench.executor.runner.requests} <= set(started)


def test_the_commit_is_in_the_journal_before_anything_follows_from_it(bench: Bench):
    seen: list[tuple[str, list[str]]] = []

    class Watching(FakeExecutor):
        def start(self, request: Any) -> None:
            seen.append((request.step, bench.kinds()))
            super().start(request)

    bench.executor = Watching()
    bench.drive(plan_of({"a": (), "b": ("a",)}, folder=bench.folder))
    assert [(step, kinds[-1]) for step, kinds in seen] == [("a", "step_started"), ("b", "step_started")]
    assert "step_succeeded" in seen[1][1]


class Counting(MemoryJournal):
    """Counts how often something is made sure of."""

    def __init__(self) -> None:
        super().__init__()
        self.together: list[list[str]] = []

    def append_all(self, events: Sequence[Event]) -> list[Entry]:
        self.together.append([f"{event.kind} {getattr(event, 'step', '')}".strip() for event in events])
        return super().append_all(events)


def test_what_begins_or_ends_at_once_is_made_sure_of_together(bench: Bench):
    class AtOnce(FakeExecutor):
        def wait(self, seconds: float) -> Sequence[Event | Ended]:
            return [news for _ in range(3) for news in super(AtOnce, self).wait(seconds)]

    bench.journal = journal = Counting()
    bench.executor = AtOnce()
    state = bench.drive(plan_of({"a": (), "b": (), "c": ("a", "b")}, folder=bench.folder, jobs=2))
    assert state.state == "succeeded"
    # In a word each; none of them waits for the disk by itself.
    assert [
        [word for word in words if not word.startswith("cell_started")] for words in journal.together
    ] == [
        ["run_started"], ["tracking_started"], ["step_started a", "step_started b"],
        ["step_succeeded a", "step_succeeded b"], ["step_started c"], ["step_succeeded c"], ["run_finished"],
    ]  # fmt: skip
