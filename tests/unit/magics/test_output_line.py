"""The text behind %output means what a person would take it to mean."""

from __future__ import annotations

import pytest

from dagbook.magics.output_line import read_output_line


@pytest.mark.parametrize(
    ("line", "expressions"),
    [
        ("acc", {"acc": "acc"}),
        ("acc loss", {"acc": "acc", "loss": "loss"}),
        ("acc=0.5", {"acc": "0.5"}),
        ("acc = model.score(X, y)", {"acc": "model.score(X, y)"}),
        ("acc=f(a=1, b=[x == 2]) loss={'k': 'b=c'}", {"acc": "f(a=1, b=[x == 2])", "loss": "{'k': 'b=c'}"}),
        ("acc loss=a if b == c else d", {"acc": "acc", "loss": "a if b == c else d"}),
        ('name="a b=c" n=len(name)', {"name": '"a b=c"', "n": "len(name)"}),
    ],
)
def test_names_and_expressions_are_told_apart(line: str, expressions: dict[str, str]):
    assert read_output_line(line).expressions == expressions


def test_pickle_is_an_option():
    read = read_output_line("--pickle model other=f()")
    assert read.pickle
    assert read.expressions == {"model": "model", "other": "f()"}


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("", "nothing to publish"),
        ("a b.c", "'b.c' is no name"),
        ("a=", "'a=' has no value"),
        ("--force a", "there is no option --force"),
        ("a=(1", "does not end properly"),
        ("class", "'class' is no name"),
    ],
)
def test_what_is_wrong_is_said(line: str, says: str):
    with pytest.raises(ValueError, match=says):
        read_output_line(line)
