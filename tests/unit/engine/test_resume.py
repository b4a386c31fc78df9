"""A driver that takes up a run: what it does again, what it leaves, and what MLflow is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dagbook.engine.again import Again, worked_before
from dagbook.pipeline.plan import Plan
from dagbook.run.events import Entry, RunFinished, RunResumed, StepStarted, StepWarned
from dagbook.run.state import fold
from dagbook.testing import failed, plan_of, run_started, values
from tests.unit.engine.bench import Bench, states

CHAIN = {"a": (), "b": ("a",), "c": ("b",), "x": ()}


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


@pytest.fixture
def chain(bench: Bench) -> Plan:
    return plan_of(CHAIN, folder=bench.folder)


def started(bench: Bench, after: int = 0) -> list[str]:
    return [e.event.step for e in bench.journal.read(after) if isinstance(e.event, StepStarted)]


def killed_after(bench: Bench, plan: Plan, entries: int, **outcomes: Any) -> None:
    """A run whose driver died when it had written so many entries."""
    bench.drive(plan, outcomes)
    bench.cut(entries)


def test_what_failed_and_what_follows_runs_again_and_nothing_else(bench: Bench, chain: Plan):
    bench.drive(chain, {"b": [failed()]})
    seen = len(bench.journal.read())
    state = bench.drive(chain, {})
    assert states(state) == dict.fromkeys(CHAIN, "succeeded")
    assert started(bench, seen) == ["b", "c"]
    assert (state.steps["b"].attempt, state.steps["b"].folder) == (2, "b/2")
    assert state == fold(bench.journal.read())


def test_a_run_that_ended_well_is_left_as_it_is(bench: Bench, chain: Plan):
    bench.drive(chain, {})
    seen = len(bench.journal.read())
    state = bench.drive(chain, {})
    assert (state.state, started(bench, seen)) == ("succeeded", [])


@pytest.mark.parametrize("entries", range(1, 18))
def test_wherever_the_driver_dies_the_run_ends_well_and_no_finished_step_runs_again(
    bench: Bench, chain: Plan, entries: int
):
    killed_after(bench, chain, entries)
    before = fold(bench.journal.read())
    good = {name for name, step in before.steps.items() if step.state == "succeeded"}
    state = bench.drive(chain, {})
    assert (state.state, states(state)) == ("succeeded", dict.fromkeys(CHAIN, "succeeded"))
    assert good.isdisjoint(started(bench, entries))
    assert not [run for run in bench.tracker.runs.values() if run.status == "RUNNING"]


def test_an_attempt_that_was_lost_is_killed_in_the_store_and_the_runs_record_goes_on(
    bench: Bench, chain: Plan
):
    bench.drive(plan_of({"a": ()}, folder=bench.folder), {})
    bench.cut(3)  # run, tracking and the step have begun
    bench.drive(plan_of({"a": ()}, folder=bench.folder), {})
    runs = list(bench.tracker.runs.values())
    assert [run.parent for run in runs].count(None) == 1
    assert [(run.tags.get("dagbook.attempt"), run.status) for run in runs if run.parent] == [
        ("1", "KILLED"),
        ("2", "FINISHED"),
    ]


def test_a_record_that_was_deleted_is_begun_anew(bench: Bench, chain: Plan):
    bench.drive(chain, {"b": [failed()]})
    bench.tracker.runs.clear()
    state = bench.drive(chain, {})
    assert state.state == "succeeded"
    assert bench.tracker.runs[str(state.mlflow_run_id)].status == "FINISHED"


def test_a_named_step_runs_again_with_all_that_follows_though_nothing_changed(bench: Bench, chain: Plan):
    bench.drive(chain, {})
    seen = len(bench.journal.read())
    again = Again(steps=("b",), fresh=True, jobs=1)
    state = bench.drive(again.applied_to(chain), {"b": values(n=2)}, again=again)
    assert started(bench, seen) == ["b", "c"]
    assert (state.state, state.jobs, state.steps["a"].attempt) == ("succeeded", 1, 1)


def test_what_a_changed_module_gives_is_not_kept_under_the_old_fingerprint(bench: Bench):
    plan = plan_of({"a": ()}, folder=bench.folder)
    bench.drive(plan, {"a": [failed()]})
    again = Again(uncached=("a",))
    state = bench.drive(again.applied_to(plan), {"a": values(n=1)}, again=again)
    assert state.steps["a"].state == "succeeded"
    assert bench.cache.known(state.steps["a"].fingerprint) is None


def entries_of(*told: tuple[str, Any]) -> list[Entry]:
    return [Entry(seq=seq, at=at, event=event) for seq, (at, event) in enumerate(told, 1)]


RESUMED = RunResumed(steps=(), jobs=1, pid=1, host="h")
WARNED = StepWarned(step="a", message="m")


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ([], 0),
        ([("2026-01-01T10:00:00+00:00", run_started())], 0),
        ([("2026-01-01T10:00:00+00:00", run_started()), ("2026-01-01T10:00:30+00:00", WARNED)], 30),
        # What lay between two drivers was no work.
        (
            [
                ("2026-01-01T10:00:00+00:00", run_started()),
                ("2026-01-01T10:00:30+00:00", WARNED),
                ("2026-01-02T10:00:00+00:00", RESUMED),
                ("2026-01-02T10:00:05+00:00", WARNED),
            ],
            35,
        ),
        (
            [
                ("2026-01-01T10:00:00+00:00", run_started()),
                ("2026-01-01T10:00:30+00:00", RunFinished(state="failed", seconds=29)),
                ("2026-01-02T10:00:00+00:00", RESUMED),
                ("2026-01-02T10:00:05+00:00", WARNED),
            ],
            34,
        ),
        # The clock was set back meanwhile.
        ([("2026-01-01T10:00:00+00:00", run_started()), ("2026-01-01T09:00:00+00:00", WARNED)], 0),
    ],
)
def test_the_time_that_drivers_worked_is_counted_whatever_the_clock_did(told: Any, seconds: float):
    assert worked_before(entries_of(*told)) == seconds
