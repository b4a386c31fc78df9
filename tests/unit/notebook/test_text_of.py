"""What a form shows for a value is read back as that value."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from dagbook.notebook import types
from dagbook.notebook.text_of import text_of
from dagbook.notebook.values import EnumMember

COLOUR = types.ParamType(kind="enum", name="Colour", choices=("RED",))


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("int", -3), ("float", 0.1), ("float", float("inf")), ("bool", False), ("str", "a=b, c"), ("str", ""),
        ("int | None", None), ("date", date(2026, 1, 2)), ("datetime", datetime(2026, 1, 2, 3, 4)),  # noqa: DTZ001
        ("path", Path("data/a.csv")), ("list[int]", [1, 2]), ("list", ["a, b"]), ("dict", {"å": [1]}),
        ('Literal["a", 1]', 1), (COLOUR, EnumMember(enum="Colour", member="RED")),
    ],
)  # fmt: skip
def test_the_text_of_a_value_stands_for_it(kind: Any, value: object):
    t = types.named(kind) if isinstance(kind, str) else kind
    assert types.parse_text(t, text_of(value)) == value
