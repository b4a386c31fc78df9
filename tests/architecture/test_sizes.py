"""Files and functions stay small enough to be read in one go."""

from __future__ import annotations

import ast

from tests.architecture.sources import front_end_files, parsed, place, python_files

FILE_LINES = 400
FUNCTION_LINES = 60


def test_no_file_is_longer_than_400_lines():
    long = {
        place(path): lines
        for path in [*python_files(), *front_end_files()]
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > FILE_LINES
    }
    assert long == {}


def test_no_function_is_longer_than_60_lines():
    long = {
        f"{place(path, node.lineno)} {node.name}": lines
        for path in python_files()
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (lines := (node.end_lineno or node.lineno) - node.lineno + 1) > FUNCTION_LINES
    }
    assert long == {}
