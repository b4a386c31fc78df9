# ruff: noqa: DTZ001 - naive datetimes are values like others
from __future__ import annotations

import ast
import math
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagbook.notebook.types import (
    ANY,
    ParamType,
    convert,
    describe,
    from_annotation,
    named,
    of_value,
    parse_text,
    problem,
)
from dagbook.notebook.values import EnumMember, FileValue, Secret
from tests.unit.notebook.strategies import same

ENUMS = {"Color": ("RED", "GREEN")}
INT, FLOAT, STR, BOOL, DATE = (ParamType(kind=kind) for kind in ("int", "float", "str", "bool", "date"))
DATETIME, PATH, LIST, DICT = (ParamType(kind=kind) for kind in ("datetime", "path", "list", "dict"))
COLOR = ParamType(kind="enum", name="Color", choices=("RED", "GREEN"))
AB = ParamType(kind="choice", choices=("a", "b"))
INT_OR_NONE = ParamType(kind="int", optional=True)
FILE = FileValue(path="features.parquet", sha256="", format="parquet")


def list_of(item: ParamType) -> ParamType:
    return ParamType(kind="list", item=item)


def dict_of(item: ParamType) -> ParamType:
    return ParamType(kind="dict", item=item)


def read(annotation: str) -> ParamType:
    return from_annotation(ast.parse(annotation, mode="eval").body, ENUMS)


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        ("int", INT),
        ("float", FLOAT),
        ("str", STR),
        ("bool", BOOL),
        ("int | None", INT_OR_NONE),
        ("None | int", INT_OR_NONE),
        ("Optional[int]", INT_OR_NONE),
        ("typing.Optional[int]", INT_OR_NONE),
        ("Union[int, None]", INT_OR_NONE),
        ("Union[None, 'int']", INT_OR_NONE),
        ("int | str", ANY),
        ("int | float | None", ANY),
        ('Literal["a", "b"]', AB),
        ("Literal[1, -2, True]", ParamType(kind="choice", choices=(1, -2, True))),
        ('Literal["a", "b", None]', ParamType(kind="choice", choices=("a", "b"), optional=True)),
        ('Literal["a", "b"] | None', ParamType(kind="choice", choices=("a", "b"), optional=True)),
        ("Literal[Other.X]", ANY),
        ('Annotated[int, "rows"]', INT),
        ("Annotated[int | None, Gt(3)]", ParamType(kind="int", optional=True, bounds=(("Gt", 3),))),
        ("Final[int]", INT),
        ("list", LIST),
        ("list[int]", list_of(INT)),
        ("List[str]", list_of(STR)),
        ("Sequence[list[float]]", list_of(list_of(FLOAT))),
        ("collections.abc.Sequence[int]", list_of(INT)),
        ("list[Any]", LIST),
        ("list[Unheard]", ANY),
        ("dict", DICT),
        ("dict[str, float]", dict_of(FLOAT)),
        ("Mapping[str, int]", dict_of(INT)),
        ("dict[str]", ANY),
        ("date", DATE),
        ("datetime.date", DATE),
        ("dt.date", DATE),
        ("datetime", DATETIME),
        ("datetime.datetime", DATETIME),
        ("Path", PATH),
        ("pathlib.Path", PATH),
        ("Any", ANY),
        ("typing.Any", ANY),
        ("None", ANY),
        ("Color", COLOR),
        ("Color | None", ParamType(kind="enum", name="Color", choices=("RED", "GREEN"), optional=True)),
        ("'int | None'", INT_OR_NONE),
        ("'Color'", COLOR),
        ("'int |'", ANY),
        ("'" + "(" * 500 + "'", ANY),
        ("np.int64", ANY),
        ("np.float", ANY),
        ("pd.DataFrame", ANY),
        ("tuple[int, int]", ANY),
        ("f(x)", ANY),
        ("5", ANY),
        ("x[1][2]", ANY),
    ],
)
def test_annotations_are_read_as_people_write_them(annotation, expected):
    assert read(annotation) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("int", INT),
        (" int | None ", INT_OR_NONE),
        ("list[str]", list_of(STR)),
        ("date", DATE),
        ("path", PATH),
        ("Path", PATH),
        ("any", ANY),
        ("dict[str, list[int]]", dict_of(list_of(INT))),
        ("Literal['a', 'b']", AB),
    ],
)
def test_a_type_in_a_pipeline_file_is_read_by_name(text, expected):
    assert named(text) == expected


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("integer", "did you mean 'int'"),
        ("flaot", "did you mean 'float'"),
        ("list[strr]", "did you mean 'str'"),
        ("", "known are any, str, int"),
        ("int |", "known"),
        ("int; import os", "known"),
        ("Color", "known"),
        ("__import__('os')", "known"),
        ("int\nstr", "known"),
    ],
)
def test_an_unknown_type_name_is_answered_with_the_known_ones(text, says):
    with pytest.raises(ValueError, match="unknown type") as refused:
        named(text)
    assert says.lower() in str(refused.value).lower()


