"""Other defaults for a parameters cell: only the values change, the rest stays letter by letter."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from dagbook.notebook.new_defaults import NoPlace, applied, new_defaults
from dagbook.notebook.values import EnumMember, Secret


@pytest.mark.parametrize(
    ("source", "values", "after"),
    [
        ("depth: int = 3  # how deep", {"depth": 6}, "depth: int = 6  # how deep"),
        ("depth=3", {"depth": 6}, "depth=6"),
        ("a = 1; b = 2 # two", {"b": 5}, "a = 1; b = 5 # two"),
        ("a, b = 1, 2", {"b": 5}, "a, b = 1, 5"),
        ("# café ☕\nname = 'ø'  # ñ\nb = (2)", {"b": 5, "name": "å"}, '# café ☕\nname = "å"  # ñ\nb = (5)'),
        ("sizes = [\n  1,  # one\n  2,\n]\nend = 0", {"sizes": [3], "end": 1}, "sizes = [3]\nend = 1"),
        ("depth = 1\ndepth = 2", {"depth": 3}, "depth = 1\ndepth = 3"),
        ("rows: int  # must be given", {"rows": 5}, "rows: int = 5  # must be given"),
        ("%%parameters\nrate: float = 0.1", {"rate": 0.2}, "%%parameters\nrate: float = 0.2"),
        (
            "%matplotlib inline\nrate = 1e-3",
            {"rate": float("inf")},
            '%matplotlib inline\nrate = float("inf")',
        ),
        ("day = date(2026, 1, 2)", {"day": date(2026, 5, 6)}, "day = date(2026, 5, 6)"),
        ("day = dt.date(2026, 1, 2)", {"day": date(2026, 5, 6)}, "day = dt.date(2026, 5, 6)"),
        ("day: date = '2026-01-02'", {"day": date(2026, 5, 6)}, 'day: date = "2026-05-06"'),
        (
            "at = datetime.fromisoformat('2026-01-02')",
            {"at": datetime(2026, 5, 6, 7)},  # noqa: DTZ001
            'at = datetime.fromisoformat("2026-05-06T07:00:00")',
        ),
        ("p = pathlib.Path('a')", {"p": Path("b/c")}, 'p = pathlib.Path("b/c")'),
        (
            "c: Colour = Colour.RED",
            {"c": EnumMember(enum="Colour", member="BLUE")},
            "c: Colour = Colour.BLUE",
        ),
        ("s = 'x'", {"s": "'); evil('"}, "s = \"'); evil('\""),
    ],
)
def test_only_the_value_changes(source: str, values: dict[str, Any], after: str):
    assert applied(source, new_defaults(source, values)) == after


@pytest.mark.parametrize(
    ("source", "values", "said"),
    [
        ("a = 1", {"b": 2}, "does not assign 'b'"),
        ("a = b = 1", {"b": 2}, "shares its value"),
        ("a, b = pair()", {"b": 2}, "shares its value"),
        ("a = 1\na += 1", {"a": 2}, "changed again"),
        ("a = = 1", {"a": 2}, "no Python"),
        ("day = today()\nday = None", {"day": date(2026, 1, 1)}, "does not say how it writes a date"),
        ("key = ''", {"key": Secret("API_KEY")}, "came from a secret"),
    ],
)
def test_what_cannot_be_written_is_told(source: str, values: dict[str, Any], said: str):
    with pytest.raises(NoPlace, match=said) as caught:
        new_defaults(source, values)
    assert caught.value.name in values
