"""What counts in a fingerprint, what does not, and how a difference is said."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from dagbook.notebook.values import FileValue, encode
from dagbook.pipeline.facts import NotebookFacts
from dagbook.pipeline.fingerprint import (
    earlier,
    explain_difference,
    fingerprint,
    fingerprint_parts,
    value_parts,
)
from tests.unit.notebook.strategies import literals, nested, same
from tests.unit.pipeline.specs import facts

BASE = facts("a", cells={1: "x = 1", 4: "y = 2"}, modules={"m": "z"}, deps={"d.csv": "aa"})


def of(known: NotebookFacts = BASE, params: dict[str, Any] | None = None, **others: Any) -> str:
    return fingerprint(
        fingerprint_parts(known, params or {}, others.get("outputs", {}), others.get("environment", "e"))
    )


def test_it_is_64_hexadecimal_digits_and_always_the_same():
    assert len(of()) == 64
    assert int(of(), 16) > 0
    assert of() == of()


@pytest.mark.parametrize(
    "other",
    [
        of(replace(BASE, cells={1: "x = 1", 4: "y = 3"})),
        of(replace(BASE, cells={1: "y = 2", 4: "x = 1"})),
        of(replace(BASE, modules={"m": "zz"})),
        of(replace(BASE, modules={"n": "z"})),
        of(replace(BASE, deps={"d.csv": "ab"})),
        of(replace(BASE, kernel="ir")),
        of(params={"rows": 5}),
        of(outputs={"o": "o.csv"}),
        of(environment="e2"),
    ],
)
def test_what_changes_a_result_changes_it(other: str):
    assert other != of()


@pytest.mark.parametrize(
    "other",
    [
        of(replace(BASE, cells={2: "x = 1", 9: "y = 2"})),
        of(replace(BASE, path="/elsewhere/a.ipynb")),
    ],
    ids=["a markdown cell came between", "the notebook was moved"],
)
def test_what_changes_no_result_does_not(other: str):
    assert other == of()


def test_a_file_counts_by_its_content_not_by_where_it_lies():
    def parts(path: str, sha256: str) -> dict[str, str]:
        return value_parts({"x": encode([{"f": FileValue(path=path, sha256=sha256, format="csv")}])})

    assert parts("/a/x.csv", "11") == parts("/b/y.csv", "11")
    assert parts("/a/x.csv", "11") != parts("/a/x.csv", "22")


@given(nested(literals), nested(literals))
def test_different_values_have_different_parts(left: object, right: object):
    parts = [value_parts({"x": encode(value)}) for value in (left, right)]
    if same(left, right):
        assert parts[0] == parts[1]
    elif encode(left) != encode(right):
        assert parts[0] != parts[1]


@pytest.mark.parametrize(
    ("left", "right"), [(1, 1.0), (1, "1"), (0, False), ("null", None), ([], {}), (Path("x"), "x")]
)
def test_values_that_look_alike_are_told_apart(left: object, right: object):
    assert value_parts({"x": encode(left)}) != value_parts({"x": encode(right)})


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (None, {}, "never run"),
        ({"a": "1"}, {"a": "1"}, "its result is no longer in the cache"),
        ({"a": "1"}, {"a": "2"}, "a changed"),
        ({}, {"a": "2"}, "a is new"),
        ({"a": "1"}, {}, "a is gone"),
        ({"a": "1", "b": "1"}, {"a": "2", "c": "1"}, "a changed, c is new, b is gone"),
        ({}, dict.fromkeys("abcde", "1"), "a is new, b is new, c is new and 2 more"),
    ],
)
def test_a_difference_in_words(before: dict[str, str] | None, after: dict[str, str], said: str):
    assert explain_difference(before, after) == said


def test_who_takes_an_earlier_result_means_that_of_the_same_values_first():
    latest = {"code cell 1": "old", "parameter x": "1"}
    now = {"code cell 1": "new", "parameter x": "2"}
    same_values, newest = earlier(latest, now, of_one=True)
    assert same_values == fingerprint({"code cell 1": "old", "parameter x": "2"})
    assert newest == fingerprint(latest)
    assert earlier(latest, now, of_one=False) == (same_values,)
