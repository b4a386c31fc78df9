"""The condition of a promotion: an expression over what a version measured, and what the present one did."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from dagbook.pipeline.expressions import ExpressionError, references, resolve

CURRENT: Final = "current"
"""What holds the alias now: `accuracy >= current.accuracy`."""


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """Whether a condition holds, and the values that it was about.

    Attributes:
        without_current: comparisons with the present version were left out, as there is none.
    """

    holds: bool
    values: Mapping[str, float] = field(default_factory=dict)
    without_current: bool = False

    def __str__(self) -> str:
        return ", ".join(f"{name} = {value:.6g}" for name, value in self.values.items())


def judge(condition: str, metrics: Mapping[str, float], current: Mapping[str, float] | None) -> Verdict:
    """Whether the condition holds.

    Args:
        condition: `accuracy > 0.9 and accuracy >= current.accuracy`; names that are no identifiers as
            `metrics["val/loss"]`.
        metrics: of the version that is to be promoted.
        current: of the version that holds the alias; None when none does.

    Raises:
        ExpressionError: it is no expression, or it names what was not measured.
    """
    named = references(f"${{{condition}}}")
    without = current is None and any(found.root == CURRENT for found in named)
    source = _without_current(condition) if without else condition
    names: dict[str, Any] = {**metrics, "metrics": dict(metrics), CURRENT: dict(current or {})}
    for found in references(f"${{{source}}}"):
        held = names.get(found.root)
        of_current = found.root == CURRENT
        missing = found.root not in names or (isinstance(held, dict) and found.name not in (None, *held))
        if missing:
            known = current if of_current and current is not None else metrics
            raise ExpressionError(
                f"'{condition}': {'the present version' if of_current else 'the version'} has no metric "
                f"'{found.name if isinstance(held, dict) else found.root}'; "
                f"it has {', '.join(sorted(known)) or 'none'}"
            )
    worth = resolve(f"${{{source}}}", names)
    if not isinstance(worth, bool):
        raise ExpressionError(f"'{condition}' is {worth!r}, not true or false; compare: accuracy > 0.9")
    values = {}
    for found in sorted(named, key=lambda one: (one.root == CURRENT, str(one))):
        held = names.get(found.root)
        value = held.get(found.name) if isinstance(held, dict) and found.name else held
        if isinstance(value, int | float):
            values[str(found).removeprefix("metrics.")] = float(value)
    return Verdict(holds=worth, values=values, without_current=without)


def _without_current(condition: str) -> str:
    tree = _LeaveOut().visit(ast.parse(condition.strip(), mode="eval"))
    return ast.unparse(ast.fix_missing_locations(tree))


class _LeaveOut(ast.NodeTransformer):
    """What is compared with a version that does not exist holds, also behind a `not`."""

    def visit_Compare(self, node: ast.Compare) -> ast.expr:
        return _HOLDS if _names_current(node) else node

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.expr:
        return _HOLDS if isinstance(node.op, ast.Not) and _names_current(node) else node


_HOLDS: Final = ast.Constant(value=True)


def _names_current(node: ast.expr) -> bool:
    return any(isinstance(inner, ast.Name) and inner.id == CURRENT for inner in ast.walk(node))
