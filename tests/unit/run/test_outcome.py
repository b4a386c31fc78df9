"""What people read when a run has ended."""

from __future__ import annotations

import pytest

from dagbook.run.outcome import is_due, notice, run_facts
from dagbook.run.state import RunState, fold
from dagbook.testing import entries, outline, run_started, step_failed, step_started, step_succeeded


def state(*events: object, steps: int = 3) -> RunState:
    return fold(entries(run_started(*(outline(f"s{n}") for n in range(steps))), *events))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("on", "outcomes"),
    [("exit", {"succeeded", "failed", "cancelled"}), ("success", {"succeeded"}), ("failure", {"failed"})],
)
def test_which_outcomes_a_hook_follows_on(on: str, outcomes: set[str]):
    assert {o for o in ("succeeded", "failed", "cancelled") if is_due(on, o)} == outcomes  # type: ignore[arg-type]


def test_a_good_run_needs_few_words():
    said = notice(state(step_started("s0"), step_succeeded("s0")), "succeeded", "/runs/r1")
    assert (said.title, said.is_good) == ("p succeeded", True)
    assert "dagbook show r1" in said.body
    assert "dagbook logs" not in said.body


def test_the_step_that_failed_first_is_the_one_that_is_named():
    events = [step_started("s2"), step_started("s1"), step_failed("s2"), step_failed("s1")]
    assert run_facts(state(*events), "failed", "/r")["failed_step"] == "s2"


def test_nothing_failed_is_null_and_no_text():
    facts = run_facts(state(), "cancelled", "/r")
    assert (facts["failed_step"], facts["failed_cell"], facts["error"]) == (None, None, None)


def test_fifty_failures_do_not_make_fifty_paragraphs():
    events = [event for n in range(50) for event in (step_started(f"s{n}"), step_failed(f"s{n}"))]
    said = notice(state(*events, steps=50), "failed", "/r")
    assert "… and 40 more steps failed." in said.body
    assert said.body.count("ValueError") == 10
