"""A driver whose run has to wait for others: it says so, hears a cancel, and lets the next one come."""

from __future__ import annotations

from pathlib import Path

import pytest

from dagbook.engine.again import Again
from dagbook.run.events import StepWaiting
from dagbook.testing import plan_of, values
from tests.unit.engine.bench import Bench, states
from tests.unit.engine.test_approvals import answering, asks
from tests.unit.engine.test_control import planned


class Line:
    """Others are in the way for so many looks."""

    def __init__(self, looks: int) -> None:
        self.looks = looks
        self.left = 0

    def in_the_way(self) -> str | None:
        self.looks -= 1
        return "its turn: 3 runs came first" if self.looks >= 0 else None

    def leave(self) -> None:
        self.left += 1


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_a_run_waits_says_so_once_and_runs(bench: Bench):
    bench.turn = line = Line(3)
    state = bench.drive(plan_of({"a": (), "b": ("a",)}, folder=bench.folder), {"a": values(n=1)})
    assert bench.kinds()[:4] == ["run_started", "step_waiting", "tracking_started", "step_started"]
    assert [event.why for event in bench.events(StepWaiting)] == ["its turn: 3 runs came first"]
    assert (state.state, line.left) == ("succeeded", 1)


def test_a_run_that_waits_is_cancelled(bench: Bench):
    bench.turn = Line(1_000_000)
    bench.wants_cancel = lambda: "ann"
    state = bench.drive(plan_of({"a": ()}, folder=bench.folder))
    assert (state.state, states(state)) == ("cancelled", {"a": "cancelled"})
    assert "step_started" not in bench.kinds()


def test_a_run_that_is_taken_up_waits_too(bench: Bench):
    plan = plan_of({"a": (), "b": ("a",)}, folder=bench.folder)
    bench.drive(plan, {"a": values(n=1)})
    bench.cut(5)
    bench.turn = Line(1)
    state = bench.drive(plan, {}, Again())
    assert [(event.step, event.why) for event in bench.events(StepWaiting)] == [
        ("b", "its turn: 3 runs came first")
    ]
    assert state.state == "succeeded"


def test_a_run_that_waits_for_people_only_lets_the_next_one_come(bench: Bench):
    bench.turn = line = Line(0)
    left: list[int] = []
    answering(bench, True)
    answer = bench.wants_cancel

    def late() -> None:
        left.append(line.left)
        if line.left:
            answer()

    bench.wants_cancel = late
    state = bench.drive(planned(bench, {"a": (), "b": ("a",)}, b=asks()), {"a": values(n=1)})
    assert states(state) == {"a": "succeeded", "b": "succeeded"}
    assert left[0] == 0
    assert line.left > 0