plain_types = st.sampled_from([INT, FLOAT, STR, BOOL, DATE, DATETIME, PATH, LIST, DICT, AB, INT_OR_NONE])
param_types = st.recursive(plain_types, lambda inner: inner.map(list_of) | inner.map(dict_of), max_leaves=4)


@given(param_types)
def test_a_described_type_can_be_read_again(t):
    assert named(describe(t)) == t


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "any"),
        (True, "bool"),
        (1, "int"),
        (1.0, "float"),
        ("x", "str"),
        ([1, "a"], "list"),
        ({}, "dict"),
        (date(2024, 1, 1), "date"),
        (datetime(2024, 1, 1), "datetime"),
        (Path("x"), "Path"),
        (EnumMember(enum="Color", member="RED"), "Color"),
        ((1, 2), "any"),
    ],
)
def test_the_type_of_a_default_is_the_type_of_its_value(value, text):
    assert describe(of_value(value)) == text


@pytest.mark.parametrize(
    ("t", "value", "converted"),
    [
        (INT, 5, 5),
        (INT, -(10**30), -(10**30)),
        (INT_OR_NONE, None, None),
        (FLOAT, 5, 5.0),
        (FLOAT, math.inf, math.inf),
        (STR, "x", "x"),
        (STR, FILE, FILE),
        (PATH, FILE, FILE),
        (PATH, "a/b", Path("a/b")),
        (PATH, Path("a"), Path("a")),
        (BOOL, False, False),
        (DATE, "2024-01-02", date(2024, 1, 2)),
        (DATE, date(2024, 1, 2), date(2024, 1, 2)),
        (DATETIME, "2024-01-02T03:04:05+00:00", datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)),
        (DATETIME, date(2024, 1, 2), datetime(2024, 1, 2)),
        (DATETIME, datetime(2024, 1, 2, 3), datetime(2024, 1, 2, 3)),
        (list_of(DATE), ["2024-01-02"], [date(2024, 1, 2)]),
        (list_of(FLOAT), [1, 2.5], [1.0, 2.5]),
        (LIST, [1, "a", None], [1, "a", None]),
        (dict_of(PATH), {"a": "b"}, {"a": Path("b")}),
        (AB, "a", "a"),
        (COLOR, "RED", EnumMember(enum="Color", member="RED")),
        (COLOR, EnumMember(enum="Color", member="RED"), EnumMember(enum="Color", member="RED")),
        (INT, Secret("KEY"), Secret("KEY")),
        (ANY, {"x": (1,)}, {"x": (1,)}),
        (ANY, None, None),
        (ANY, FILE, FILE),
    ],
)
def test_a_value_that_fits_is_converted_to_its_type(t, value, converted):
    assert problem(t, value) is None
    assert same(convert(t, value), converted)


@pytest.mark.parametrize(
    ("t", "value", "says"),
    [
        (INT, "abc", "expected int, got 'abc' (str)"),
        (INT, True, "expected int, got True (bool)"),
        (INT, 5.0, "expected int, got 5.0 (float)"),
        (INT, None, "expected int, got None"),
        (INT, FILE, "expected int, got a file (parquet)"),
        (FLOAT, "1", "expected float, got '1' (str)"),
        (FLOAT, False, "expected float"),
        pytest.param(FLOAT, 10**400, "expected float", id="10**400"),
        (STR, 5, "expected str, got 5 (int)"),
        (STR, date(2024, 1, 1), "expected str, got 2024-01-01 (date)"),
        (BOOL, 1, "expected bool, got 1 (int)"),
        (BOOL, "true", "expected bool"),
        (DATE, "yesterday", "expected date, got 'yesterday' (str)"),
        (DATE, datetime(2024, 1, 1), "expected date"),
        (DATE, 20240101, "expected date"),
        (DATETIME, "noon", "expected datetime"),
        (PATH, 5, "expected Path"),
        (list_of(INT), "1,2", "expected list[int], got '1,2' (str)"),
        (list_of(INT), [1, "b"], "at [1]: expected int, got 'b' (str)"),
        (dict_of(INT), {"k": "v"}, "at ['k']: expected int, got 'v' (str)"),
        (list_of(list_of(INT)), [[1], [2, "c"]], "at [1][1]: expected int, got 'c' (str)"),
        (DICT, {1: 2}, "expected dict"),
        (LIST, (1, 2), "expected list, got (1, 2) (tuple)"),
        (AB, "c", "expected Literal['a', 'b'], got 'c' (str)"),
        (ParamType(kind="choice", choices=(1,)), True, "expected Literal[1], got True (bool)"),
        (COLOR, "BLUE", "expected Color, got 'BLUE' (str)"),
        (COLOR, EnumMember(enum="Shape", member="RED"), "got Shape.RED (enum)"),
        (INT, "x" * 1000, "…"),
        pytest.param(STR, 10**5000, "a very long number", id="10**5000"),
    ],
)
def test_a_value_that_does_not_fit_is_said_to(t, value, says):
    assert says in (problem(t, value) or "it fits")


