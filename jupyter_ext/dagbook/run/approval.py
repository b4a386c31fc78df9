"""What a question to a person, and the answer, mean for a step. Twin of `approval.ts` in the front end."""

from __future__ import annotations

from dataclasses import replace

from dagbook.run.events import ApprovalEnded, ApprovalRequested
from dagbook.run.steps import GOOD, Approval, StepState, StepStatus

WAITS = "approval: "
"""How `waiting` begins of a step that was asked about."""


def approval_requested(step: StepState, event: ApprovalRequested, at: str) -> StepState:
    """The step waits for an answer."""
    asked = Approval(message=event.message, by=event.by, timeout=event.timeout, asked=at)
    return replace(step, approval=asked, waiting=waiting_for(asked))


def approval_ended(step: StepState, event: ApprovalEnded, at: str) -> StepState:
    """The step may run, or it is over."""
    asked = step.approval or Approval(message="", asked=at)
    answered = replace(asked, answer=event.as_, who=event.by, comment=event.comment, answered=at)
    if event.as_ == "approved":
        return replace(step, approval=answered, waiting="")
    state: StepStatus = "timed-out" if event.as_ == "timed-out" else "failed"
    return replace(
        step, approval=answered, waiting="", state=state, finished=at, error=event.error, retry_in=None
    )


def is_unanswered(step: StepState) -> bool:
    """Whether somebody was asked about the step, and has not answered yet."""
    return step.state == "pending" and step.approval is not None and not step.approval.answer


def approval_when_planned_again(step: StepState, *, same_inputs: bool) -> Approval | None:
    """What is left of a question when its step is done again.

    One yes is for one success with these inputs; a no, and no answer, are asked about again.
    """
    asked = step.approval
    if asked is None or not same_inputs or step.state in GOOD or asked.answer in {"rejected", "timed-out"}:
        return None
    return asked


def waiting_for(asked: Approval | None) -> str:
    """What the step waits for, in words; empty when it does not."""
    return f"{WAITS}{asked.message}" if asked is not None and not asked.answer else ""
