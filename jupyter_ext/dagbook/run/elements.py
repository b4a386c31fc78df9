"""The steps that an expanded step becomes, one for each element of its list."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from dagbook.run.steps import StepState


def elements_of(step: StepState, items: Sequence[Any]) -> Iterator[StepState]:
    """One step for each of `items`, which are encoded values."""
    outline = step.outline
    for index, item in enumerate(items):
        named = item if isinstance(item, dict) and not _is_marked(item) else {"item": item}
        yield StepState(
            outline=outline.model_copy(
                # As a matrix shows its combination; an element without names is shown as one.
                update={"step": f"{outline.step}[{index}]", "item": named, "group": outline.step}
            ),
            reason=outline.reason,
            attempt=_counted_on(step, index),
            tried=_counted_on(step, index),
            value=item,
        )


def _counted_on(group: StepState, index: int) -> int:
    """Attempts of this element before the list was made anew: no two ever share a folder."""
    return group.attempts[index] if index < len(group.attempts) else 0


def _is_marked(item: dict[str, Any]) -> bool:
    """Whether an encoded element stands for a file, a date or the like."""
    return len(item) == 1 and next(iter(item)).startswith("$")
