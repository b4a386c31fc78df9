"""Conversations with the machine: these events were told, exactly these commands follow."""

from __future__ import annotations

import pytest

from dagbook.run.commands import CancelStep, Command, FinishRun, SkipStep, StartStep, StopStep
from dagbook.run.decide import decide
from dagbook.run.events import (
    CancelRequested,
    CellStarted,
    Event,
    OutputSeen,
    RunFinished,
    StepCancelled,
    StepHeld,
    StepSkipped,
    StepStopping,
    StepWarned,
    TrackingLost,
    TrackingStarted,
    UnknownEvent,
)
from dagbook.run.facts import NodeError
from dagbook.run.holding import is_held
from dagbook.run.state import IllegalEvent, RunState, fold
from dagbook.testing import (
    entries,
    outline,
    run_started,
    step_failed,
    step_reused,
    step_started,
    step_succeeded,
)

LINE = (outline("a"), outline("b", "a"), outline("c", "b"))
DIAMOND = (outline("a"), outline("left", "a"), outline("right", "a"), outline("end", "left", "right"))
MATRIX = (outline("m[0]"), outline("m[1]"), outline("m[2]"), outline("best", "m[0]", "m[1]", "m[2]"))
APART = (outline("a"), outline("b", "a"), outline("c", "b"), outline("x"), outline("y", "x"))


def after(*events: Event) -> RunState:
    return fold(entries(*events))


def commands(*events: Event) -> tuple[Command, ...]:
    return decide(after(*events))


def ran(step: str) -> tuple[Event, Event]:
    return step_started(step), step_succeeded(step)


def broke(step: str) -> tuple[Event, Event]:
    return step_started(step), step_failed(step)


def held(step: str) -> StepHeld:
    error = NodeError(name="ValueError", value="no", cell=2)
    return StepHeld(step=step, attempt=1, error=error, until="2026-11-27T12:00:00+00:00", connection="k.json")


def test_nothing_is_asked_for_before_the_run_starts():
    assert decide(RunState()) == ()


def test_a_line_runs_one_after_the_other():
    start = run_started(*LINE)
    assert commands(start) == (StartStep("a", 1),)
    assert commands(start, step_started("a")) == ()
    assert commands(start, *ran("a")) == (StartStep("b", 1),)
    assert commands(start, *ran("a"), *ran("b")) == (StartStep("c", 1),)
    assert commands(start, *ran("a"), *ran("b"), *ran("c")) == (FinishRun("succeeded"),)


def test_a_diamond_runs_its_sides_together_and_its_end_after_both():
    start = run_started(*DIAMOND)
    assert commands(start, *ran("a")) == (StartStep("left", 1), StartStep("right", 1))
    both = (start, *ran("a"), step_started("left"), step_started("right"))
    assert commands(*both, step_succeeded("right")) == ()
    assert commands(*both, step_succeeded("right"), step_succeeded("left")) == (StartStep("end", 1),)


@pytest.mark.parametrize(
    ("jobs", "started"), [(1, ["m[0]"]), (2, ["m[0]", "m[1]"]), (9, ["m[0]", "m[1]", "m[2]"])]
)
def test_no_more_steps_start_than_may_run_at_once(jobs: int, started: list[str]):
    assert commands(run_started(*MATRIX, jobs=jobs)) == tuple(StartStep(step, 1) for step in started)


def test_a_running_step_takes_a_place_until_it_ends():
    start = run_started(*MATRIX, jobs=2)
    running = (start, step_started("m[0]"), step_started("m[1]"))
    assert commands(*running) == ()
    assert commands(*running, step_succeeded("m[1]")) == (StartStep("m[2]", 1),)


def test_what_follows_a_matrix_waits_for_all_of_it():
    start = run_started(*MATRIX, jobs=3)
    assert commands(start, *ran("m[0]"), *ran("m[2]"), step_started("m[1]")) == ()
    assert commands(start, *ran("m[0]"), *ran("m[2]"), *ran("m[1]")) == (StartStep("best", 1),)


