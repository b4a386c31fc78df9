"""Which steps are done again when a run is taken up."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dagbook.run.again import to_do_again, unfinished, with_downstream
from dagbook.run.events import Entry, RunFinished, RunResumed, StepSkipped
from dagbook.run.state import IllegalEvent, RunState, fold
from dagbook.testing import outline, run_started, step_failed, step_started, step_succeeded

# a → b → c, and x beside them; y was never asked for.
STEPS = (
    outline("a"),
    outline("b", "a"),
    outline("c", "b"),
    outline("x"),
    outline("y", "x", action="skip", reason="not asked for"),
)


def state_of(**states: str) -> RunState:
    """A run whose steps stand like that."""
    begun = fold([Entry(seq=1, at="t", event=run_started(*STEPS))])
    steps = {
        name: replace(step, state=states.get(name, "succeeded"))  # type: ignore[arg-type]
        for name, step in begun.steps.items()
    }
    return replace(begun, steps=steps)


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ({}, ()),
        ({"y": "skipped"}, ()),
        ({"b": "failed", "c": "skipped", "y": "skipped"}, ("b", "c")),
        ({"b": "lost", "c": "pending"}, ("b", "c")),
        ({"b": "running", "c": "pending"}, ("b", "c")),
        ({"b": "timed-out", "c": "succeeded"}, ("b",)),
        ({"a": "cancelled", "b": "cancelled", "c": "cancelled", "x": "cancelled"}, ("a", "b", "c", "x")),
        ({"a": "reused", "b": "killed"}, ("b",)),
    ],
)
def test_what_has_no_result_is_unfinished(states: dict[str, str], expected: tuple[str, ...]):
    assert unfinished(state_of(**states)) == expected
    assert to_do_again(state_of(**states)) == expected


@pytest.mark.parametrize(
    ("steps", "expected"),
    [({"a"}, ("a", "b", "c")), ({"b"}, ("b", "c")), ({"c"}, ("c",)), ({"x"}, ("x",)), (set(), ())],
)
def test_a_named_step_takes_what_follows_it_along(steps: set[str], expected: tuple[str, ...]):
    assert with_downstream(state_of(), steps) == expected


def test_what_a_dead_driver_left_open_is_done_whatever_is_named():
    state = state_of(x="lost", b="failed", c="skipped")
    assert to_do_again(state, {"b"}) == ("b", "c", "x")


def test_a_run_that_is_taken_up_forgets_its_end_but_counts_attempts_on():
    events = (
        run_started(*STEPS[:2]),
        step_started("a"),
        step_succeeded("a", n=1),
        step_started("b"),
        step_failed("b"),
        RunFinished(state="failed", seconds=3),
        RunResumed(steps=("b",), jobs=7, pid=1, host="h"),
    )
    state = fold(Entry(seq=seq, at=f"t{seq}", event=event) for seq, event in enumerate(events, 1))
    assert (state.state, state.finished, state.seconds, state.jobs) == ("running", None, None, 7)
    assert (state.steps["a"].state, list(state.steps["a"].outputs)) == ("succeeded", ["n"])
    b = state.steps["b"]
    assert (b.state, b.attempt, b.error, b.finished, b.folder) == ("pending", 1, None, None, "")


def test_a_run_cannot_be_taken_up_with_a_step_that_was_not_planned():
    events = (run_started(outline("a")), StepSkipped(step="a", because="so"))
    state = fold(Entry(seq=seq, at="t", event=event) for seq, event in enumerate(events, 1))
    resumed = RunResumed(steps=("nobody",), jobs=1, pid=1, host="h")
    with pytest.raises(IllegalEvent, match="nobody"):
        fold([Entry(seq=3, at="t", event=resumed)], state)
