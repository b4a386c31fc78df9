"""Steps as a driver finds them that takes up a run: what is done again, and what a `foreach` had become."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from dagbook.run.approval import approval_when_planned_again, waiting_for
from dagbook.run.steps import BAD, FINAL, Steps, StepState


def taken_up(steps: Steps, again: frozenset[str]) -> Steps:
    """The steps with those in `again` as planned, and their attempts counted on."""
    return Steps(_taken_up(steps, again))


def _taken_up(steps: Steps, again: frozenset[str]) -> Iterator[StepState]:
    for step in steps.every():
        name, group = step.outline.step, step.outline.group
        if group:
            if not _is_expanded_anew(steps[group], again):
                yield planned_again(step) if name in again else step
        elif name not in again:
            yield step
        elif step.items is None or _is_expanded_anew(step, again):
            asked = approval_when_planned_again(step, same_inputs=again.isdisjoint(step.outline.needs))
            yield replace(_before_expansion(steps, step), approval=asked, waiting=waiting_for(asked))
        else:
            yield _goes_on(steps, step, again)


def planned_again(step: StepState) -> StepState:
    """As planned, but that attempts are counted on: no two ever share a folder."""
    return StepState(
        outline=step.outline, reason=step.outline.reason, attempt=step.attempt, tried=step.attempt,
        value=step.value,
    )  # fmt: skip


def _is_expanded_anew(group: StepState, again: frozenset[str]) -> bool:
    """Whether the list itself may be another: what published it is done again."""
    return group.outline.step in again and not again.isdisjoint(group.outline.needs)


def _before_expansion(steps: Steps, step: StepState) -> StepState:
    attempts = step.attempts
    if step.items is not None:
        attempts = tuple(child.attempt for child in children_of(steps, step))
    return replace(planned_again(step), attempts=attempts)


def _goes_on(steps: Steps, group: StepState, again: frozenset[str]) -> StepState:
    """A step that was expanded keeps what it became; only some of that is done again."""
    children = [child for child in children_of(steps, group) if child.outline.step not in again]
    return replace(
        group,
        state="running",
        finished=None,
        seconds=None,
        error=None,
        stopping=False,
        reason=group.outline.reason,
        skipped_by=None,
        ended=sum(child.state in FINAL for child in children),
        bad=sum(child.state in BAD for child in children),
    )


def children_of(steps: Steps, group: StepState) -> list[StepState]:
    """What a step was expanded into, in order."""
    return [steps[f"{group.outline.step}[{index}]"] for index in range(group.items or 0)]