def test_a_failure_skips_what_depends_on_it_and_nothing_else():
    start = run_started(*APART, jobs=1)
    assert commands(start, *broke("a")) == (SkipStep("b", "upstream a failed"), StartStep("x", 1))
    skipped = (start, *broke("a"), StepSkipped(step="b", because="upstream a failed"))
    assert commands(*skipped) == (SkipStep("c", "upstream b was skipped"), StartStep("x", 1))
    rest = (*skipped, StepSkipped(step="c", because="…"), *ran("x"), *ran("y"))
    assert commands(*rest) == (FinishRun("failed"),)


@pytest.mark.parametrize(
    ("as_", "because"),
    [("failed", "upstream a failed"), ("timed-out", "upstream a timed out"), ("killed", "upstream a failed")],
)
def test_a_skip_says_whose_failure_it_was(as_: str, because: str):
    start = run_started(outline("a"), outline("b", "a"))
    events = (start, step_started("a"), step_failed("a", as_=as_))  # type: ignore[arg-type]
    assert commands(*events) == (SkipStep("b", because),)
    assert after(*events).steps["a"].state == as_


def test_what_was_reused_counts_as_done():
    start = run_started(*LINE)
    assert commands(start, step_reused("a")) == (StartStep("b", 1),)
    assert commands(start, step_reused("a"), step_reused("b"), step_reused("c")) == (FinishRun("succeeded"),)


def test_a_step_that_the_plan_leaves_out_is_skipped_with_the_plans_reason():
    start = run_started(outline("a"), outline("b", action="skip", reason="not asked for (--only a)"))
    assert commands(start) == (SkipStep("b", "not asked for (--only a)", "selection"), StartStep("a", 1))
    skipped = StepSkipped(step="b", because="not asked for (--only a)")
    assert commands(start, skipped, *ran("a")) == (FinishRun("succeeded"),)


CANCEL = CancelRequested(by="api")


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ((), (CancelStep("a"), CancelStep("b"), CancelStep("c"))),
        ((step_started("a"),), (StopStep("a"), CancelStep("b"), CancelStep("c"))),
        ((*ran("a"),), (CancelStep("b"), CancelStep("c"))),
        ((*ran("a"), step_started("b")), (StopStep("b"), CancelStep("c"))),
        ((*ran("a"), *ran("b"), step_started("c")), (StopStep("c"),)),
        ((*ran("a"), *ran("b"), *ran("c")), (FinishRun("succeeded"),)),
        ((*broke("a"),), (CancelStep("b"), CancelStep("c"))),
    ],
    ids=["at once", "first runs", "between", "second runs", "last runs", "all done", "after a failure"],
)
def test_a_cancel_stops_what_runs_and_calls_off_the_rest(
    before: tuple[Event, ...], expected: tuple[Command, ...]
):
    assert commands(run_started(*LINE), *before, CANCEL) == expected


def test_a_cancelled_run_ends_when_its_last_step_has():
    start = run_started(outline("a"), outline("b"))
    stopping = (start, step_started("a"), step_started("b"), CANCEL, *(StepStopping(step=s) for s in "ab"))
    assert commands(*stopping) == ()
    assert commands(*stopping, StepCancelled(step="a", attempt=1)) == ()
    ended = (*stopping, StepCancelled(step="a", attempt=1), StepCancelled(step="b", attempt=1))
    assert commands(*ended) == (FinishRun("cancelled"),)


def test_nothing_starts_after_a_cancel():
    start = run_started(outline("a"), outline("b", "a"))
    stopping = (start, step_started("a"), CANCEL, StepStopping(step="a"), StepCancelled(step="b"))
    # The step came to its end before it was told.
    assert commands(*stopping, step_succeeded("a")) == (FinishRun("cancelled"),)


def test_a_cancel_that_came_too_late_changes_nothing():
    assert commands(run_started(outline("a")), step_started("a"), CANCEL, step_failed("a")) == (
        FinishRun("failed"),
    )


def test_a_kept_kernel_leaves_its_place_to_others_and_keeps_the_run_open():
    start = run_started(outline("a"), outline("b"), outline("c", "a"), jobs=1)
    assert commands(start, step_started("a")) == ()
    assert commands(start, step_started("a"), held("a")) == (StartStep("b", 1),)
    waiting = (start, step_started("a"), held("a"), *ran("b"))
    assert commands(*waiting) == ()
    assert commands(*waiting, step_succeeded("a")) == (StartStep("c", 1),)
    assert [type(each) for each in commands(*waiting, step_failed("a"))] == [SkipStep]
    assert commands(*waiting, CANCEL) == (StopStep("a"), CancelStep("c"))


