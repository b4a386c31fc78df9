"""The matrix names tests that exist, its page is of now, and no row is forgotten."""

from __future__ import annotations

import ast
import re

import pytest

from tests.faults.matrix import PAGE, TESTS, Row, groups, made_part, rows, table

COUNTS = {"A": 16, "B": 12, "C": 10, "D": 21, "E": 13, "F": 11, "G": 16, "H": 8, "I": 22}


def test_every_row_of_the_matrix_is_there_once():
    assert [row.number for row in rows()] == [
        f"{letter}{number}" for letter, count in COUNTS.items() for number in range(1, count + 1)
    ]
    assert list(groups()) == list(COUNTS)


@pytest.mark.parametrize("row", rows(), ids=lambda row: row.number)
def test_a_row_names_tests_that_exist_or_says_why_it_has_none(row: Row):
    assert bool(row.tests) != bool(row.why)
    for test in row.tests:
        file, _, function = test.partition("::")
        tree = ast.parse((TESTS / file).read_text("utf-8"))
        names = {
            node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        }
        assert not function or function.partition("[")[0] in names, test


def test_the_page_shows_the_matrix_as_it_is():
    shown = made_part(PAGE.read_text("utf-8"))
    without_results = re.sub(r" \| [^|]*\|$", " |  |", shown, flags=re.MULTILINE)
    expected = re.sub(r" \| [^|]*\|$", " |  |", table({}), flags=re.MULTILINE)
    assert without_results == expected, "run `make test-faults ARGS=--write`"
    assert "does not hold" not in shown
