"""A module's source in parts that change apart from each other: functions, methods, and the rest."""

from __future__ import annotations

import ast

from dagbook.notebook.python import parse, unparsed

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def module_parts(file: str, source: str) -> dict[str, str]:
    """Part → its code as Python's syntax tree writes it, so that comments and formatting do not count.

        features.py::scale        a function
        features.py::Model.fit    a method
        features.py::Model        a class, without its methods
        features.py               everything else at the module's own level

    What cannot be parsed is one part: its text.
    """
    try:
        body = parse(source).body
    except SyntaxError:
        return {file: source}
    parts: dict[str, list[str]] = {file: []}
    for node in body:
        if isinstance(node, _FUNCTIONS):
            parts.setdefault(f"{file}::{node.name}", []).append(unparsed(node))
        elif isinstance(node, ast.ClassDef):
            _class_parts(f"{file}::{node.name}", node, parts)
        else:
            parts[file].append(unparsed(node))
    return {part: "\n".join(texts) for part, texts in parts.items()}


def _class_parts(name: str, node: ast.ClassDef, parts: dict[str, list[str]]) -> None:
    methods = [member for member in node.body if isinstance(member, _FUNCTIONS)]
    for method in methods:
        parts.setdefault(f"{name}.{method.name}", []).append(unparsed(method))
    others = [member for member in node.body if not isinstance(member, _FUNCTIONS)]
    kept = {field: value for field, value in ast.iter_fields(node) if field != "body"}
    bare = ast.ClassDef(**kept, body=others or [ast.Pass()])
    parts.setdefault(name, []).append(unparsed(ast.fix_missing_locations(bare)))
