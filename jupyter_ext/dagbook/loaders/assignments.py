"""What a parameters cell assigns, read without running it."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

from dagbook.notebook.cells import parameters_cell, source_of


def assignments(source: str) -> list[tuple[str, ast.Assign | ast.AnnAssign]]:
    """The plain assignments of a cell, in their order; none of a cell that does not parse."""
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError):
        return []
    found: list[tuple[str, ast.Assign | ast.AnnAssign]] = []
    for node in body:
        targets = (
            node.targets
            if isinstance(node, ast.Assign)
            else [node.target]
            if isinstance(node, ast.AnnAssign)
            else []
        )
        found += [(target.id, node) for target in targets if isinstance(target, ast.Name)]  # type: ignore[misc]
    return found


def assigned(document: Mapping[str, Any], name: str) -> Any:
    """The literal that the parameters cell gives to a name; None when there is none."""
    found = parameters_cell(document)
    for known, node in assignments(source_of(found[1])) if found else []:
        if known == name and node.value is not None:
            try:
                return ast.literal_eval(node.value)
            except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
                return None
    return None


def left_open(source: str, names: tuple[str, ...]) -> str:
    """The source with these assignments replaced by `name = None`, and nothing else touched."""
    lines = source.split("\n")
    for name, node in reversed(assignments(source)):
        if name in names:
            lines[node.lineno - 1 : node.end_lineno] = [f"{name} = None"]
    return "\n".join(lines)
