"""Every code of a finding and every name of a node's error that the package can say, found in its source."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tests.architecture.sources import parsed, python_files

KEBAB = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


def finding_codes() -> dict[str, str]:
    """Code → file that says it: from `Finding(code=…)`, and from calls of functions that take a `code`."""
    found: dict[str, str] = {}
    for path in python_files():
        tree = parsed(path)
        places = dict(_functions_that_take_a_code(tree))
        for node in ast.walk(tree):
            for value in _codes_at(node, places):
                found.setdefault(value, path.name)
    return found


def node_error_names() -> dict[str, str]:
    """Name → file, of every `NodeError` or `Ending` that is ours and not the notebook's own exception."""
    found: dict[str, str] = {}
    for path in python_files():
        if path.name == "testing.py":  # its fakes make up what a notebook raised
            continue
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.Call) and _called(node) in {"NodeError", "Ending"}:
                found |= dict.fromkeys(_texts(_keyword(node, "name")), path.name)
    return found


def _functions_that_take_a_code(tree: ast.Module) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            names = [argument.arg for argument in node.args.args if argument.arg != "self"]
            if "code" in names:
                yield node.name, names.index("code")


def _codes_at(node: ast.AST, places: dict[str, int]) -> Iterator[str]:
    if isinstance(node, ast.Call):
        if (
            _called(node) == "append"
            and isinstance(node.func, ast.Attribute)
            and _is(node.func.value, "codes")
        ):
            yield from _texts(node.args[0])
        given = _keyword(node, "code")
        place = places.get(_called(node))
        if given is None and place is not None and place < len(node.args):
            given = node.args[place]
        yield from _texts(given)
    elif isinstance(node, ast.Assign) and any(
        isinstance(t, ast.Name) and t.id == "code" for t in node.targets
    ):
        yield from _texts(node.value)


def _is(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def _keyword(call: ast.Call, name: str) -> ast.expr | None:
    return next((keyword.value for keyword in call.keywords if keyword.arg == name), None)


def _texts(value: ast.expr | None) -> list[str]:
    """A constant, or the values of a choice (`a if b else c`) or of a table (`{…}.get(x, "c")`)."""
    match value:
        case ast.Constant(value=str(text)):
            return [text] if text else []
        case ast.IfExp():
            return [*_texts(value.body), *_texts(value.orelse)]
        case ast.BoolOp(values=values):
            return [text for part in values for text in _texts(part)]
        case ast.Call(func=ast.Attribute(value=ast.Dict(values=values), attr="get"), args=[_, *rest]):
            return [text for element in (*values, *rest) for text in _texts(element)]
        case _:
            return []
