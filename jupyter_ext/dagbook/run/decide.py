"""What follows from the state of a run: a pure function, called after every event.

Every command is answered at once by an event that changes the state, so nothing is asked for twice.
"""

from __future__ import annotations

from collections.abc import Iterator

from dagbook.run.commands import CancelStep, Command, FinishRun, SkipStep, StartStep, StopStep
from dagbook.run.events import RunEnd
from dagbook.run.state import BAD, GOOD, RunState, StepState


def decide(state: RunState) -> tuple[Command, ...]:
    """The commands that are due, in order; empty while there is nothing to do but wait."""
    if state.state != "running" or not state.steps:
        return ()
    due = tuple(_cancel(state)) if state.cancel_by is not None else (*_skips(state), *_starts(state))
    if not due and not any(step.state in {"pending", "running"} for step in state.steps.values()):
        return (FinishRun(_end(state)),)
    return due


def _cancel(state: RunState) -> Iterator[Command]:
    for name, step in state.steps.items():
        if step.state == "pending":
            yield CancelStep(name)
        elif step.state == "running" and not step.stopping:
            yield StopStep(name)


def _skips(state: RunState) -> Iterator[Command]:
    for name, step in state.steps.items():
        if step.state != "pending":
            continue
        if step.outline.action == "skip":
            yield SkipStep(name, step.outline.reason)
        elif because := _blocked_by(state, step):
            yield SkipStep(name, because)


def _starts(state: RunState) -> Iterator[Command]:
    free = state.jobs - sum(step.state == "running" for step in state.steps.values())
    for name, step in state.steps.items():
        if free <= 0:
            return
        if step.state != "pending" or step.outline.action == "skip":
            continue
        if all(state.steps[need].state in GOOD for need in step.outline.needs):
            free -= 1
            yield StartStep(name, step.attempt + 1)


def _blocked_by(state: RunState, step: StepState) -> str | None:
    for need in step.outline.needs:
        upstream = state.steps[need]
        if upstream.state in BAD:
            return f"upstream {need} {'timed out' if upstream.state == 'timed-out' else 'failed'}"
        if upstream.state in {"skipped", "cancelled", "lost"}:
            return f"upstream {need} was {upstream.state}"
    return None


def _end(state: RunState) -> RunEnd:
    states = {step.state for step in state.steps.values()}
    if state.cancel_by is not None and "cancelled" in states:
        return "cancelled"
    return "failed" if states & BAD else "succeeded"
