"""What it means for a step that its kernel is kept after a failure. Twin of `holding.ts` in the front end."""

from __future__ import annotations

from dagbook.run.copying import changed
from dagbook.run.events import StepHeld
from dagbook.run.steps import Held, StepState


def step_held(step: StepState, event: StepHeld, at: str) -> StepState:
    """The attempt neither goes on nor is over: its kernel waits for a person."""
    held = Held(error=event.error, since=at, until=event.until, connection=event.connection)
    return changed(step, held=held)


def is_held(step: StepState) -> bool:
    """Whether a kernel is kept for a person now."""
    return step.state == "running" and step.held is not None
