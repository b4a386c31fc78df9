from __future__ import annotations

import json
import math
import uuid
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum, IntEnum
from fractions import Fraction
from pathlib import Path, PureWindowsPath
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import given

from dagbook.notebook.values import (
    DEPTH_LIMIT,
    EnumMember,
    FileValue,
    Secret,
    UnsupportedValue,
    decode,
    encode,
)
from tests.unit.notebook.strategies import literals, nested, references, same


class Color(Enum):
    RED = 1


class Level(IntEnum):
    LOW = 1


@given(nested(literals | references))
def test_every_value_survives_the_way_through_json(value):
    assert same(decode(json.loads(json.dumps(encode(value), allow_nan=False))), value)


@pytest.mark.parametrize(
    ("value", "form"),
    [
        (date(2024, 1, 1), {"$date": "2024-01-01"}),
        (datetime(2024, 1, 1, 6, tzinfo=UTC), {"$datetime": "2024-01-01T06:00:00+00:00"}),
        (Path("data/a.csv"), {"$path": "data/a.csv"}),
        (math.nan, {"$float": "nan"}),
        (-math.inf, {"$float": "-inf"}),
        (EnumMember(enum="Color", member="RED"), {"$enum": "Color.RED"}),
        (Secret("API_KEY"), {"$secret": "API_KEY"}),
        (
            FileValue(path="a", sha256="0f", format="npy"),
            {"$file": {"path": "a", "sha256": "0f", "format": "npy"}},
        ),
        ({"$date": "mine"}, {"$dict": {"$date": "mine"}}),
        ({"a": [1, True, None]}, {"a": [1, True, None]}),
    ],
)
def test_forms_are_as_documented(value, form):
    assert encode(value) == form


@pytest.mark.parametrize(("fold", "hours"), [(0, 2), (1, 1)])
def test_a_named_zone_becomes_its_offset_at_the_same_instant(fold, hours):
    value = datetime(2024, 10, 27, 2, 30, fold=fold, tzinfo=ZoneInfo("Europe/Oslo"))
    back = decode(encode(value))
    assert back.timestamp() == value.timestamp()
    assert back.utcoffset() == timedelta(hours=hours)


class Loop(list):
    """A list of one's own."""


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ((1, 2), "a value of type tuple cannot be passed on; give a list"),
        ({"a": [0, 1, 2, {3}]}, "a value of type set at ['a'][3] cannot be passed on; give a sorted list"),
        (frozenset(), "frozenset"),
        (b"x", "a value of type bytes cannot be passed on; publish a file"),
        (bytearray(b"x"), "bytearray"),
        (Decimal("1.5"), "decimal.Decimal cannot be passed on; give str(value)"),
        (Fraction(1, 2), "fractions.Fraction"),
        (uuid.UUID(int=1), "uuid.UUID"),
        (1j, "complex"),
        (timedelta(1), "give value.total_seconds()"),
        (time(1), "give value.isoformat()"),
        (np.int64(3), "numpy.int64 cannot be passed on; give value.item()"),
        (np.float64(3), "numpy.float64"),
        (np.bool_(True), "give value.item()"),
        (np.str_("x"), "numpy.str_"),
        (np.zeros(2), "give value.tolist(), or publish it as an output"),
        (pd.Timestamp("2024-01-01"), "give value.to_pydatetime()"),
        (pd.DataFrame(), "publish it as an output: it travels as a file"),
        (Color.RED, "give its name or its value"),
        (Level.LOW, "give its name or its value"),
        (Loop(), "give a plain list"),
        (object(), "a value of type object"),
        (len, "builtin_function_or_method"),
        (Color, "type enum.Enum"),
        ({1: 2}, "a dict with the key 1 (int) cannot be passed on; use str keys"),
        ({"a": {None: 2}}, "the key None (NoneType) at ['a']"),
        ({(1,): 2}, "(tuple)"),
        (10**4000, "an int of more than 4000 digits"),
        (-(10**5000), "an int of more than 4000 digits"),
        ("\ud800", "a lone surrogate"),
        (["a", {"b": "\udfff"}], "at [1]['b']"),
        ({"\ud800": 1}, "a lone surrogate"),
        (Path("\udc80"), "a lone surrogate"),
        (datetime(2024, 1, 1, tzinfo=timezone(timedelta(microseconds=1))), "use whole seconds"),
    ],
    ids=lambda value: None if isinstance(value, str) else type(value).__name__,
)
def test_what_has_no_exact_form_is_refused_by_name_place_and_remedy(value, says):
    with pytest.raises(UnsupportedValue) as refused:
        encode(value)
    # A class is shown by its metaclass, whose name differs between versions of Python.
    assert says.replace("enum.Enum", "enum.EnumType") in str(refused.value)


def test_the_longest_int_and_the_deepest_list_still_travel():
    deep: object = 1
    for _ in range(DEPTH_LIMIT):
        deep = [deep]
    assert decode(encode(deep)) == deep
    assert decode(encode(10**4000 - 1)) == 10**4000 - 1
    with pytest.raises(UnsupportedValue, match="nested deeper"):
        encode([deep])


def test_a_list_that_holds_itself_is_refused():
    loop: list[object] = []
    loop.append(loop)
    with pytest.raises(UnsupportedValue, match="nested deeper"):
        encode(loop)


def test_a_windows_path_comes_back_as_a_path():
    assert decode(encode(PureWindowsPath("a/b"))) == Path("a\\b")


@pytest.mark.parametrize(
    "form",
    [
        {"$nothing": 1},
        {"$date": "2024-13-01"},
        {"$date": 5},
        {"$date": "2024-01-01", "other": 1},
        {"$path": 5},
        {"$enum": "RED"},
        {"$enum": "Color.RED; import os"},
        {"$secret": "a b"},
        {"$secret": None},
        {"$file": {"path": "x"}},
        {"$file": {"path": 1, "sha256": "", "format": ""}},
        {"$file": "x"},
        {"$dict": 3},
        [{"a": {"$float": "much"}}],
    ],
)
def test_forms_that_nobody_wrote_are_refused(form):
    with pytest.raises(UnsupportedValue):
        decode(form)


@pytest.mark.parametrize("name", ["", "a b", "1x", "x;y", 'x"]', "é"])
def test_a_secret_has_a_name_that_an_environment_variable_can_have(name):
    with pytest.raises(ValueError, match="no name of a secret"):
        Secret(name)


@pytest.mark.parametrize(
    ("enum", "member"), [("", "A"), ("A", ""), ("A", "class"), ("a b", "X"), ("A", "x()")]
)
def test_an_enum_member_can_only_be_made_of_names(enum, member):
    with pytest.raises(ValueError, match="no name of an enum"):
        EnumMember(enum=enum, member=member)
