"""A run with a `foreach` that is taken up again: only what had no result runs, and downstream gets all."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from dagbook.engine.again import Again
from dagbook.run.again import to_do_again
from dagbook.run.events import StepStarted
from dagbook.run.machine import Machine
from dagbook.run.state import BAD, RunState, fold
from dagbook.testing import FakeExecutor
from tests.unit.engine.bench import Bench
from tests.unit.engine.test_control import Squares, each


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def failed_steps(state: RunState) -> tuple[str, ...]:
    """What `dagbook retry` names when nothing is named."""
    return tuple(name for name, step in state.steps.items() if step.state in BAD)


def drive(
    bench: Bench, items: list[Any], bad: Sequence[int] = (), *, tolerate: int = 0, again: Again | None = None
) -> RunState:
    """Begin the run, or go on with it as the driver process does."""
    bench.executor = FakeExecutor(Squares(items, bad=bad))
    plan = each(bench, tolerate=tolerate)
    return bench.drive(plan if again is None else again.applied_to(plan), again=again)


def executed(bench: Bench) -> list[str]:
    return [request.step for request in bench.executor.runner.requests]


def test_a_retry_of_500_elements_runs_the_three_that_failed_and_what_follows(bench: Bench):
    first = drive(bench, list(range(500)), bad=[7, 77, 377], tolerate=5)
    state = drive(bench, [], tolerate=5, again=Again(steps=failed_steps(first)))
    assert executed(bench) == ["f[7]", "f[77]", "f[377]", "end"]
    assert bench.executor.runner.requests[-1].params["got"] == [number**2 for number in range(500)]
    assert bench.executor.runner.requests[-1].params["failures"] == []
    assert (state.state, state.steps["f"].state, state.steps["f"].bad) == ("succeeded", "succeeded", 0)
    assert state == fold(bench.journal.read())


def test_a_retry_of_a_node_that_failed_runs_only_its_failed_elements(bench: Bench):
    first = drive(bench, [1, 2, 3], bad=[2])
    assert failed_steps(first) == ("f", "f[1]")
    state = drive(bench, [], again=Again(steps=failed_steps(first)))
    assert executed(bench) == ["f[1]", "end"]
    assert state.state == "succeeded"


def test_a_whole_node_that_is_named_runs_all_its_elements(bench: Bench):
    drive(bench, [1, 2, 3])
    drive(bench, [], again=Again(steps=("f", "f[0]", "f[1]", "f[2]"), fresh=True))
    assert executed(bench) == ["f[0]", "f[1]", "f[2]", "end"]


def test_a_list_that_is_made_anew_has_its_own_elements_in_folders_of_their_own(bench: Bench):
    drive(bench, [1, 2, 3])
    state = drive(bench, [4, 5], again=Again(steps=("list",), fresh=True))
    assert executed(bench) == ["list", "f[0]", "f[1]", "end"]
    assert [name for name in state.steps if name.startswith("f[")] == ["f[0]", "f[1]"]
    folders = [event.folder for event in bench.events(StepStarted)]
    assert len(folders) == len(set(folders)), "no two attempts share a folder"


def test_wherever_the_driver_dies_nothing_that_was_finished_runs_again(bench: Bench):
    drive(bench, [1, 2, 3])
    whole = bench.journal.read()
    for cut in range(1, len(whole)):
        bench.again()
        for entry in whole:
            bench.journal.append(entry.event)
        bench.cut(cut)
        before = fold(bench.journal.read())
        done = {name for name, step in before.steps.items() if step.state == "succeeded"}
        state = drive(bench, [1, 2, 3])
        assert state.state == "succeeded"
        assert done.isdisjoint(executed(bench)), cut
        assert [state.steps[f"f[{index}]"].outputs["y"].value for index in range(3)] == [1, 4, 9]
        assert state == fold(bench.journal.read())
        assert Machine(state).due() == ()


def test_what_was_left_open_is_done_with_what_is_named(bench: Bench):
    drive(bench, [1, 2, 3])
    cut = next(
        i for i, entry in enumerate(bench.journal.read()) if getattr(entry.event, "step", "") == "f[1]"
    )
    bench.cut(cut + 1)
    state = fold(bench.journal.read())
    assert to_do_again(state, ["f[0]"]) == ("f", "f[0]", "f[1]", "f[2]", "end")