@pytest.mark.parametrize(
    ("t", "text", "value"),
    [
        (INT, "500", 500),
        (INT, " -7 ", -7),
        (INT, "+7", 7),
        (INT, "007", 7),
        (FLOAT, "5e2", 500.0),
        (FLOAT, "inf", math.inf),
        (FLOAT, "nan", math.nan),
        (BOOL, "Yes", True),
        (BOOL, "on", True),
        (BOOL, "1", True),
        (BOOL, "FALSE", False),
        (BOOL, "off", False),
        (STR, "500", "500"),
        (STR, ' "quoted" ', ' "quoted" '),
        (STR, "none", "none"),
        (STR, "", ""),
        (ParamType(kind="str", optional=True), "None", None),
        (INT_OR_NONE, "null", None),
        (INT_OR_NONE, "5", 5),
        (list_of(INT), "1,2, 3", [1, 2, 3]),
        (list_of(INT), "[1, 2]", [1, 2]),
        (list_of(INT), "", []),
        (list_of(STR), "a,007", ["a", "007"]),
        (list_of(DATE), "2024-01-01,2024-01-02", [date(2024, 1, 1), date(2024, 1, 2)]),
        (list_of(DATE), '["2024-01-01"]', [date(2024, 1, 1)]),
        (LIST, "1,a,true", [1, "a", True]),
        (DICT, '{"a": [1]}', {"a": [1]}),
        (dict_of(FLOAT), '{"a": 1}', {"a": 1.0}),
        (DICT, '{"$date": "x"}', {"$date": "x"}),
        (DATE, "2024-01-02", date(2024, 1, 2)),
        (DATETIME, "2024-01-02T03:00", datetime(2024, 1, 2, 3)),
        (PATH, "a b/c", Path("a b/c")),
        (AB, "b", "b"),
        (ParamType(kind="choice", choices=(1, 2)), "2", 2),
        (ParamType(kind="choice", choices=(True, False)), "true", True),
        (COLOR, "RED", EnumMember(enum="Color", member="RED")),
        (COLOR, "Color.GREEN", EnumMember(enum="Color", member="GREEN")),
        (ANY, "5", 5),
        (ANY, "1e3", 1000.0),
        (ANY, "null", None),
        (ANY, '"5"', "5"),
        (ANY, "[1, {}]", [1, {}]),
        (ANY, "007", "007"),
        (ANY, "1_000", "1_000"),
        (ANY, "NaN", "NaN"),
        (ANY, "on", "on"),
        (ANY, "12:30:00", "12:30:00"),
        (ANY, "[" * 100_000, "[" * 100_000),
    ],
    ids=lambda value: value[:20] if isinstance(value, str) else None,
)
def test_text_is_read_by_the_declared_type(t, text, value):
    assert same(parse_text(t, text), value)


@pytest.mark.parametrize(
    ("t", "text", "says"),
    [
        (INT, "500x", "'500x' is no int"),
        (INT, "5e2", "'5e2' is no int"),
        (INT, "1_000", "'1_000' is no int"),
        (INT, "5.0", "'5.0' is no int"),
        (INT, "", "'' is no int"),
        (INT, "٣", "is no int"),
        (INT, "none", "'none' is no int"),
        (INT, "9" * 4001, "an int may have 4000 digits, and this has 4001"),
        (FLOAT, "1_0.5", "'1_0.5' is no float"),
        (FLOAT, "much", "'much' is no float"),
        (BOOL, "ja", "'ja' is no bool: write true or false"),
        (list_of(INT), "1,b", "'b' is no int"),
        (list_of(INT), "1,,2", "'' is no int"),
        (list_of(INT), "[1, 'b']", "is no list: as JSON, Expecting value at character 5"),
        (list_of(INT), '[1, "b"]', "at [1]: expected int"),
        (list_of(list_of(INT)), "1,2", "write it as JSON"),
        (DICT, "a=1", "'a=1' is no dict: as JSON"),
        (DICT, "[1]", "expected dict"),
        (DICT, '{"a": NaN}', "NaN is not allowed"),
        (DICT, "[" * 100_000, "nested too deeply"),
        (DATE, "1.2.2024", "write it as 2024-12-31"),
        (DATETIME, "noon", "'noon' is no datetime"),
        (ParamType(kind="choice", choices=("forest", "boost")), "forrest", "did you mean 'forest'?"),
        (ParamType(kind="choice", choices=(1, 2)), "3", "'3' is none of 1, 2"),
        (COLOR, "REDD", "'REDD' is none of RED, GREEN; did you mean 'RED'?"),
    ],
    ids=lambda value: value[:20] if isinstance(value, str) else None,
)
def test_text_that_cannot_be_read_is_answered_in_a_plain_sentence(t, text, says):
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - the text is compared whole below
        parse_text(t, text)
    assert says in str(refused.value)


@given(param_types | st.just(ANY) | st.just(COLOR), st.text())
def test_any_text_gives_a_value_that_fits_or_a_value_error(t, text):
    try:
        value = parse_text(t, text)
    except ValueError as error:
        assert str(error)  # noqa: PT017 - either way out is right
    else:
        assert problem(t, value) is None
