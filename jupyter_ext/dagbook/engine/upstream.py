"""What a step is given to work with: the names that its expressions may use, and what they are worth now."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dagbook.notebook.outputs import Output
from dagbook.notebook.values import decode
from dagbook.pipeline.expressions import ExpressionError, references, resolve
from dagbook.pipeline.plan import MOST_STEPS, Plan, PlannedStep
from dagbook.pipeline.resolve import Failure, node_names
from dagbook.run.resumption import children_of
from dagbook.run.state import BAD, GOOD, RunState, StepState


@dataclass(frozen=True, kw_only=True)
class Around:
    """A step among the others, at one moment of its run.

    Attributes:
        folder: the run's, absolute.
        known: node → what it gives, of nodes that are over; shared by the steps of a run: for each
            element of a long list anew it would take the square of its length.
    """

    plan: Plan
    step: PlannedStep
    state: RunState
    folder: Path
    known: dict[str, dict[str, Any]] = field(default_factory=dict)

    def names(self, *templates: Any) -> dict[str, Any]:
        """Root → value, of what the templates refer to: `params`, `item`, `run`, `env` and nodes upstream."""
        wanted = {reference.root for template in templates for reference in references(template)}
        given: dict[str, Callable[[], Any]] = {
            "params": lambda: {name: decode(value) for name, value in self.plan.params.items()},
            "item": self._item,
            "run": lambda: {"id": self.state.run},
            "env": lambda: dict(os.environ),
        }
        names = {root: value() for root, value in given.items() if root in wanted}
        if wanted - set(given):
            for node, steps in self._upstream().items():
                if node in wanted:
                    if node not in self.known:
                        self.known[node] = self._node(node, steps)
                    names[node] = self.known[node]
        return names

    def missing(self) -> str:
        """Who upstream has nothing to give, and why; empty when all have."""
        steps = [step for steps in self._upstream().values() for step in steps]
        return "; ".join(
            f"'{step.outline.step}' {step.state}{f' ({step.reason})' if step.reason else ''}"
            for step in steps
            if step.state not in GOOD
        )

    def holds(self) -> bool:
        """Whether the step's condition is true; it is when there is none.

        Raises:
            ExpressionError: it cannot be told.
        """
        template = self.plan.nodes[self.step.node].when
        if template is None:
            return True
        value = resolve(template, self.names(template))
        if isinstance(value, bool | int | float) or value is None:
            return bool(value)
        raise ExpressionError(
            f"the condition {template} is {value!r:.80}, neither true nor false; compare it with something"
        )

    def condition_waits_for_item(self) -> bool:
        """Whether the condition is about a single element of `foreach`, not about the node."""
        return any(reference.root == "item" for reference in references(self.plan.nodes[self.step.node].when))

    def elements(self) -> list[Any]:
        """The elements that the step's `foreach` is over.

        Raises:
            ExpressionError: it is over no list, or too long a one.
        """
        template = decode(self.plan.nodes[self.step.node].foreach)
        value = resolve(template, self.names(template))
        if not isinstance(value, list):
            raise ExpressionError(
                f"`foreach: {template}` is over {type(value).__name__} {value!r:.80}, which is no list"
            )
        if len(value) > MOST_STEPS:
            raise ExpressionError(
                f"`foreach: {template}` makes {len(value):,} steps, more than {MOST_STEPS:,}"
            )
        return value

    def _item(self) -> Any:
        if self.step.item and self.step.index is not None and self.plan.nodes[self.step.node].rules.foreach:
            return decode(self.state.steps[self.step.step].value)
        return {name: decode(value) for name, value in self.step.item.items()}

    def _upstream(self) -> dict[str, list[StepState]]:
        found: dict[str, list[StepState]] = {}
        for need in self.step.needs:
            step = self.state.steps[need]
            found.setdefault(step.outline.node, []).append(step)
        return found

    def _node(self, node: str, steps: list[StepState]) -> dict[str, Any]:
        planned = self.plan.nodes[node]
        if not planned.rules.foreach:
            is_list = steps[0].outline.step != node
            made = [self._published(step) for step in steps]
            return node_names(made, is_list=is_list, expected=planned.expected)
        children = children_of(self.state.steps, steps[0])
        return node_names(
            [self._published(child) for child in children if child.state in GOOD],
            is_list=True,
            expected=planned.expected,
            failures=[_failure(index, child) for index, child in enumerate(children) if child.state in BAD],
        )

    def _published(self, step: StepState) -> Mapping[str, Output]:
        return {
            name: output.model_copy(update={"path": str(self.folder / output.path)})
            if output.kind == "file"
            else output
            for name, output in step.outputs.items()
        }


def _failure(index: int, step: StepState) -> Failure:
    error = step.error
    return Failure(
        step=step.outline.step,
        index=index,
        item=decode(step.value),
        state=step.state,
        name=error.name if error else "",
        value=error.value if error else "",
    )
