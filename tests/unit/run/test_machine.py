"""The machine in random weather: any graph, any outcomes, any order of ends, a cancel at any moment.

A tiny loop carries the commands out and looks at every invariant after every single event.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dagbook.run.commands import CancelStep, Command, FinishRun, SkipStep, StartStep, StopStep
from dagbook.run.decide import decide
from dagbook.run.events import (
    CancelRequested,
    CellStarted,
    Entry,
    Event,
    RunFinished,
    StepCancelled,
    StepFailed,
    StepHeld,
    StepSkipped,
    StepStopping,
    StepWarned,
)
from dagbook.run.facts import NodeError, StepOutline
from dagbook.run.state import BAD, FINAL, GOOD, RunState, apply, fold
from dagbook.testing import (
    MemoryJournal,
    outline,
    run_started,
    step_failed,
    step_reused,
    step_started,
    step_succeeded,
)

OUTCOMES = ("succeeded", "failed", "timed-out", "killed", "reused", "unprepared")
NOT_ASKED_FOR = "not asked for (--only other)"


@st.composite
def graphs(draw: st.DrawFn) -> tuple[StepOutline, ...]:
    """Up to twelve steps, each after what it needs."""
    steps: list[StepOutline] = []
    for index in range(draw(st.integers(1, 12))):
        earlier = [step.step for step in steps]
        needs = draw(st.lists(st.sampled_from(earlier), unique=True, max_size=3)) if earlier else []
        action = draw(st.sampled_from(["run", "run", "run", "reuse", "skip"]))
        reason = NOT_ASKED_FOR if action == "skip" else ""
        steps.append(outline(f"s{index}", *needs, action=action, reason=reason))
    return tuple(steps)


@dataclass
class Shell:
    """Carries commands out as the driver does, with chance in place of the world."""

    draw: st.DrawFn
    journal: MemoryJournal = field(default_factory=MemoryJournal)
    state: RunState = field(default_factory=RunState)
    open: list[str] = field(default_factory=list)
    started: set[tuple[str, int]] = field(default_factory=set)

    def happen(self, event: Event) -> None:
        self.state = apply(self.state, self.journal.append(event))
        check_invariants(self.state, self.journal.read())

    def carry_out(self, command: Command) -> None:
        match command:
            case StartStep(step=step, attempt=attempt):
                self.start(step, attempt)
            case StopStep(step=step):
                assert step in self.open
                self.happen(StepStopping(step=step))
            case SkipStep(step=step, because=because):
                self.happen(StepSkipped(step=step, because=because))
            case CancelStep(step=step):
                self.happen(StepCancelled(step=step))
            case FinishRun(state=state):
                assert self.open == []
                self.happen(RunFinished(state=state, seconds=1))

    def start(self, step: str, attempt: int) -> None:
        assert (step, attempt) not in self.started
        self.started.add((step, attempt))
        needs = self.state.steps[step].outline.needs
        assert all(self.state.steps[need].state in GOOD for need in needs)
        match self.draw(st.sampled_from(OUTCOMES)):
            case "reused":
                self.happen(step_reused(step))
            case "unprepared":
                self.happen(step_started(step, attempt))
                self.happen(step_failed(step, attempt))
            case _:
                self.happen(step_started(step, attempt))
                self.open.append(step)

    def listen(self) -> None:
        step = self.draw(st.sampled_from(self.open))
        if self.draw(st.booleans()):
            self.happen(CellStarted(step=step, attempt=1, cell=1, total=2))
        if not self.state.steps[step].held and self.draw(st.integers(0, 4)) == 0:
            error = NodeError(name="ValueError", value="no", cell=1)
            self.happen(StepHeld(step=step, attempt=1, error=error, until="", connection=""))
            return
        self.open.remove(step)
        outcome = self.draw(st.sampled_from(["succeeded", "failed", "timed-out", "killed"]))
        if outcome == "succeeded":
            self.happen(step_succeeded(step))
        elif self.state.steps[step].stopping:
            self.happen(StepCancelled(step=step, attempt=1))
        else:
            self.happen(step_failed(step, as_=outcome))  # type: ignore[arg-type]
        if self.draw(st.integers(0, 9)) == 0:
            self.happen(StepWarned(step=step, message="late"))


def check_invariants(state: RunState, entries: list[Entry]) -> None:
    running = [step for step in state.steps.values() if step.state == "running" and step.held is None]
    assert len(running) <= state.jobs
    assert fold(entries) == state
    for step in state.steps.values():
        needs = [state.steps[need].state for need in step.outline.needs]
        if step.state in GOOD | BAD | {"running"}:
            assert all(need in GOOD for need in needs), f"{step.outline.step} ran before its time"
        assert (step.started is not None) >= (step.state in BAD | {"running", "succeeded"})
        assert (step.finished is not None) == (step.state in FINAL)
        if step.state == "skipped":
            assert is_explained(state, step.outline, step.reason)
        if step.state == "cancelled":
            assert state.cancel_by is not None


def is_explained(state: RunState, step: StepOutline, reason: str) -> bool:
    """By the plan's own reason, or by an upstream step that is really in that state."""
    if step.action == "skip":
        return reason == NOT_ASKED_FOR
    said = {"failed": ("failed", "killed"), "timed out": ("timed-out",)}
    said |= {f"was {state}": (state,) for state in ("skipped", "cancelled", "lost")}
    return any(
        reason == f"upstream {need} {words}" and state.steps[need].state in states
        for need in step.needs
        for words, states in said.items()
    )


def expected_end(state: RunState) -> str:
    states = {step.state for step in state.steps.values()}
    if "cancelled" in states:
        return "cancelled"
    return "failed" if states & BAD else "succeeded"


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=graphs(), jobs=st.integers(1, 4), cancel_at=st.none() | st.integers(0, 20), data=st.data())
def test_every_run_ends_truly_whatever_happens(
    steps: tuple[StepOutline, ...], jobs: int, cancel_at: int | None, data: st.DataObject
):
    shell = Shell(data.draw)
    shell.happen(run_started(*steps, jobs=jobs))
    for turn in range(10 * len(steps) + 30):
        if turn == cancel_at:
            shell.happen(CancelRequested(by="api"))
        for command in decide(shell.state):
            shell.carry_out(command)
        if shell.state.state != "running":
            break
        if shell.open:
            shell.listen()
    end = shell.state
    assert end.state == expected_end(end), "the run did not come to its end"
    assert all(step.state in FINAL for step in end.steps.values())
    assert decide(end) == ()
    assert isinstance(shell.journal.read()[-1].event, RunFinished)


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=graphs(), jobs=st.integers(1, 4), data=st.data())
def test_without_cancel_only_failures_and_the_plan_keep_steps_from_running(
    steps: tuple[StepOutline, ...], jobs: int, data: st.DataObject
):
    shell = Shell(data.draw)
    shell.happen(run_started(*steps, jobs=jobs))
    while shell.state.state == "running":
        for command in decide(shell.state):
            shell.carry_out(command)
        if shell.open:
            shell.listen()
    states = shell.state.steps
    for step in states.values():
        blocked = [need for need in step.outline.needs if states[need].state not in GOOD]
        assert (step.state == "skipped") == bool(blocked or step.outline.action == "skip")
    failures = [e for e in shell.journal.read() if isinstance(e.event, StepFailed)]
    assert (shell.state.state == "failed") == bool(failures)
