"""Conversations about retries, run_if, foreach, limits and fail-fast: what was told, and what follows."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dagbook.pipeline.rules import Limits, Retries, Rules
from dagbook.run.commands import CancelStep, Command, ExpandStep, FinishRun, GatherStep, SkipStep, StartStep
from dagbook.run.decide import decide
from dagbook.run.events import (
    CancelRequested,
    Event,
    RunStarted,
    StepCancelled,
    StepExpanded,
    StepSkipped,
    StepSucceeded,
    StepWaiting,
)
from dagbook.run.facts import StepOutline
from dagbook.run.machine import Machine
from dagbook.run.state import RunState, Steps, StepState, fold
from dagbook.testing import (
    MemoryJournal,
    entries,
    outline,
    run_started,
    step_failed,
    step_started,
    step_succeeded,
)


def begun(*steps: StepOutline, jobs: int = 2, limits: Limits | None = None, **rules: Rules) -> RunStarted:
    started = run_started(*steps, jobs=jobs)
    return started.model_copy(update={"rules": rules, "limits": limits or Limits()})


def after(*events: Event) -> RunState:
    return fold(entries(*events))


def commands(*events: Event, resting: tuple[str, ...] = ()) -> tuple[Command, ...]:
    return decide(after(*events), resting)


def ran(step: str) -> tuple[Event, Event]:
    return step_started(step), step_succeeded(step)


def broke(step: str) -> tuple[Event, Event]:
    return step_started(step), step_failed(step)


def tried(step: str, attempt: int, wait: float = 10.0) -> tuple[Event, Event]:
    failed = step_failed(step, attempt).model_copy(update={"retry_in": wait})
    return step_started(step, attempt), failed


# --- retries --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("retries", "waits"),
    [
        (Retries(), [None]),
        (Retries(limit=2), [0, 0, None]),
        (Retries(limit=3, backoff=10), [10, 20, 40, None]),
        (Retries(limit=3, backoff=10, factor=1), [10, 10, 10, None]),
        (Retries(limit=4, backoff=10, factor=3, max_backoff=60), [10, 30, 60, 60, None]),
        (Retries(limit=3, backoff=1, factor=1000, max_backoff=5), [1, 5, 5, None]),
    ],
)
def test_each_wait_is_longer_until_there_is_no_further_attempt(retries: Retries, waits: list[float | None]):
    assert [retries.wait(n, "failed", "OSError") for n in range(1, len(waits) + 1)] == waits


def test_a_wait_that_no_number_can_hold_is_the_longest():
    assert Retries(limit=1000, backoff=1, factor=1000, max_backoff=7).wait(900, "failed", "E") == 7


@pytest.mark.parametrize(
    ("on", "as_", "error", "again"),
    [
        ((), "failed", "OSError", True),
        ((), "killed", "WorkerDied", True),
        ((), "timed-out", "Timeout", True),
        (("OSError",), "failed", "OSError", True),
        (("OSError",), "failed", "ValueError", False),
        (("killed",), "killed", "WorkerDied", True),
        (("killed",), "failed", "OSError", False),
        (("timed-out", "KeyError"), "timed-out", "Timeout", True),
        ((), "failed", "WrongParameter", False),
        ((), "failed", "WrongInput", False),
        (("failed",), "failed", "WrongInput", False),
        (("WrongInput",), "failed", "WrongInput", True),
    ],
)
def test_a_retry_is_for_the_failures_that_are_named(on: tuple[str, ...], as_: str, error: str, again: bool):
    assert (Retries(limit=1, on=on).wait(1, as_, error) is not None) == again


def test_a_step_that_is_tried_again_blocks_nobody_and_holds_no_place():
    start = begun(outline("a"), outline("b", "a"), outline("x"), jobs=1)
    state = after(start, *tried("a", 1))
    assert (state.steps["a"].state, state.steps["a"].attempt) == ("pending", 1)
    assert state.steps["a"].error is not None
    assert decide(state, resting=("a",)) == (StartStep("x", 1),)
    assert decide(state) == (StartStep("a", 2),)


def test_the_last_attempt_decides():
    start = begun(outline("a"), outline("b", "a"))
    assert commands(start, *tried("a", 1), *broke("a")[:1], step_failed("a", 2)) == (
        SkipStep("b", "upstream a failed"),
    )
    good = (start, *tried("a", 1), step_started("a", 2), step_succeeded("a", 2))
    assert commands(*good) == (StartStep("b", 1),)
    assert after(*good).steps["a"].error is None


def test_a_step_that_is_to_be_tried_again_can_be_cancelled():
    assert commands(begun(outline("a")), *tried("a", 1), CancelRequested(by="api")) == (CancelStep("a"),)


# --- run_if ---------------------------------------------------------------------------------------------

BY_OUTCOME: dict[str, tuple[Event, ...]] = {
    "good": ran("a"),
    "bad": broke("a"),
    "omitted": (StepSkipped(step="a", because="upstream z failed"),),
    "off": (StepSkipped(step="a", because="when: x does not hold", cause="condition"),),
}
GO = StartStep("c", 1)


@pytest.mark.parametrize(
    ("run_if", "first", "expected"),
    [
        ("success", "good", GO),
        ("success", "off", GO),
        ("success", "bad", SkipStep("c", "upstream a failed")),
        ("success", "omitted", SkipStep("c", "upstream a was skipped")),
        ("failure", "good", SkipStep("c", "nothing that it needs failed (run_if: failure)", "condition")),
        ("failure", "off", SkipStep("c", "nothing that it needs failed (run_if: failure)", "condition")),
        ("failure", "bad", GO),
        ("failure", "omitted", GO),
        ("always", "good", GO),
        ("always", "bad", GO),
        ("always", "omitted", GO),
        ("any", "good", GO),
        ("any", "bad", GO),
    ],
)
def test_a_step_runs_by_what_its_upstream_came_to(run_if: str, first: str, expected: Command):
    """The other one that it needs went well."""
    rules = Rules.model_validate({"run_if": run_if})
    start = begun(outline("a"), outline("b"), outline("c", "a", "b"), c=rules)
    assert commands(start, *BY_OUTCOME[first], *ran("b")) == (expected,)


def test_any_needs_one_that_went_well():
    start = begun(outline("a"), outline("b"), outline("c", "a", "b"), c=Rules(run_if="any"))
    assert commands(start, *broke("a"), *broke("b")) == (
        SkipStep("c", "nothing that it needs succeeded (run_if: any)"),
    )


@pytest.mark.parametrize("run_if", ["failure", "always", "any"])
def test_whoever_looks_at_the_outcome_waits_for_all_of_it(run_if: str):
    rules = Rules.model_validate({"run_if": run_if})
    start = begun(outline("a"), outline("b"), outline("c", "a", "b"), c=rules)
    assert commands(start, *broke("a"), step_started("b")) == ()


def test_a_failure_that_somebody_deals_with_is_still_one():
    start = begun(outline("a"), outline("mend", "a"), mend=Rules(run_if="failure"))
    assert commands(start, *broke("a"), *ran("mend")) == (FinishRun("failed"),)


# --- fail_fast, concurrency and resources ---------------------------------------------------------------


def test_failing_fast_starts_nothing_new_but_what_deals_with_failures():
    start = begun(
        outline("a"), outline("x"), outline("y", "x"), outline("tidy", "a", "y"),
        limits=Limits(fail_fast=True), tidy=Rules(run_if="always"),
    )  # fmt: skip
    running = (start, step_started("a"), step_started("x"), step_failed("a"))
    because = "a failed, and the pipeline is to fail fast"
    assert commands(*running) == (SkipStep("y", because),)
    rest = (*running, StepSkipped(step="y", because=because), step_succeeded("x"))
    assert commands(*rest) == (StartStep("tidy", 1),)


def test_failing_fast_waits_for_the_last_attempt():
    start = begun(outline("a"), outline("x"), jobs=1, limits=Limits(fail_fast=True))
    assert commands(start, *tried("a", 1), resting=("a",)) == (StartStep("x", 1),)


def test_a_node_has_no_more_steps_at_once_than_it_says():
    steps = (outline("m[0]"), outline("m[1]"), outline("m[2]"), outline("n"))
    start = begun(*steps, jobs=4, m=Rules(concurrency=1))
    assert commands(start) == (StartStep("m[0]", 1), StartStep("n", 1))
    assert commands(start, step_started("m[0]"), step_started("n")) == ()
    assert commands(start, *ran("m[0]"), step_started("n")) == (StartStep("m[1]", 1),)


MACHINE = Limits(cpu=4, memory=8)


@pytest.mark.parametrize(
    ("asked", "started"),
    [
        ([2, 2, 1], ["n0", "n1"]),
        ([3, 2, 1], ["n0"]),
        ([1, 1, 1, 1, 1], ["n0", "n1", "n2", "n3"]),
        ([0.1] * 3 + [3.7], ["n0", "n1", "n2", "n3"]),
        ([3, 0, 0], ["n0", "n1", "n2"]),
        ([3, 2, 0], ["n0", "n2"]),
        ([9, 1], ["n0"]),
        ([1, 9, 1, 0], ["n0"]),
    ],
    ids=str,
)
def test_the_machine_is_not_overcommitted(asked: list[float], started: list[str]):
    """Nobody overtakes among those who ask; who asks for more than there is waits for an empty machine."""
    steps = [outline(f"n{index}") for index in range(len(asked))]
    rules = {f"n{index}": Rules(cpu=cpu) for index, cpu in enumerate(asked)}
    found = commands(begun(*steps, jobs=9, limits=MACHINE, **rules))
    assert found == tuple(StartStep(name, 1) for name in started)


def test_memory_counts_like_processors():
    start = begun(outline("a"), outline("b"), limits=MACHINE, a=Rules(memory=5), b=Rules(memory=4))
    assert commands(start) == (StartStep("a", 1),)
    assert commands(start, *ran("a")) == (StartStep("b", 1),)


def test_nothing_starts_beside_a_step_that_asks_for_more_than_there_is():
    start = begun(outline("a"), outline("b"), limits=MACHINE, a=Rules(cpu=9))
    assert commands(start, step_started("a")) == ()
    assert commands(start, *ran("a")) == (StartStep("b", 1),)


# --- locks ----------------------------------------------------------------------------------------------


def test_a_step_that_waits_for_a_lock_lets_others_pass_until_it_is_woken():
    machine = Machine()
    start = begun(outline("a"), outline("b"), jobs=1)
    for entry in entries(start, StepWaiting(step="a", why="mutex gpu, held by x")):
        machine.apply(entry)
    assert machine.resting == {"a"}
    assert machine.due() == (StartStep("b", 1),)
    machine.wake("a")
    assert machine.due() == (StartStep("a", 1),)


# --- foreach --------------------------------------------------------------------------------------------

FOREACH = (outline("list"), outline("f", "list"), outline("end", "f"))
EACH = Rules(foreach=True)


def expanded(count: int, tolerate: int = 0) -> tuple[Event, ...]:
    rules = Rules(foreach=True, tolerate=tolerate)
    return (begun(*FOREACH, f=rules), *ran("list"), StepExpanded(step="f", items=tuple(range(count))))


def test_a_foreach_is_expanded_when_its_upstream_has_published():
    start = begun(*FOREACH, f=EACH)
    assert commands(start) == (StartStep("list", 1),)
    assert commands(start, *ran("list")) == (ExpandStep("f"),)
    state = after(*expanded(3))
    assert list(state.steps) == ["list", "f", "f[0]", "f[1]", "f[2]", "end"]
    assert state.steps["f[1]"].outline.item == {"item": 1}
    assert decide(state) == (StartStep("f[0]", 1), StartStep("f[1]", 1))


def test_a_foreach_over_nothing_is_gathered_at_once():
    assert commands(*expanded(0)) == (GatherStep("f"),)
    done = (*expanded(0), StepSucceeded(step="f", attempt=0, seconds=0))
    assert commands(*done) == (StartStep("end", 1),)


def test_a_foreach_is_gathered_when_all_that_it_became_is_over():
    events = (*expanded(2), *ran("f[0]"))
    assert commands(*events) == (StartStep("f[1]", 1),)
    assert commands(*events, *broke("f[1]")) == (GatherStep("f"),)
    group = after(*events, *broke("f[1]")).steps["f"]
    assert (group.items, group.ended, group.bad) == (2, 2, 1)


def test_a_failure_that_is_tolerated_fails_no_run():
    events = (*expanded(2, tolerate=1), *ran("f[0]"), *broke("f[1]"))
    done = (*events, StepSucceeded(step="f", attempt=0, seconds=1), *ran("end"))
    assert commands(*done) == (FinishRun("succeeded"),)
    assert after(*done).failed_first is None


def test_a_failure_beyond_what_is_tolerated_fails_the_run():
    events = (*expanded(2, tolerate=1), *broke("f[0]"), *broke("f[1]"))
    assert after(*events).failed_first == "f[1]"
    failed = step_failed("f", 0)
    assert commands(*events, failed) == (SkipStep("end", "upstream f failed"),)


def test_a_cancel_calls_off_what_a_foreach_became_and_then_itself():
    events = (*expanded(2), *ran("f[0]"), CancelRequested(by="api"))
    assert commands(*events) == (CancelStep("f[1]"), CancelStep("end"))
    ended = (*events, StepCancelled(step="f[1]"), StepCancelled(step="end"))
    assert commands(*ended) == (GatherStep("f"),)
    assert commands(*ended, StepCancelled(step="f")) == (FinishRun("cancelled"),)


def test_what_a_foreach_became_is_counted_right_when_one_of_them_runs_again():
    """As a retry of a finished run does it."""
    events = (*expanded(1), *broke("f[0]"), step_started("f[0]", 2))
    group = after(*events).steps["f"]
    assert (group.ended, group.bad) == (0, 0)


def test_elements_with_names_are_shown_by_them_and_files_as_one():
    items = ({"depth": 2}, {"$date": "2026-01-01"}, {}, [1])
    events = (begun(*FOREACH, f=EACH), *ran("list"), StepExpanded(step="f", items=items))
    shown = [after(*events).steps[f"f[{index}]"].outline.item for index in range(4)]
    assert shown == [{"depth": 2}, {"item": {"$date": "2026-01-01"}}, {}, {"item": [1]}]


def test_a_large_graph_costs_in_proportion_to_its_steps(monkeypatch: pytest.MonkeyPatch):
    """Counted in looks at steps, not in time: a run of 2,000 looks at each a few dozen times, not 2,000."""
    count = 2_000
    machine = Machine()
    looked = 0
    get, every = Steps.__getitem__, Steps.every

    def counted_get(self: Steps, name: str) -> StepState:
        nonlocal looked
        looked += 1
        return get(self, name)

    def counted_every(self: Steps) -> Iterator[StepState]:
        nonlocal looked
        looked += len(self)
        return every(self)

    monkeypatch.setattr(Steps, "__getitem__", counted_get)
    monkeypatch.setattr(Steps, "every", counted_every)
    steps = [outline(f"n{i}", *([f"n{i - 100}"] if i >= 100 else [])) for i in range(count)]
    journal = MemoryJournal()
    machine.apply(journal.append(begun(*steps)))
    while (due := machine.due()) != (FinishRun("succeeded"),):
        for command in due:
            assert isinstance(command, StartStep)
            for event in ran(command.step):
                machine.apply(journal.append(event))
    assert count < looked < count * 50
