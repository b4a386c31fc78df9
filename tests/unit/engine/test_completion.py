"""What MLflow missed is made up for from the journal, and then it has what it would have had."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dagbook.engine.completion import complete
from dagbook.engine.outbox import NODE_RUN, Outbox
from dagbook.engine.ports import Completed, TrackerAway
from dagbook.engine.writer import this_process
from dagbook.pipeline.plan import Plan
from dagbook.run.events import TrackingCompleted
from dagbook.run.state import fold
from dagbook.testing import FakeExecutor, FakeRunner, MemoryTracker, failed, plan_of, values
from tests.unit.engine.bench import Bench
from tests.unit.notebook.notebooks import code, notebook, with_parameters

NODES = {"a": (), "b": ("a",), "c": ("b",), "broken": ("a",), "after": ("broken",)}
OUTCOMES = {"a": values(n=1), "b": values(m=2.5), "broken": failed("ValueError", "no data")}


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    made = Bench(tmp_path)
    made.documents["b"] = with_parameters("x = 0\n")
    return made


def planned(bench: Bench) -> Plan:
    return plan_of(NODES, folder=bench.folder, params={"b": {"x": "${a.n}"}})


def tree(tracker: MemoryTracker) -> list[Any]:
    """Everything that is recorded, without ids and times."""
    names = {key: run.name for key, run in tracker.runs.items()}
    return sorted(
        (run.name, names.get(run.parent or ""), run.tags, run.params, run.metrics, run.artifacts, run.status)
        for run in tracker.runs.values()
    )  # type: ignore[return-value]


def completed(bench: Bench, plan: Plan, **options: Any) -> Completed:
    return complete(
        plan, bench.folder, bench.journal.read(), bench.tracker,
        lambda path: bench.documents.get(path.stem, notebook(code("pass"))), **options,
    )  # fmt: skip


class GoesAway(FakeExecutor):
    """Something happens to the store when a step begins."""

    def __init__(self, then: dict[str, Callable[[], None]]) -> None:
        super().__init__(FakeRunner(OUTCOMES))
        self._then = then

    def start(self, request: Any) -> None:
        self._then.get(request.step, lambda: None)()
        super().start(request)


@pytest.mark.parametrize("at", ["the beginning", "a", "b", "broken"])
def test_what_was_missed_is_made_up_for(tmp_path: Path, bench: Bench, at: str):
    undisturbed = Bench(tmp_path / "undisturbed", documents=bench.documents)
    undisturbed.folder.mkdir()
    undisturbed.drive(plan_of(NODES, folder=bench.folder, params={"b": {"x": "${a.n}"}}), OUTCOMES)

    def away() -> None:
        bench.tracker.away = "connection refused"

    if at == "the beginning":
        away()
    bench.executor = GoesAway({at: away})
    state = bench.drive(planned(bench))
    assert state.tracking_lost == "connection refused"
    assert tree(bench.tracker) != tree(undisturbed.tracker)

    with pytest.raises(TrackerAway):
        completed(bench, planned(bench))
    bench.tracker.away = None
    done = completed(bench, planned(bench))

    assert tree(bench.tracker) == tree(undisturbed.tracker)
    assert done.made + done.mended > 0
    bench.journal.append(done.event)
    after = fold(bench.journal.read())
    assert after.tracking_lost is None
    assert after.state == "failed"
    assert after.mlflow_run_id in bench.tracker.runs
    for name in ("a", "b", "c", "broken"):
        assert bench.tracker.runs[after.steps[name].mlflow_run_id or ""].name == name

    again = completed(bench, planned(bench))
    assert (again.made, again.mended) == (0, 0)
    assert tree(bench.tracker) == tree(undisturbed.tracker)


def test_records_that_nobody_wrote_of_are_ended(bench: Bench):
    plan = planned(bench)
    bench.drive(plan, OUTCOMES)
    # The driver died between making a record and writing so.
    entries = [entry.event.kind for entry in bench.journal.read()]
    bench.cut(entries.index("step_started", entries.index("step_succeeded")))
    for run in bench.tracker.runs.values():
        if run.name != "a":
            run.status = "RUNNING"

    completed(bench, plan)

    assert {run.name: run.status for run in bench.tracker.runs.values() if run.parent} == {
        "a": "FINISHED", "b": "KILLED", "c": "KILLED", "broken": "KILLED",
    }  # fmt: skip
    (parent,) = [run for run in bench.tracker.runs.values() if run.parent is None]
    assert parent.status == "KILLED"


def test_a_status_that_is_not_true_is_corrected_and_nothing_is_told_twice(bench: Bench):
    plan = planned(bench)
    bench.drive(plan, OUTCOMES)
    expected = tree(bench.tracker)
    b = next(run for run in bench.tracker.runs.values() if run.name == "b")
    b.status, b.metrics = "KILLED", {}

    done = completed(bench, plan)

    assert (done.made, done.mended) == (0, 1)
    assert tree(bench.tracker) == expected


def test_what_a_notebook_logged_meanwhile_is_delivered(bench: Bench):
    plan = planned(bench)
    bench.tracker.away = "connection refused"
    bench.drive(plan, OUTCOMES)
    bench.tracker.away = None
    outbox = Outbox(bench.folder / "b" / "1" / "outbox", this_process())
    outbox.append({"kind": "metric", "run": NODE_RUN, "values": {"loss": 0.25}})

    completed(bench, plan)

    (b,) = [run for run in bench.tracker.runs.values() if run.name == "b"]
    assert b.metrics == {"loss": 0.25, "m": 2.5}


def test_a_run_that_is_taken_up_is_completed_before_it_goes_on(bench: Bench):
    plan = planned(bench)
    bench.tracker.away = "connection refused"
    bench.drive(plan, OUTCOMES)
    bench.tracker.away = None
    bench.executor = FakeExecutor(FakeRunner({**OUTCOMES, "broken": values(k=1)}))

    state = bench.drive(plan)

    assert state.state == "succeeded"
    assert len(bench.events(TrackingCompleted)) == 1
    statuses = sorted((run.name, run.status) for run in bench.tracker.runs.values() if run.parent)
    assert statuses == [
        ("a", "FINISHED"), ("after", "FINISHED"), ("b", "FINISHED"), ("broken", "FAILED"),
        ("broken", "FINISHED"), ("c", "FINISHED"),
    ]  # fmt: skip
    assert all(step.mlflow_run_id in bench.tracker.runs for step in state.steps.values())


def test_a_run_that_was_recorded_well_is_taken_up_without_a_word(bench: Bench):
    plan = planned(bench)
    bench.drive(plan, OUTCOMES)
    bench.executor = FakeExecutor(FakeRunner(OUTCOMES))
    bench.drive(plan)
    assert bench.events(TrackingCompleted) == []


def test_a_run_record_that_no_driver_wrote_of_is_found_again(bench: Bench):
    plan = planned(bench)
    bench.drive(plan, OUTCOMES)
    bench.cut(1)  # not even `tracking_started`
    bench.executor = FakeExecutor(FakeRunner(OUTCOMES))
    bench.drive(plan)
    assert sum(run.parent is None for run in bench.tracker.runs.values()) == 1
