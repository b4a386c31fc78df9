"""What there is to say of a step while it runs and when it is over, in a shell and in a notebook."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from dagbook.api.phrases import seconds_text, time_of_day
from dagbook.run.approval import is_unanswered
from dagbook.run.holding import is_held
from dagbook.run.state import BAD, StepState


def most_telling(steps: Sequence[StepState], most: int) -> list[StepState]:
    """At most so many steps, in their order: those that run, that went wrong, that wait, then the others."""

    def rank(step: StepState) -> int:
        if step.state == "running" or is_unanswered(step):
            return 0
        return 1 if step.state in BAD else 2 if step.state == "pending" else 3

    chosen = {id(step) for step in sorted(steps, key=rank)[:most]}
    return [step for step in steps if id(step) in chosen]


def elapsed(step: StepState) -> str:
    """How long it took, or has been running."""
    if step.state == "running" and step.started:
        # The clock may have been set back since.
        since = (datetime.now(UTC) - datetime.fromisoformat(step.started)).total_seconds()
        return seconds_text(max(0.0, since))
    return seconds_text(step.seconds)


def remark(step: StepState) -> str:
    """Where it is, what went wrong, why it did not run, or the numbers that it published; one line."""
    if step.held is not None and is_held(step):
        error = step.held.error
        return f"kernel kept until {time_of_day(step.held.until)}: {error.name}: {first_line(error.value)}"
    if step.state == "running":
        where = f"cell {step.cell} of {step.total}" if step.total else "starting its kernel"
        return f"{where}  {step.line}".rstrip()
    if step.state == "pending" and step.waiting:
        return f"waits for {step.waiting}"
    if step.error is not None:
        return f"{step.error.name}: {first_line(step.error.value)}"
    if step.state in {"skipped", "reused"}:
        return step.reason
    if step.by_hand:
        return f"finished by hand by {step.by_hand}"
    if step.stopped_early:
        return f"stopped early at cell {step.stopped_early}"
    numbers = [
        f"{name}={output.value:.4g}"
        for name, output in step.outputs.items()
        if isinstance(output.value, int | float) and not isinstance(output.value, bool)
    ]
    return "  ".join(numbers[:4])


def first_line(text: str) -> str:
    """The first line of a text, which may be empty."""
    return next(iter(text.splitlines()), "")
