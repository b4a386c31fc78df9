"""The steps of a matrix side by side: what each was given, the numbers it published, and which is best."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dagbook.errors import Finding, InvalidInput, did_you_mean


@dataclass(frozen=True, kw_only=True)
class Aim:
    """What is best: the highest value of an output, or the lowest."""

    name: str
    lowest: bool = False

    def __str__(self) -> str:
        return f"{'lowest' if self.lowest else 'highest'} {self.name}"


@dataclass(frozen=True, kw_only=True)
class SweepRow:
    """One step of a matrix. `values` and `numbers` follow the sweep's `items` and `outputs`."""

    step: str
    state: str
    values: tuple[Any, ...]
    numbers: tuple[float | None, ...]
    best: bool = False


@dataclass(frozen=True, kw_only=True)
class Sweep:
    """All steps of a node that has more than one. `extremes`: output → its lowest and highest number."""

    node: str
    items: tuple[str, ...]
    outputs: tuple[str, ...]
    rows: tuple[SweepRow, ...]
    extremes: Mapping[str, tuple[float, float]]


def read_aim(text: str) -> Aim:
    """`accuracy` or `max:accuracy` → the highest; `min:loss` → the lowest."""
    direction, separator, name = text.partition(":")
    if separator and direction in {"min", "max"} and name:
        return Aim(name=name, lowest=direction == "min")
    return Aim(name=text)


def sweeps(steps: Sequence[Mapping[str, Any]], aim: Aim | None = None) -> tuple[Sweep, ...]:
    """A sweep for each node with items, from steps in the shape of `dagbook show --json`.

    Raises:
        InvalidInput: no step of a matrix published the output that `aim` names.
    """
    nodes: dict[str, list[Mapping[str, Any]]] = {}
    for step in steps:
        if step["item"]:
            nodes.setdefault(step["node"], []).append(step)
    found = tuple(_sweep(node, rows, aim) for node, rows in nodes.items())
    if aim is not None and not any(aim.name in sweep.outputs for sweep in found):
        known = {name for sweep in found for name in sweep.outputs}
        raise InvalidInput(
            Finding(
                code="unknown-output",
                message=f"no step of a matrix published a number called '{aim.name}'",
                remedy=did_you_mean(aim.name, known, "leave out --best: this run swept nothing"),
            )
        )
    return found


def _sweep(node: str, steps: Sequence[Mapping[str, Any]], aim: Aim | None) -> Sweep:
    items = tuple(dict.fromkeys(name for step in steps for name in step["item"]))
    outputs = tuple(
        dict.fromkeys(
            name for step in steps for name, value in step["outputs"].items() if _number(value) is not None
        )
    )
    best = _best(steps, aim)
    rows = tuple(
        SweepRow(
            step=step["step"],
            state=step["state"],
            values=tuple(step["item"].get(name) for name in items),
            numbers=tuple(_number(step["outputs"].get(name)) for name in outputs),
            best=step["step"] == best,
        )
        for step in steps
    )
    columns = {name: [n for n in (row.numbers[i] for row in rows) if n is not None]
               for i, name in enumerate(outputs)}  # fmt: skip
    extremes = {
        name: (min(numbers), max(numbers)) for name, numbers in columns.items() if len(set(numbers)) > 1
    }
    return Sweep(node=node, items=items, outputs=outputs, rows=rows, extremes=extremes)


def _best(steps: Sequence[Mapping[str, Any]], aim: Aim | None) -> str | None:
    if aim is None:
        return None
    scored = [
        (number, step["step"])
        for step in steps
        if (number := _number(step["outputs"].get(aim.name))) is not None
    ]
    if not scored:
        return None
    chosen = min(scored, key=lambda one: one[0]) if aim.lowest else max(scored, key=lambda one: one[0])
    return str(chosen[1])


def _number(value: Any) -> float | None:
    """A value that can be ranked; neither a bool nor NaN is."""
    if isinstance(value, bool) or not isinstance(value, int | float) or math.isnan(value):
        return None
    return value
