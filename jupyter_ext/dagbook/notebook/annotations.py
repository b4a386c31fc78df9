"""Reads the type of a parameter from an annotation in Python source, or from its name in a pipeline file.

Knows nothing of values; `fit` holds them against the type.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import replace

from dagbook.errors import nearest
from dagbook.notebook.param_type import ANY, BOUNDS, Kind, ParamType
from dagbook.notebook.python import parse_expression, unparsed

_PLAIN: dict[str, Kind] = {
    "any": "any",
    "Any": "any",
    "object": "any",
    "str": "str",
    "int": "int",
    "float": "float",
    "bool": "bool",
}
# Written with or without their module: `date`, `datetime.date`, `Path`, `pathlib.Path`, `t.List`.
_DOTTED: dict[str, Kind] = {
    "Any": "any",
    "date": "date",
    "datetime": "datetime",
    "Path": "path",
    "PurePath": "path",
    "path": "path",
}
_LISTS = {"list", "List", "Sequence", "MutableSequence", "Iterable", "Collection"}
_DICTS = {"dict", "Dict", "Mapping", "MutableMapping"}
_WRAPPERS = {"Annotated", "Final", "Required", "NotRequired", "ReadOnly"}
_KNOWN = ("any", "str", "int", "float", "bool", "list", "dict", "date", "datetime", "path", "Literal")


class _UnknownType(ValueError):
    """An annotation that says nothing to us."""


def from_annotation(node: ast.expr, enums: Mapping[str, tuple[str, ...]]) -> ParamType:
    """The type that an annotation means; `any` where it means nothing to us.

    `enums` holds the member names of the enum classes that the notebook defines.
    """
    try:
        return _read(node, enums)
    except (_UnknownType, RecursionError):
        return ANY


def named(text: str) -> ParamType:
    """The type written as `text` in a pipeline file: `int`, `int | None`, `list[str]`, `date`.

    Raises:
        ValueError: names the types that are known.
    """
    try:
        return _read(_parsed(text), {})
    except _UnknownType as unknown:
        near = nearest(str(unknown), _KNOWN)
        hint = f"did you mean '{near}'? Known" if near else "known"
        raise ValueError(
            f"unknown type {text!r}: {hint} are {', '.join(_KNOWN)}, list[…], dict[str, …] and … | None"
        ) from None


def _parsed(text: str) -> ast.expr:
    try:
        return parse_expression(text)
    except SyntaxError:
        raise _UnknownType(text) from None


def _read(node: ast.expr, enums: Mapping[str, tuple[str, ...]]) -> ParamType:
    match node:
        case ast.Constant(value=None):
            return ANY
        case ast.Constant(value=str(text)):
            return _read(_parsed(text), enums)
        case ast.BinOp(op=ast.BitOr()):
            return _union([node.left, node.right], enums)
        case ast.Name() | ast.Attribute():
            return _read_name(node, enums)
        case ast.Subscript():
            return _read_subscript(node, enums)
    raise _UnknownType(unparsed(node))


def _read_name(node: ast.Name | ast.Attribute, enums: Mapping[str, tuple[str, ...]]) -> ParamType:
    last = node.id if isinstance(node, ast.Name) else node.attr
    if last in enums:
        return ParamType(kind="enum", name=last, choices=enums[last])
    if isinstance(node, ast.Name) and last in _PLAIN:
        return ParamType(kind=_PLAIN[last])
    if last in _DOTTED:
        return ParamType(kind=_DOTTED[last])
    if last in _LISTS:
        return ParamType(kind="list")
    if last in _DICTS:
        return ParamType(kind="dict")
    raise _UnknownType(last)


def _read_subscript(node: ast.Subscript, enums: Mapping[str, tuple[str, ...]]) -> ParamType:
    outer = node.value
    last = outer.attr if isinstance(outer, ast.Attribute) else outer.id if isinstance(outer, ast.Name) else ""
    arguments = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    if last in _WRAPPERS:
        read = _read(arguments[0], enums)
        return replace(read, bounds=_bounds(arguments[1:])) if read.kind in {"int", "float"} else read
    if last == "Optional":
        return _as_optional(_read(arguments[0], enums))
    if last == "Union":
        return _union(arguments, enums)
    if last == "Literal":
        return _literal(arguments)
    if last in _LISTS:
        return ParamType(kind="list", item=_item(arguments[0], enums))
    if last in _DICTS and len(arguments) == 2:  # noqa: PLR2004
        return ParamType(kind="dict", item=_item(arguments[1], enums))
    raise _UnknownType(last)


def _bounds(arguments: list[ast.expr]) -> tuple[tuple[str, int | float], ...]:
    """What `Ge(1)`, `Interval(gt=0, le=1)` or `Field(ge=1)` say of a number; other marks say nothing."""
    found: list[tuple[str, int | float]] = []
    for call in arguments:
        if not isinstance(call, ast.Call):
            continue
        maker = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        said = [(maker, argument) for argument in call.args[:1]]
        said += [((keyword.arg or "").capitalize(), keyword.value) for keyword in call.keywords]
        for name, argument in said:
            limit = _limit(argument)
            if name in BOUNDS and limit is not None:
                found.append((name, limit))
    return tuple(found)


def _limit(node: ast.expr) -> int | float | None:
    try:
        value = ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _item(node: ast.expr, enums: Mapping[str, tuple[str, ...]]) -> ParamType | None:
    read = _read(node, enums)
    return None if read.kind == "any" else read


def _as_optional(read: ParamType) -> ParamType:
    return read if read.kind == "any" else replace(read, optional=True)


def _union(parts: list[ast.expr], enums: Mapping[str, tuple[str, ...]]) -> ParamType:
    """One type, or one type and None; what is really several types is checked no further."""
    types = [_read(part, enums) for part in parts if not _is_none(part)]
    distinct = list(dict.fromkeys(types))
    if len(distinct) != 1:
        return ANY
    return distinct[0] if len(types) == len(parts) else _as_optional(distinct[0])


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _literal(arguments: list[ast.expr]) -> ParamType:
    choices: list[object] = []
    for argument in arguments:
        try:
            choice = ast.literal_eval(argument)
        except ValueError:
            raise _UnknownType("Literal") from None
        if not isinstance(choice, str | int | None):
            raise _UnknownType("Literal")
        choices.append(choice)
    named_choices = tuple(choice for choice in choices if choice is not None)
    return ParamType(kind="choice", choices=named_choices, optional=None in choices)
