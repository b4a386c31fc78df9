"""What an expression may say and how much it may ask for: no file may hang or fill whoever reads it."""

from __future__ import annotations

import ast
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from simpleeval import DEFAULT_OPERATORS

LONGEST: Final = 2000
"""Characters of one expression."""

_MOST_BITS: Final = 13_000
"""Of an int: what notebook.values still passes on has 4000 digits."""

_MOST_DIGITS: Final = 400

_ALLOWED: Final = (
    ast.Expression, ast.Name, ast.Constant, ast.Attribute, ast.Subscript, ast.Slice, ast.Compare, ast.BoolOp,
    ast.UnaryOp, ast.BinOp, ast.IfExp, ast.Call, ast.keyword, ast.List, ast.Tuple, ast.Dict, ast.ListComp,
    ast.GeneratorExp, ast.comprehension, ast.expr_context, ast.boolop, ast.operator, ast.unaryop, ast.cmpop,
)  # fmt: skip
_WORDS: Final[Mapping[type[ast.AST], str]] = {
    ast.Lambda: "a lambda", ast.JoinedStr: "an f-string", ast.Set: "a set", ast.Await: "await",
    ast.NamedExpr: "`:=`", ast.Starred: "`*`", ast.SetComp: "a set", ast.DictComp: "a dict comprehension",
}  # fmt: skip


def refusal(tree: ast.Expression, functions: Iterable[str]) -> str | None:
    """Why a parsed expression is not evaluated, or None."""
    for node in ast.walk(tree):
        if not isinstance(node, _ALLOWED):
            return f"{_WORDS.get(type(node), type(node).__name__)} cannot be used here"
        if isinstance(node, ast.Constant) and isinstance(node.value, bytes | complex | type(...)):
            return f"{node.value!r} cannot be used here"
        if isinstance(node, ast.Attribute) and node.attr.startswith("_"):
            return f"`{node.attr}` cannot be used here: names with a leading underscore are closed"
        if isinstance(node, ast.Call):
            if not isinstance(node.func, ast.Name):
                return f"methods cannot be called; there are the functions {', '.join(functions)}"
            if node.func.id not in functions:
                return f"there is no function `{node.func.id}`; there are {', '.join(functions)}"
    return None


def short_round(number: Any, *digits: int) -> Any:
    """Python's `round`; many negative digits would keep it busy for ever."""
    if any(abs(count) > _MOST_DIGITS for count in digits):
        raise ValueError("round() to so many digits is too much")
    return round(number, *digits)


def plain_json(value: Any) -> str:
    """JSON in one line; `json.dumps` itself would take an indentation of any width."""
    return json.dumps(value)


def _power(base: Any, exponent: Any) -> Any:
    if isinstance(base, int) and isinstance(exponent, int) and base.bit_length() * abs(exponent) > _MOST_BITS:
        raise ValueError("the power is too large")
    return base**exponent


def _product(left: Any, right: Any) -> Any:
    _numbers(left, right, "multiplied")
    both_whole = isinstance(left, int) and isinstance(right, int)
    if both_whole and left.bit_length() + right.bit_length() > _MOST_BITS:
        raise ValueError("the product is too large")
    return left * right


def _remainder(left: Any, right: Any) -> Any:
    _numbers(left, right, "divided")
    return left % right


def _numbers(left: Any, right: Any, done: str) -> None:
    if not (isinstance(left, int | float) and isinstance(right, int | float)):
        raise TypeError(f"only numbers can be {done}, not {type(left).__name__} and {type(right).__name__}")


OPERATORS: Final[dict[type[ast.AST], Callable[..., Any]]] = {
    **DEFAULT_OPERATORS,
    ast.Mult: _product,
    ast.Mod: _remainder,
    ast.Pow: _power,
}
