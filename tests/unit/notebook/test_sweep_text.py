"""The values of a sweep, from what a person types."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest

from dagbook.notebook import types
from dagbook.notebook.sweep_text import parse_sweep
from dagbook.notebook.values import EnumMember

COLOUR = types.ParamType(kind="enum", name="Colour", choices=("RED", "BLUE"))


@pytest.mark.parametrize(
    ("kind", "text", "values"),
    [
        ("int", "1, 2, 3", (1, 2, 3)),
        ("int", "4", (4,)),
        ("int", "1..4", (1, 2, 3, 4)),
        ("int", "1 .. 9 step 4", (1, 5, 9)),
        ("int", "1..8 by 4", (1, 5)),
        ("int", "3..1", (3, 2, 1)),
        ("int", "-2..2 step 2", (-2, 0, 2)),
        ("int", "1, 10..30 step 10, 2", (1, 10, 20, 30, 2)),
        ("int", "1, 1, 1..2", (1, 2)),
        ("float", "0.1..0.5 step 0.1", (0.1, 0.2, 0.3, 0.4, 0.5)),
        ("float", "1e-3, .5", (0.001, 0.5)),
        ("float", "1..2 step .5", (1.0, 1.5, 2.0)),
        ("float", "[0.1, 1]", (0.1, 1.0)),
        ("int | None", "1, none", (1, None)),
        ("bool", "*", (False, True)),
        ("bool", "yes, no", (True, False)),
        ("str", "a, b", ("a", "b")),
        ("str", "1..3", ("1..3",)),
        ("str", '["a, b", "c"]', ("a, b", "c")),
        ("date", "2026-01-30..2026-02-01", (date(2026, 1, 30), date(2026, 1, 31), date(2026, 2, 1))),
        ("date", "2026-01-08..2026-01-01 step 7d", (date(2026, 1, 8), date(2026, 1, 1))),
        ("list[int]", "[[1, 2], [3]]", ([1, 2], [3])),
        ("any", "1..2, x", (1, 2, "x")),
        ('Literal["tree", "forest"]', "*", ("tree", "forest")),
    ],
)
def test_a_text_lists_values_of_the_type(kind: str, text: str, values: tuple[Any, ...]):
    found = parse_sweep(types.named(kind), text)

    assert found == values
    assert [type(value) for value in found] == [type(value) for value in values]


def test_every_member_of_an_enum_can_be_tried():
    members = (EnumMember(enum="Colour", member="RED"), EnumMember(enum="Colour", member="BLUE"))
    assert parse_sweep(COLOUR, "*") == members
    assert parse_sweep(COLOUR, "BLUE, Colour.RED") == members[::-1]


@pytest.mark.parametrize(
    ("kind", "text", "said"),
    [
        ("int", "", "there is no value"),
        ("int", "1,,2", "nothing between two commas"),
        ("int", "1, x", "'x' is no int"),
        ("int", "1..x", "'x' is no number"),
        ("int", "1..2 step 0", "must be above zero"),
        ("int", "1..3 step -1", "must be above zero"),
        ("int", "1..nan", "cannot be an end"),
        ("int", "0..1e999999", "cannot be an end"),
        ("int", "1..2000000", "makes 2,000,000 values"),
        ("int", "0..1 step 0.5", "'0.5' is no int"),
        ("float", "0.1..0.5", "needs a step: write 0.1..0.5 step 0.1"),
        ("str", "*", "has no choices"),
        ("int", '["a"]', "expected int"),
        ("int", "[1", "is no list"),
        ("int", "[]", "no value in the list"),
        ("list", "1, 2", "one JSON list: [[1, 2], [3]]"),
        ('Literal["tree", "forest"]', "tree, forrest", "did you mean 'forest'?"),
        ("date", "2026-01-01..soon", "is no date"),
    ],
)
def test_what_is_no_list_of_values_is_told(kind: str, text: str, said: str):
    with pytest.raises(ValueError, match=re.escape(said)):
        parse_sweep(types.named(kind), text)
