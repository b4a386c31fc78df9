"""Other defaults for a parameters cell: the smallest edits of its text; comments and annotations stay."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import PurePath

from dagbook.notebook.python import as_python, bound_values, parse, unparsed
from dagbook.notebook.source import python_literal
from dagbook.notebook.values import Secret


class NoPlace(ValueError):
    """A default cannot be written where the cell has it; the message says why. `name` is the parameter."""

    def __init__(self, name: str, message: str) -> None:
        self.name = name
        super().__init__(message)


@dataclass(frozen=True)
class Edit:
    """Replace the text from `start` to `end` (characters, `end` excluded) by `text`."""

    start: int
    end: int
    text: str


def new_defaults(source: str, values: Mapping[str, object]) -> tuple[Edit, ...]:
    """What to replace in a parameters cell so that its defaults are `values`, from the top down.

    Raises:
        NoPlace: a name has no assignment of its own there, or the cell is no Python.
    """
    try:
        tree = parse(source)
    except SyntaxError as error:
        raise NoPlace(next(iter(values), ""), f"the parameters cell is no Python: {error.msg}") from None
    lines = as_python(source).splitlines(keepends=True)
    before = source.splitlines(keepends=True)
    starts = [0]
    for line in before:
        starts.append(starts[-1] + len(line))
    edits = []
    for name, value in values.items():
        statement, node = _assignment(tree, name)
        if statement.lineno <= len(before) and lines[statement.lineno - 1] != before[statement.lineno - 1]:
            raise NoPlace(name, f"'{name}' is assigned by a magic")
        place = _Place(lines, starts)
        if node is None:
            end = place.end(statement)
            edits.append(Edit(end, end, f" = {_literal(name, value, None)}"))
        else:
            edits.append(Edit(place.start(node), place.end(node), _literal(name, value, node)))
    return tuple(sorted(edits, key=lambda edit: edit.start))


def applied(source: str, edits: tuple[Edit, ...]) -> str:
    """The text with the edits made."""
    for edit in sorted(edits, key=lambda edit: edit.start, reverse=True):
        source = source[: edit.start] + edit.text + source[edit.end :]
    return source


class _Place:
    """Where a node stands, counted in characters of the whole cell; the parser counts bytes of a line."""

    def __init__(self, lines: list[str], starts: list[int]) -> None:
        self._lines = lines
        self._starts = starts

    def start(self, node: ast.expr | ast.stmt) -> int:
        return self._at(node.lineno, node.col_offset)

    def end(self, node: ast.expr | ast.stmt) -> int:
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return self._at(node.end_lineno, node.end_col_offset)

    def _at(self, line: int, column: int) -> int:
        text = self._lines[line - 1].encode()[:column].decode()
        return self._starts[line - 1] + len(text)


def _assignment(tree: ast.Module, name: str) -> tuple[ast.stmt, ast.expr | None]:
    """The last statement that gives the name its value, and that value; None where it has none yet."""
    found: tuple[ast.stmt, ast.expr | None] | None = None
    for statement in tree.body:
        match statement:
            case ast.AnnAssign(target=ast.Name(id=bound)) if bound == name:
                found = (statement, statement.value)
            case ast.Assign():
                for target in statement.targets:
                    for bound, value, own in bound_values(target, statement.value):
                        if bound == name:
                            if not own or len(statement.targets) > 1:
                                raise NoPlace(name, f"'{name}' shares its value with other names")
                            found = (statement, value)
            case ast.AugAssign(target=ast.Name(id=bound)) if bound == name:
                raise NoPlace(name, f"'{name}' is changed again after it was set")
    if found is None:
        raise NoPlace(name, f"the parameters cell does not assign '{name}'")
    return found


def _literal(name: str, value: object, node: ast.expr | None) -> str:
    """The value as source, written the way that the cell writes such values already."""
    match value, node:
        case Secret(), _:
            raise NoPlace(name, f"'{name}' came from a secret, which is not written down")
        case date() | PurePath(), ast.Constant(value=str()):
            return python_literal(value.isoformat() if isinstance(value, date) else str(value))
        case datetime(), ast.Call(func=func):
            maker = unparsed(func).removesuffix(".fromisoformat")
            return f"{maker}.fromisoformat({python_literal(value.isoformat())})"
        case date(), ast.Call(func=func):
            maker = unparsed(func).removesuffix(".fromisoformat")
            return f"{maker}({value.year}, {value.month}, {value.day})"
        case PurePath(), ast.Call(func=func):
            return f"{unparsed(func)}({python_literal(str(value))})"
        case ((date() | PurePath()), _):
            raise NoPlace(name, f"the cell does not say how it writes a {type(value).__name__.lower()}")
    return python_literal(value)
