# ruff: noqa: DTZ001 - naive datetimes are values like others
from __future__ import annotations

import datetime as dt
import math
from collections import OrderedDict
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagbook.notebook.source import injected_source, python_literal
from dagbook.notebook.values import DEPTH_LIMIT, EnumMember, FileValue, Secret, UnsupportedValue
from tests.unit.notebook.strategies import literals, nested, same


def run(source: str, **names: Any) -> dict[str, Any]:
    exec(source, names)
    return names


@given(nested(literals))
def test_the_notebook_sees_exactly_the_value_that_was_given(value):
    assert same(run(injected_source({"x": value}))["x"], value)


@given(st.text())
def test_no_text_gets_out_of_its_quotes(text):
    names = run(injected_source({"x": text, "y": [text], "z": {text: Path(text)}}))
    assert (names["x"], names["y"], names["z"]) == (text, [text], {text: Path(text)})


@pytest.mark.parametrize(
    ("value", "literal"),
    [
        (None, "None"),
        (-5, "-5"),
        (1e300, "1e+300"),
        (-0.0, "-0.0"),
        (math.nan, 'float("nan")'),
        (-math.inf, 'float("-inf")'),
        ("plain", '"plain"'),
        ("it's", '"it\'s"'),
        ('say "x"', "'say \"x\"'"),
        ("a\\b\n\x00\u2028", '"a\\\\b\\n\\x00\\u2028"'),
        ([1, {"a": True}], '[1, {"a": True}]'),
        (date(2024, 1, 1), "date(2024, 1, 1)"),
        (datetime(2024, 1, 1, 6), 'datetime.fromisoformat("2024-01-01T06:00:00")'),
        (Path("a/b.csv"), 'Path("a/b.csv")'),
        (EnumMember(enum="Color", member="RED"), "Color.RED"),
        (Secret("API_KEY"), 'os.environ["DAGBOOK_SECRET_API_KEY"]'),
        (FileValue(path="/run/a.parquet", sha256="0f", format="parquet"), '"/run/a.parquet"'),
    ],
)
def test_literals_are_written_as_a_person_would(value, literal):
    assert python_literal(value) == literal


def test_the_whole_cell_says_where_it_comes_from_and_imports_what_it_needs():
    source = injected_source({"rows": 5, "day": date(2024, 1, 1), "data": Path("x"), "key": Secret("K")})
    assert source.splitlines() == [
        "# Parameters of this run (written by Dagbook)",
        "from datetime import date as _date",
        "from pathlib import Path as _Path",
        "import os as _os",
        "rows = 5",
        "day = _date(2024, 1, 1)",
        'data = _Path("x")',
        'key = _os.environ["DAGBOOK_SECRET_K"]',
    ]


def test_a_run_without_parameters_gets_a_cell_with_only_the_comment():
    assert injected_source({}) == "# Parameters of this run (written by Dagbook)"


def test_names_that_the_notebook_uses_otherwise_are_not_disturbed():
    names = run(
        injected_source({"start": datetime(2024, 1, 1), "path": Path("x")}), datetime=dt, Path=OrderedDict
    )
    assert names["datetime"] is dt
    assert names["Path"] is OrderedDict


def test_parameters_may_be_called_like_the_imports():
    values = {
        "date": date(2024, 1, 1),
        "_date": date(2024, 1, 2),
        "Path": Path("a"),
        "_Path": 1,
        "other": Path("b"),
    }
    names = run(injected_source(values))
    assert {name: names[name] for name in values} == values


def test_secrets_files_and_members_are_found_where_the_notebook_runs(monkeypatch):
    monkeypatch.setenv("DAGBOOK_SECRET_API_KEY", "s3cret")
    values = {
        "key": Secret("API_KEY"),
        "features": FileValue(path="/run/a", sha256="", format="folder"),
        "color": EnumMember(enum="Color", member="RED"),
    }
    source = injected_source(values)
    names = run(source, Color=type("Color", (), {"RED": 1}))
    assert (names["key"], names["features"], names["color"]) == ("s3cret", "/run/a", 1)
    assert "s3cret" not in source


def test_the_largest_values_that_travel_can_be_written():
    deep: Any = Path("x")
    for level in range(DEPTH_LIMIT):
        deep = [deep] if level % 2 else {"a": deep}
    values = {"deep": deep, "long": 10**4000 - 1}
    names = run(injected_source(values))
    assert names["deep"] == deep
    assert names["long"] - values["long"] == 0


@pytest.mark.parametrize("name", ["", "a b", "class", "x=1\nopen('PWNED', 'w')\ny", "x.y", "x;y"])
def test_a_name_that_is_none_never_becomes_source(name):
    with pytest.raises(ValueError, match="cannot be the name of a parameter"):
        injected_source({name: 1})


@pytest.mark.parametrize(
    "value", [(1,), {1: 2}, "\ud800", 10**4000, object()], ids=lambda v: type(v).__name__
)
def test_a_value_that_cannot_travel_is_never_written(value):
    with pytest.raises(UnsupportedValue):
        injected_source({"x": [value]})
    with pytest.raises(UnsupportedValue):
        python_literal(value)
