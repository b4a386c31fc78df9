"""Evaluates the default of a parameter without running it, as far as literals and a few well-known calls go.

Knows nothing of cells or of the parameters themselves.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Final

from dagbook.notebook.python import unparsed
from dagbook.notebook.values import EnumMember, UnsupportedValue, encode

EnumClasses = Mapping[str, tuple[str, ...]]
"""Member names by the name of the enum class."""


@dataclass(frozen=True)
class Unevaluated:
    """A default that only running the notebook would tell, as its source."""

    source: str


class _NotStatic(ValueError):
    """An expression that has to be run."""


def default_value(node: ast.expr, enums: EnumClasses) -> object:
    """The value of an expression, one that can travel (see `values`), or `Unevaluated`."""
    try:
        value = _evaluate(node, enums)
        encode(value)
    except (_NotStatic, UnsupportedValue, TypeError, ValueError, OverflowError, RecursionError):
        return Unevaluated(unparsed(node))
    return value


def enum_classes(tree: ast.Module) -> dict[str, tuple[str, ...]]:
    """The enum classes defined in a cell, with their members in order."""
    return {
        node.name: _members(node)
        for node in tree.body
        if isinstance(node, ast.ClassDef) and any(_last_name(base) in _ENUM_BASES for base in node.bases)
    }


_ENUM_BASES: Final = {"Enum", "IntEnum", "StrEnum", "Flag", "IntFlag", "ReprEnum"}


def _members(node: ast.ClassDef) -> tuple[str, ...]:
    return tuple(
        target.id
        for statement in node.body
        if isinstance(statement, ast.Assign)
        for target in statement.targets
        if isinstance(target, ast.Name) and not target.id.startswith("_")
    )


def _evaluate(node: ast.expr, enums: EnumClasses) -> object:
    match node:
        case ast.List():
            return [_evaluate(item, enums) for item in node.elts]
        case ast.Dict():
            return _evaluate_dict(node, enums)
        case ast.Call():
            return _evaluate_call(node, enums)
        case ast.Attribute():
            return _evaluate_attribute(node, enums)
        case ast.UnaryOp(op=ast.USub()):
            return -_number(node.operand, enums)
        case ast.UnaryOp(op=ast.UAdd()):
            return _number(node.operand, enums)
    return ast.literal_eval(node)


def _evaluate_dict(node: ast.Dict, enums: EnumClasses) -> dict[object, object]:
    if None in node.keys:
        raise _NotStatic("**")
    keys = [_evaluate(key, enums) for key in node.keys if key is not None]
    return dict(zip(keys, (_evaluate(value, enums) for value in node.values), strict=True))


def _number(node: ast.expr, enums: EnumClasses) -> int | float:
    value = _evaluate(node, enums)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    raise _NotStatic("no number")


def _evaluate_attribute(node: ast.Attribute, enums: EnumClasses) -> object:
    base = _last_name(node.value)
    if node.attr in enums.get(base, ()):
        return EnumMember(enum=base, member=node.attr)
    if base in {"math", "np", "numpy"} and node.attr in {"inf", "nan"}:
        return getattr(math, node.attr)
    raise _NotStatic(node.attr)


_CALLS: Final[Mapping[str, Callable[..., object]]] = {
    "date": date,
    "datetime.date": date,
    "datetime": datetime,
    "datetime.datetime": datetime,
    "Path": Path,
    "pathlib.Path": Path,
    "float": float,
    "date.fromisoformat": date.fromisoformat,
    "datetime.date.fromisoformat": date.fromisoformat,
    "datetime.fromisoformat": datetime.fromisoformat,
    "datetime.datetime.fromisoformat": datetime.fromisoformat,
}


def _evaluate_call(node: ast.Call, enums: EnumClasses) -> object:
    function = _CALLS.get(unparsed(node.func))
    if function is None or any(isinstance(argument, ast.Starred) for argument in node.args):
        raise _NotStatic("a call")
    arguments = [_evaluate(argument, enums) for argument in node.args]
    keywords = {keyword.arg: _evaluate(keyword.value, enums) for keyword in node.keywords if keyword.arg}
    if len(keywords) != len(node.keywords):
        raise _NotStatic("**")
    return function(*arguments, **keywords)


def _last_name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
