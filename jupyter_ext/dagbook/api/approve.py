"""Answering for a step that waits for a person."""

from __future__ import annotations

import time
from typing import Any

from dagbook.api.run import Run, not_writable, run_of
from dagbook.engine.approvals import GivenAnswer, leave_answer
from dagbook.engine.writer import user_name
from dagbook.errors import Finding, InvalidInput, NotFound, did_you_mean
from dagbook.run.approval import is_unanswered
from dagbook.run.state import RunState
from dagbook.run.steps import StepState

LONGEST_COMMENT = 2000
_PAUSE = 0.05


def approve(
    run: Run | str,
    step: str | None = None,
    *,
    reject: bool = False,
    comment: str = "",
    by: str | None = None,
    wait: float = 10.0,
) -> tuple[dict[str, Any], ...]:
    """Answer what a run asks: its step may run, or, with `reject`, it may not, and has failed.

    Args:
        run: a run, its id, the beginning of one.
        step: a step that waits, or a node for all of its steps that do; needed when several nodes wait.
        reject: say no.
        comment: why; it stands in the journal with who said it.
        by: in whose name; the user's own when None.
        wait: seconds until the driver has to have heard of it; of a run without one nobody waits.

    Returns:
        For each step `step`, `answer` (`approved`, `rejected`, or empty while no driver has heard of it)
        and `by`.

    Raises:
        NotFound: there is no such run or step.
        InvalidInput: nobody was asked, or somebody else was.
        EnvironmentFault: the run's folder cannot be written.
    """
    run = run_of(run)
    who = by or user_name()
    state = run.state
    asked = _asked(run, state, step)
    for one in asked:
        _may_answer(one, who)
    if len(comment) > LONGEST_COMMENT:
        raise _wrong(
            "comment-too-long", f"the comment has more than {LONGEST_COMMENT:,} characters", "cut it"
        )
    try:
        for one in asked:
            assert one.approval is not None
            leave_answer(
                run.folder,
                GivenAnswer(
                    step=one.outline.step, asked=one.approval.asked, approved=not reject, by=who,
                    comment=comment,
                ),
            )  # fmt: skip
    except OSError as error:
        raise not_writable(error, run.folder) from error
    names = [one.outline.step for one in asked]
    return _heard(run, names, wait if state.state == "running" else 0.0)


def _asked(run: Run, state: RunState, step: str | None) -> list[StepState]:
    waiting = [one for one in state.steps.values() if is_unanswered(one)]
    if state.state not in {"running", "interrupted"}:
        waiting = []
    if step is None:
        nodes = list(dict.fromkeys(one.outline.node for one in waiting))
        if len(nodes) > 1:
            message = f"{len(nodes)} nodes of run {run.id} wait for an answer: {', '.join(nodes)}"
            raise _wrong("several-questions", message, f"say which: `dagbook approve {run.id} {nodes[0]}`")
        if not waiting:
            message = f"nothing in run {run.id} waits for an answer; it is {state.state}"
            raise _wrong("no-question", message, "`dagbook show` tells how its steps stand")
        return waiting
    named = [one for one in state.steps.values() if step in {one.outline.step, one.outline.node}]
    if not named:
        raise NotFound(
            Finding(
                code="unknown-step", message=f"run {run.id} has no step '{step}'",
                remedy=did_you_mean(step, state.steps),
            )
        )  # fmt: skip
    found = [one for one in named if one in waiting]
    if not found:
        raise _wrong("no-question", _why_not(named[0]), "`dagbook show` tells how its steps stand")
    return found


def _why_not(step: StepState) -> str:
    name, approval = step.outline.step, step.approval
    if approval is not None and approval.answer:
        by = f" by {approval.who}" if approval.who else ""
        return f"'{name}' was {approval.answer}{by} already; it is {step.state}"
    return f"'{name}' does not wait for an answer; it is {step.state}"


def _may_answer(step: StepState, who: str) -> None:
    assert step.approval is not None
    allowed = step.approval.by
    if allowed and who not in allowed:
        message = f"'{step.outline.step}' waits for an answer of {', '.join(allowed)}, and you are {who}"
        raise _wrong("not-asked", message, "ask one of them, or name yourself under `approve: {by: …}`")


def _heard(run: Run, names: list[str], wait: float) -> tuple[dict[str, Any], ...]:
    """What the driver made of the answers; the first answer to a question is the one that counts."""
    until = time.monotonic() + wait
    while True:
        steps = run.state.steps
        approvals = [(name, steps[name].approval) for name in names]
        if all(asked is None or asked.answer for _, asked in approvals) or time.monotonic() >= until:
            return tuple(
                {"step": name, "answer": asked.answer if asked else "", "by": asked.who if asked else ""}
                for name, asked in approvals
            )
        time.sleep(_PAUSE)


def _wrong(code: str, message: str, remedy: str) -> InvalidInput:
    return InvalidInput(Finding(code=code, message=message, remedy=remedy))