def test_a_place_that_was_left_is_not_left_twice():
    start = run_started(outline("a"), outline("b"), outline("c"), outline("d"), jobs=1)
    told = (start, step_started("a"), held("a"), step_started("b"), step_succeeded("a"))
    assert commands(*told) == ()
    assert commands(*told, step_succeeded("b")) == (StartStep("c", 1),)


@pytest.mark.parametrize("end", [step_succeeded("a"), step_failed("a"), StepCancelled(step="a", attempt=1)])
def test_when_its_attempt_is_over_a_kernel_is_kept_no_more(end: Event):
    told = (run_started(outline("a")), step_started("a"), held("a"))
    assert is_held(after(*told).steps["a"])
    assert after(*told, end).steps["a"].held is None


def test_the_first_who_cancels_is_remembered():
    assert after(run_started(*LINE), CANCEL, CancelRequested(by="SIGINT")).cancel_by == "api"


def test_a_finished_run_wants_nothing():
    start = run_started(outline("a"))
    assert commands(start, *ran("a"), RunFinished(state="succeeded", seconds=1)) == ()


def test_another_attempt_is_numbered_on():
    start = run_started(outline("a"))
    first = (step_started("a"), StepStopping(step="a"), step_failed("a"))
    step = after(start, *first, step_started("a", 2)).steps["a"]
    assert (step.attempt, step.state, step.error, step.stopping) == (2, "running", None, False)


@pytest.mark.parametrize(
    "events",
    [
        (step_succeeded("a"),),
        (*ran("a"), step_failed("a")),
        (StepStopping(step="a"),),
        (CellStarted(step="a", attempt=1, cell=1, total=2),),
        (OutputSeen(step="a", attempt=1, line="x"),),
        (step_started("a"), step_started("a")),
        (step_started("a"), step_reused("a")),
        (step_started("a"), StepSkipped(step="a", because="x")),
        (*ran("a"), step_succeeded("a")),
        (*ran("a"), step_started("a", 2)),
        (*ran("a"), StepCancelled(step="a")),
        (*broke("a"), StepSkipped(step="a", because="x")),
        (step_reused("a"), step_started("a")),
        (StepSkipped(step="a", because="x"), step_started("a")),
        (StepCancelled(step="a"), step_started("a")),
        (step_started("nobody"),),
        (StepWarned(step="nobody", message="x"),),
    ],
    ids=lambda events: " ".join(f"{event.kind}:{event.step}" for event in events),
)
def test_an_event_that_cannot_follow_is_illegal(events: tuple[Event, ...]):
    legal, illegal = events[:-1], events[-1]
    state = after(run_started(outline("a")), *legal)
    with pytest.raises(IllegalEvent, match=r"nobody|expected"):
        fold(entries(illegal), state)


def test_events_of_a_newer_version_only_move_the_place_on():
    known = (run_started(*LINE), step_started("a"))
    plain, mixed = after(*known), after(*known, UnknownEvent(kind="step_teleported"))
    assert (mixed.steps, mixed.state, mixed.seq) == (plain.steps, plain.state, plain.seq + 1)


def test_progress_is_seen_and_asks_for_nothing():
    start = (run_started(outline("a")), step_started("a"))
    cell = CellStarted(step="a", attempt=1, cell=2, total=5)
    state = after(*start, cell, OutputSeen(step="a", attempt=1, line="epoch 3"))
    step = state.steps["a"]
    assert (step.cell, step.total, step.line) == (2, 5, "epoch 3")
    assert decide(state) == ()


def test_warnings_add_up_even_after_the_end():
    state = after(
        run_started(outline("a")), *ran("a"),
        StepWarned(step="a", message="one"), StepWarned(step="a", message="two"),
    )  # fmt: skip
    assert state.steps["a"].warnings == ("one", "two")


def test_tracking_and_its_loss_are_told():
    started = TrackingStarted(tracking_uri="sqlite:///x", experiment="e", mlflow_run_id="r")
    state = after(run_started(*LINE), started, TrackingLost(reason="away"))
    assert (state.mlflow_run_id, state.experiment, state.tracking_lost) == ("r", "e", "away")
