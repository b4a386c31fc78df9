"""`${…}` in a pipeline file: what it refers to, and what it is worth. Evaluated by simpleeval, never `eval`.

A value that is exactly one `${…}` keeps its type; inside a longer text it becomes text. `$${` means `${`.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from simpleeval import AttributeDoesNotExist, EvalWithCompoundTypes, InvalidExpression

from dagbook.notebook.values import FileValue, Secret
from dagbook.pipeline.expression_limits import LONGEST, OPERATORS, plain_json, refusal, short_round

FUNCTIONS: Final[dict[str, Callable[..., Any]]] = {
    "abs": abs, "bool": bool, "float": float, "int": int, "json": plain_json, "len": len,
    "max": max, "min": min, "round": short_round, "sorted": sorted, "str": str, "sum": sum,
}  # fmt: skip
_CONSTANTS: Final = {"true": True, "false": False, "null": None}


class ExpressionError(ValueError):
    """A `${…}` that cannot be read or has no value; the message says which and why."""


@dataclass(frozen=True)
class Reference:
    """What an expression names: `params.rows` is `("params", "rows")`, `item` is `("item", None)`."""

    root: str
    name: str | None

    def __str__(self) -> str:
        return self.root if self.name is None else f"{self.root}.{self.name}"


@dataclass(frozen=True)
class Piece:
    """A stretch of a template: literal text, or the source between `${` and `}`."""

    text: str
    is_expression: bool


def split_template(text: str) -> tuple[Piece, ...]:
    """The literal and the `${…}` parts of a text, in order.

    Raises:
        ExpressionError: a `${` without its `}`, or nothing between them.
    """
    pieces: list[Piece] = []
    literal: list[str] = []
    position = 0
    while position < len(text):
        if text.startswith("$${", position):
            literal.append("${")
            position += 3
        elif text.startswith("${", position):
            end = _closing_brace(text, position + 2)
            source = text[position + 2 : end].strip()
            if not source:
                raise ExpressionError(f"there is nothing between the braces of `{_short(text)}`")
            if literal:
                pieces.append(Piece("".join(literal), is_expression=False))
                literal = []
            pieces.append(Piece(source, is_expression=True))
            position = end + 1
        else:
            literal.append(text[position])
            position += 1
    if literal or not pieces:
        pieces.append(Piece("".join(literal), is_expression=False))
    return tuple(pieces)


def references(value: Any) -> tuple[Reference, ...]:
    """Everything that a value (a text, or lists and dicts of them) refers to, without repetition.

    Raises:
        ExpressionError: some `${…}` in it is no expression.
    """
    found: dict[Reference, None] = {}
    for text in _texts(value):
        for piece in split_template(text):
            if piece.is_expression:
                found.update(dict.fromkeys(_references_in(piece.text)))
    return tuple(found)


def resolve(value: Any, names: Mapping[str, Any]) -> Any:
    """`value` with every `${…}` replaced by what it is worth.

    Args:
        value: what was written: a text, a number, or lists and dicts of them.
        names: root → value or mapping, e.g. `{"params": {"rows": 5}, "prepare": {"features": FileValue(…)}}`.

    Raises:
        ExpressionError: a name is missing or the operation impossible.
    """
    if isinstance(value, str):
        return _resolve_text(value, names)
    if isinstance(value, list | tuple):
        return [resolve(element, names) for element in value]
    if isinstance(value, dict):
        return {key: resolve(element, names) for key, element in value.items()}
    return value


def _resolve_text(text: str, names: Mapping[str, Any]) -> Any:
    pieces = split_template(text)
    if len(pieces) == 1 and pieces[0].is_expression:
        return _evaluate(pieces[0].text, names)
    return "".join(
        _as_text(_evaluate(piece.text, names)) if piece.is_expression else piece.text for piece in pieces
    )


def _evaluate(source: str, names: Mapping[str, Any]) -> Any:
    tree = parse_expression(source)  # our own message for a syntax error, and our own limits
    # A copy: the evaluator adds to what it is given.
    evaluator = _Evaluator(OPERATORS, dict(FUNCTIONS), {**_CONSTANTS, **names})
    try:
        return evaluator.eval(source, previously_parsed=tree.body)
    except InvalidExpression as error:
        raise ExpressionError(f"`${{{_short(source)}}}`: {_plain(error)}") from error
    except (ArithmeticError, LookupError, MemoryError, RecursionError, TypeError, ValueError) as error:
        raise ExpressionError(f"`${{{_short(source)}}}`: {error}") from error


class _Evaluator(EvalWithCompoundTypes):  # type: ignore[misc]  # it has no types
    """`node.items` is the output of that name, not a method that every dict has."""

    def _eval_attribute(self, node: ast.Attribute) -> Any:
        value = self._eval(node.value)
        if not isinstance(value, dict):
            return super()._eval_attribute(node)
        if node.attr not in value:
            raise AttributeDoesNotExist(node.attr, self.expr)
        return value[node.attr]


def _plain(error: Exception) -> str:
    message = getattr(error, "message", None) or str(error)
    return str(message).split("; ")[0].rstrip(".")


def _as_text(value: Any) -> str:
    if isinstance(value, FileValue):
        return value.path
    if isinstance(value, Secret):
        raise ExpressionError(
            f"the secret {value.name} cannot be part of a text: the text would be written down; "
            "pass it whole, as its own parameter"
        )
    if isinstance(value, bool) or value is None:
        return json.dumps(value)
    return str(value)


@lru_cache(maxsize=4096)  # the same few are asked for at every step
def _references_in(source: str) -> tuple[Reference, ...]:
    return tuple(_found_references(source))


def _found_references(source: str) -> Iterator[Reference]:
    tree = parse_expression(source)
    nodes = list(ast.walk(tree))
    targets = [node.target for node in nodes if isinstance(node, ast.comprehension)]
    bound = {name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name)}
    inner: set[int] = set()
    for node in nodes:
        match node:
            case (
                ast.Attribute(value=ast.Name() as root, attr=str(name))
                | ast.Subscript(value=ast.Name() as root, slice=ast.Constant(value=str(name)))
            ) if root.id not in bound:
                inner.add(id(root))
                yield Reference(root.id, name)
            case ast.Call(func=ast.Name() as function):
                inner.add(id(function))
    for node in nodes:
        if isinstance(node, ast.Name) and id(node) not in inner and node.id not in {*_CONSTANTS, *bound}:
            yield Reference(node.id, None)


def parse_expression(source: str) -> ast.Expression:
    """What stands between `${` and `}`. Raises ExpressionError for what is no expression, or refused."""
    if len(source) > LONGEST:
        raise ExpressionError(f"`${{{_short(source)}}}` has more than {LONGEST} characters")
    try:
        tree = ast.parse(source, mode="eval")
        reason = refusal(tree, FUNCTIONS)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        said = error.msg if isinstance(error, SyntaxError) else str(error)
        raise ExpressionError(f"`${{{_short(source)}}}` is no expression: {said}") from error
    if reason:
        raise ExpressionError(f"`${{{_short(source)}}}`: {reason}")
    return tree


def _short(source: str, longest: int = 200) -> str:
    return source if len(source) <= longest else f"{source[:longest]}…"


def _closing_brace(text: str, start: int) -> int:
    depth, quote = 0, ""
    for position in range(start, len(text)):
        letter = text[position]
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "'\"":
            quote = letter
        elif letter == "{":
            depth += 1
        elif letter == "}":
            if depth == 0:
                return position
            depth -= 1
    raise ExpressionError(f"`{_short(text)}` has a `${{` without its `}}`; write `$${{` for a literal one")


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | tuple):
        for element in value:
            yield from _texts(element)
    elif isinstance(value, dict):
        for element in value.values():
            yield from _texts(element)
