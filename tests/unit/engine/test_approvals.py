"""A driver with everything in memory that asks people: who is asked, when, and what the answer does."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from dagbook.engine.again import Again
from dagbook.engine.approvals import ANSWERS, GivenAnswer, leave_answer
from dagbook.engine.ports import Ended
from dagbook.pipeline.plan import PlannedQuestion
from dagbook.pipeline.rules import Retries, Rules
from dagbook.run.events import ApprovalEnded, ApprovalRequested, Event, StepStarted
from dagbook.run.state import RunState, fold
from dagbook.run.steps import Approval
from dagbook.testing import FakeExecutor, FakeRunner, failed, values
from tests.unit.engine.bench import Bench, states
from tests.unit.engine.test_control import planned, with_clock
from tests.unit.notebook.notebooks import with_parameters


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def asks(message: str = "Ship it?", *, foreach: bool = False, **more: Any) -> dict[str, Any]:
    """What a node says that is approved."""
    return {
        "approve": PlannedQuestion(message=message, **more),
        "rules": Rules(approve=True, foreach=foreach),
    }


def answering(bench: Bench, *answers: bool, by: str = "ann", comment: str = "") -> None:
    """Somebody who answers each question once, in order; the last answer also to all that follow."""
    given: list[str] = []

    def look() -> None:
        for entry in bench.journal.read():
            event, asked = entry.event, entry.at
            if isinstance(event, ApprovalRequested) and f"{event.step} {asked}" not in given:
                given.append(f"{event.step} {asked}")
                approved = answers[min(len(given), len(answers)) - 1]
                answer = GivenAnswer(step=event.step, asked=asked, approved=approved, by=by, comment=comment)
                leave_answer(bench.folder, answer)

    bench.wants_cancel = look


def approval(state: RunState, step: str) -> Approval:
    found = state.steps[step].approval
    assert found is not None
    return found


def test_a_step_that_is_approved_runs_and_says_by_whom(bench: Bench):
    answering(bench, True, comment="fine")
    state = bench.drive(planned(bench, {"a": (), "b": ("a",)}, b=asks()), {"a": values(n=1)})
    assert states(state) == {"a": "succeeded", "b": "succeeded"}
    assert bench.kinds("b") == [
        "approval_requested", "approval_ended", "step_started", "cell_started", "step_succeeded",
    ]  # fmt: skip
    said = approval(state, "b")
    assert (said.message, said.answer, said.who, said.comment) == ("Ship it?", "approved", "ann", "fine")
    assert said.answered is not None
    assert state == fold(bench.journal.read())
    assert bench.tracker.runs[state.steps["b"].mlflow_run_id].tags["dagbook.approved_by"] == "ann"
    assert list((bench.folder / ANSWERS).iterdir()) == []


def test_a_step_that_is_rejected_has_failed_without_having_run(bench: Bench):
    answering(bench, False, comment="too dear")
    state = bench.drive(planned(bench, {"a": (), "b": ("a",)}, a=asks()))
    assert states(state) == {"a": "failed", "b": "skipped"}
    error = state.steps["a"].error
    assert error is not None
    assert (error.name, error.value) == ("Rejected", "ann said no: too dear")
    assert bench.events(StepStarted) == []


def test_the_question_is_asked_when_its_inputs_are_there_and_may_hold_them(bench: Bench):
    answering(bench, True)
    plan = planned(bench, {"a": (), "b": ("a",)}, b=asks("Ship ${a.acc}?"))
    state = bench.drive(plan, {"a": values(acc=0.5)})
    assert approval(state, "b").message == "Ship 0.5?"


def test_a_question_about_what_is_not_there_fails_the_step(bench: Bench):
    plan = planned(bench, {"a": (), "b": ("a",)}, b=asks("Ship ${a.acc}?"))
    state = bench.drive(plan, {"a": values(other=1)})
    assert states(state) == {"a": "succeeded", "b": "failed"}
    assert bench.events(ApprovalRequested) == []


def test_who_waits_for_an_answer_is_in_nobodys_way(bench: Bench):
    """With one place for steps, all others run while the question is open."""
    clock = with_clock(bench, {})
    plan = planned(bench, {"a": (), "b": (), "c": ("b",)}, a=asks(timeout=60.0))
    state = bench.drive(plan.model_copy(update={"jobs": 1}))
    assert states(state) == {"a": "timed-out", "b": "succeeded", "c": "succeeded"}
    assert clock.now == pytest.approx(60, abs=1)
    error = state.steps["a"].error
    assert error is not None
    assert (error.name, error.value) == ("NoAnswer", "nobody answered within 60 s: Ship it?")


def test_nobody_is_asked_about_what_is_reused_or_does_not_apply(bench: Bench):
    answering(bench, True)
    plan = planned(bench, {"a": (), "b": ("a",)}, b=asks())
    bench.drive(plan, {"a": values(n=1)})
    bench.again()
    state = bench.drive(plan, {"a": values(n=1)})
    assert states(state) == {"a": "reused", "b": "reused"}
    bench.again()
    state = bench.drive(planned(bench, {"c": ()}, c={**asks(), "when": "${1 > 2}"}))
    assert states(state) == {"c": "skipped"}
    assert bench.events(ApprovalRequested) == []


def test_a_cancelled_run_waits_for_no_answer(bench: Bench):
    bench.wants_cancel = lambda: "api" if bench.events(ApprovalRequested) else None
    assert states(bench.drive(planned(bench, {"a": ()}, a=asks()))) == {"a": "cancelled"}


def test_an_attempt_that_is_made_again_asks_no_more(bench: Bench):
    answering(bench, True)
    said = {**asks(), "rules": Rules(approve=True, retries=Retries(limit=2))}
    state = bench.drive(planned(bench, {"a": ()}, a=said), {"a": [failed(), failed(), values(n=1)]})
    assert (state.steps["a"].state, state.steps["a"].attempt) == ("succeeded", 3)
    assert len(bench.events(ApprovalRequested)) == 1


class Unhurried(FakeExecutor):
    """Nothing ends while there is something to do."""

    def wait(self, seconds: float) -> Sequence[Event | Ended]:
        return super().wait(seconds) if seconds else ()


def test_a_question_that_cannot_be_asked_takes_no_place_from_what_runs(bench: Bench):
    nodes = {"a": (), "left_out": ("a",), "b": ("a",), "c": ("a", "left_out")}
    plan = planned(bench, nodes, left_out={"rules": Rules(run_if="failure")}, c=asks("${a.nothing}"))
    bench.executor = Unhurried(FakeRunner({"a": values(n=1)}))
    state = bench.drive(plan.model_copy(update={"jobs": 1}))
    assert states(state) == {"a": "succeeded", "left_out": "skipped", "b": "succeeded", "c": "failed"}
    told = bench.journal.read()
    running = [
        {name for name, step in fold(told[:end]).steps.items() if step.state == "running"}
        for end in range(len(told))
    ]
    assert {"b"} in running
    assert max(map(len, running)) == 1


def test_a_list_is_approved_once_before_it_is_expanded(bench: Bench):
    answering(bench, True)
    bench.documents["b"] = with_parameters("x: int = 0\n")
    node = {**asks(foreach=True), "foreach": "${a.items}", "params": {"x": "${item}"}}
    state = bench.drive(planned(bench, {"a": (), "b": ("a",)}, b=node), {"a": values(items=[1, 2, 3])})
    assert states(state) == {
        "a": "succeeded", "b": "succeeded", **{f"b[{index}]": "succeeded" for index in range(3)},
    }  # fmt: skip
    assert [event.step for event in bench.events(ApprovalRequested)] == ["b"]
    assert bench.tracker.runs[state.steps["b[1]"].mlflow_run_id].tags["dagbook.approved_by"] == "ann"


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("{", "no JSON"),
        ('{"step": "zz", "asked": "x", "approved": true, "by": "ann"}', "another step"),
        ('{"step": "a", "asked": "2020-01-01", "approved": true, "by": "ann"}', "an older question"),
    ],
)
def test_what_answers_no_open_question_counts_for_nothing(bench: Bench, content: str, why: str):
    with_clock(bench, {})
    (bench.folder / ANSWERS).mkdir()
    (bench.folder / ANSWERS / "stray.json").write_text(content)
    state = bench.drive(planned(bench, {"a": ()}, a=asks(timeout=5.0)))
    assert states(state) == {"a": "timed-out"}, why


# --- taken up again -------------------------------------------------------------------------------------


def cut_after(bench: Bench, kind: type[Any]) -> None:
    kinds = [type(entry.event) for entry in bench.journal.read()]
    bench.cut(kinds.index(kind) + 1)


def test_an_open_question_stays_open_when_the_driver_dies(bench: Bench):
    answering(bench, True)
    plan = planned(bench, {"a": ()}, a=asks())
    bench.drive(plan)
    cut_after(bench, ApprovalRequested)
    asked = approval(fold(bench.journal.read()), "a").asked
    # Given while nobody drives the run.
    leave_answer(bench.folder, GivenAnswer(step="a", asked=asked, approved=True, by="bob"))
    bench.wants_cancel = lambda: None
    state = bench.drive(plan, {}, Again())
    assert (state.steps["a"].state, approval(state, "a").who) == ("succeeded", "bob")
    assert len(bench.events(ApprovalRequested)) == 1


def test_a_yes_is_not_asked_for_twice(bench: Bench):
    answering(bench, True)
    plan = planned(bench, {"a": ()}, a=asks())
    bench.drive(plan)
    cut_after(bench, StepStarted)
    bench.wants_cancel = lambda: None
    state = bench.drive(plan, {}, Again())
    assert (state.steps["a"].state, state.steps["a"].attempt) == ("succeeded", 2)
    assert len(bench.events(ApprovalRequested)) == 1


def test_a_no_is_asked_about_again_and_so_are_other_inputs(bench: Bench):
    answering(bench, False)
    plan = planned(bench, {"a": (), "b": ("a",)}, b=asks())
    bench.drive(plan, {"a": values(n=1)})
    assert [event.as_ for event in bench.events(ApprovalEnded)] == ["rejected"]
    answering(bench, False, True)
    state = bench.drive(plan, {"a": values(n=1)}, Again(steps=("b",)))
    assert state.steps["b"].state == "succeeded"
    answering(bench, False, True, True)
    again = Again(steps=("a",), fresh=True)
    state = bench.drive(again.applied_to(plan), {"a": values(n=2)}, again)
    assert state.steps["b"].state == "succeeded"
    assert len(bench.events(ApprovalRequested)) == 3
