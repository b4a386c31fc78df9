"""Which modules code imports as soon as it runs, by its text alone."""

from __future__ import annotations

import ast

from dagbook.notebook.python import parse


def imported_at_once(code: str) -> tuple[str, ...]:
    """Full names of what `code` imports on its own level, in order; not in functions or where it only tries.

    `from a.b import c` is `a.b`. Code that cannot be parsed imports nothing.
    """
    try:
        body = parse(code).body
    except SyntaxError:
        return ()
    found: dict[str, None] = {}
    for statement in body:
        if isinstance(statement, ast.Import):
            found.update((alias.name, None) for alias in statement.names)
        elif isinstance(statement, ast.ImportFrom) and statement.module and not statement.level:
            found[statement.module] = None
    return tuple(found)
