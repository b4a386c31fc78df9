"""Whether a step may run, by what became of those that it needs: its `run_if`, and the run's `fail_fast`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from dagbook.pipeline.rules import RunIf
from dagbook.run.events import SkipCause
from dagbook.run.state import RunState
from dagbook.run.steps import BAD, GOOD, StepState

Standing = Literal["open", "good", "unneeded", "bad"]


@dataclass(frozen=True)
class Wait:
    """Something that it needs is not over yet."""


@dataclass(frozen=True)
class Go:
    """It may run."""


@dataclass(frozen=True)
class Omit:
    """It will not run, because of this."""

    because: str
    cause: SkipCause = "upstream"


Verdict = Wait | Go | Omit

WAIT: Final = Wait()
GO: Final = Go()


def standing(step: StepState) -> Standing:
    """What a step means to those that need it. One whose condition did not hold is in nobody's way."""
    if step.state in {"pending", "running"}:
        return "open"
    if step.state in GOOD:
        return "good"
    return "unneeded" if step.skipped_by == "condition" else "bad"


def judge(state: RunState, step: StepState, by_needs: Callable[[], Verdict]) -> Verdict:
    """What a pending step may do; `by_needs` is asked for `judge_needs`, which may be known already."""
    if step.outline.action == "skip":
        return Omit(step.outline.reason, "selection")
    run_if = state.rules_of(step).run_if
    # What a step was expanded into waits for nothing more.
    verdict = GO if step.outline.group else by_needs()
    if isinstance(verdict, Omit):
        return verdict
    stopped_by = state.failed_first if state.limits.fail_fast else None
    # An attempt that was promised is made, and whoever deals with failures is not stopped by one.
    if stopped_by is not None and step.retry_in is None and run_if in {"success", "any"}:
        return Omit(f"{words_of(state.steps[stopped_by])}, and the pipeline is to fail fast")
    return verdict


def judge_needs(state: RunState, needs: tuple[str, ...], run_if: RunIf) -> Verdict:
    """What a step with these needs may do, whatever else there is to say of it."""
    steps = [state.steps[need] for need in needs]
    if run_if == "success":
        blocking = next((step for step in steps if standing(step) == "bad"), None)
        if blocking is not None:
            return Omit(f"upstream {words_of(blocking)}")
    found = {standing(step) for step in steps}
    if "open" in found:
        return WAIT
    if run_if == "failure" and "bad" not in found:
        return Omit("nothing that it needs failed (run_if: failure)", "condition")
    if run_if == "any" and "good" not in found and needs:
        return Omit("nothing that it needs succeeded (run_if: any)")
    return GO


def words_of(step: StepState) -> str:
    """What became of a step, to say it of another: `prepare timed out`."""
    name = step.outline.step
    if step.state in BAD:
        return f"{name} {'timed out' if step.state == 'timed-out' else 'failed'}"
    return f"{name} was {step.state}"
