"""Steps of a `foreach`: from the list that upstream published to them, and what they came to together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from dagbook.engine.history import History
from dagbook.engine.prepare import LOOK_UPSTREAM, said_of
from dagbook.engine.upstream import Around
from dagbook.notebook.values import UnsupportedValue, encode
from dagbook.pipeline.expressions import ExpressionError
from dagbook.pipeline.plan import Plan, PlannedStep
from dagbook.run.events import Event, StepCancelled, StepExpanded, StepFailed, StepSkipped, StepSucceeded
from dagbook.run.facts import NodeError
from dagbook.run.resumption import children_of
from dagbook.run.state import BAD, RunState, StepState

_SHOWN = 5


class Expansion:
    """The expanded steps of one run.

    Args:
        plan: what is to be done.
        folder: the run's folder.
        history: where what happens is told.
        clock: seconds, monotonic.
    """

    def __init__(self, plan: Plan, folder: Path, history: History, clock: Callable[[], float]) -> None:
        self._plan = plan
        self._folder = folder
        self._history = history
        self._clock = clock
        self._began: dict[str, float] = {}

    def expand(self, step: PlannedStep) -> None:
        """Record the steps that `step` becomes, or why it becomes none."""
        around = Around(plan=self._plan, step=step, state=self._history.state, folder=self._folder)
        name = step.step
        if self.is_over(step):
            return
        try:
            items = tuple(encode(element) for element in around.elements())
        except (ExpressionError, UnsupportedValue) as error:
            self._failed(around, error)
            return
        self._began[name] = self._clock()
        self._history.happen(StepExpanded(step=name, items=items))

    def is_over(self, step: PlannedStep) -> bool:
        """Whether `step` becomes nothing, because its condition does not hold or cannot be told; says so."""
        around = Around(plan=self._plan, step=step, state=self._history.state, folder=self._folder)
        try:
            if around.condition_waits_for_item() or around.holds():
                return False
        except ExpressionError as error:
            self._failed(around, error)
            return True
        self._history.happen(does_not_hold(around))
        return True

    def _failed(self, around: Around, error: Exception) -> None:
        name = around.step.step
        failure = NodeError(name="WrongForeach", value=said_of(error, around), remedy=LOOK_UPSTREAM)
        self._history.happen(StepFailed(step=name, attempt=1, as_="failed", error=failure, seconds=0))

    def gather(self, name: str) -> None:
        """Record what became of an expanded step, now that all that it became is over."""
        state = self._history.state
        group = state.steps[name]
        seconds = self._clock() - self._began.get(name, self._clock())
        tolerated = self._plan.nodes[group.outline.node].rules.tolerate
        self._history.happen(outcome_of(group, children_of(state.steps, group), tolerated, seconds))


def outcome_of(group: StepState, children: list[StepState], tolerated: int, seconds: float) -> Event:
    """What an expanded step came to: the worst that its steps did, beyond what is tolerated."""
    name = group.outline.step
    if any(child.state == "cancelled" for child in children):
        return StepCancelled(step=name, seconds=seconds)
    failed = [child for child in children if child.state in BAD]
    if len(failed) > tolerated:
        return StepFailed(
            step=name, attempt=0, as_="failed", error=_too_many(children, failed, tolerated), seconds=seconds
        )
    left_out = next((c for c in children if c.state == "skipped" and c.skipped_by != "condition"), None)
    if left_out is not None:
        return StepSkipped(step=name, because=left_out.reason, cause=left_out.skipped_by or "upstream")
    return StepSucceeded(step=name, attempt=0, seconds=seconds)


def does_not_hold(around: Around) -> StepSkipped:
    """The step's condition is false."""
    condition = (around.plan.nodes[around.step.node].when or "").removeprefix("${").removesuffix("}")
    return StepSkipped(step=around.step.step, because=f"when: {condition} does not hold", cause="condition")


def child_of(step: PlannedStep, index: int, child: StepState) -> PlannedStep:
    """One of the steps that a planned step was expanded into."""
    return step.model_copy(
        update={"step": child.outline.step, "index": index, "item": dict(child.outline.item)}
    )


def planned_step(planned: Mapping[str, PlannedStep], state: RunState, name: str) -> PlannedStep:
    """The step of that name as it was planned, or as a step that was planned became it."""
    if name in planned:
        return planned[name]
    child = state.steps[name]
    group = child.outline.group
    index = int(name.removeprefix(group)[1:-1])
    return child_of(planned[group], index, child)


def _too_many(children: list[StepState], failed: list[StepState], tolerated: int) -> NodeError:
    named = ", ".join(child.outline.step for child in failed[:_SHOWN])
    more = f" and {len(failed) - _SHOWN} more" if len(failed) > _SHOWN else ""
    allowed = f"up to {tolerated} are tolerated" if tolerated else "none is tolerated"
    return NodeError(
        name="TooManyFailed",
        value=f"{len(failed)} of {len(children)} steps failed, and {allowed}: {named}{more}",
        remedy="look at the first of them; `tolerate: N` lets up to N fail",
    )
