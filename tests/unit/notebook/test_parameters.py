# ruff: noqa: DTZ001 - naive datetimes are values like others
from __future__ import annotations

import math
import subprocess
import sys
from datetime import date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagbook.notebook.defaults import Unevaluated
from dagbook.notebook.parameters import MISSING, ParametersError, check_parameters, declared_parameters
from dagbook.notebook.types import describe
from dagbook.notebook.values import EnumMember, Secret, decode, encode
from tests.unit.notebook.notebooks import code, markdown, notebook, with_parameters
from tests.unit.notebook.strategies import same

ENUM = """
from enum import Enum
class Color(Enum):
    RED = 1
    GREEN = 2
    _hidden = 3
    def f(self): ...
"""


def declared(source: str, *before: str):
    found = declared_parameters(with_parameters(source, *before))
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("source", "name", "type_", "default", "help_"),
    [
        ("rows: int = 500  # how many rows", "rows", "int", 500, "how many rows"),
        ("rows = 500", "rows", "int", 500, ""),
        ("rows: int", "rows", "int", MISSING, ""),
        ("rows: int  # must be given", "rows", "int", MISSING, "must be given"),
        ("rows: int = None", "rows", "int | None", None, ""),
        ("rows: int | None = None", "rows", "int | None", None, ""),
        ("x = None", "x", "any", None, ""),
        ("x = -1", "x", "int", -1, ""),
        ("x = +1.5", "x", "float", 1.5, ""),
        ("x = True", "x", "bool", True, ""),
        ("x = 'a' 'b'", "x", "str", "ab", ""),
        ("x = [1, [2], {'a': None}]", "x", "list", [1, [2], {"a": None}], ""),
        ("x = {'a': 1}", "x", "dict", {"a": 1}, ""),
        ("x = float('nan')", "x", "float", math.nan, ""),
        ("x = -float('inf')", "x", "float", -math.inf, ""),
        ("x = math.inf", "x", "float", math.inf, ""),
        ("x = np.nan", "x", "float", math.nan, ""),
        ("x = date(2024, 1, 2)", "x", "date", date(2024, 1, 2), ""),
        ("x = datetime.date(2024, 1, day=2)", "x", "date", date(2024, 1, 2), ""),
        ("x = date.fromisoformat('2024-01-02')", "x", "date", date(2024, 1, 2), ""),
        ("x = datetime(2024, 1, 2, 3)", "x", "datetime", datetime(2024, 1, 2, 3), ""),
        ("x = datetime.datetime(2024, 1, 2)", "x", "datetime", datetime(2024, 1, 2), ""),
        ('x = Path("a")', "x", "Path", Path("a"), ""),
        ('x = pathlib.Path("a", "b")', "x", "Path", Path("a/b"), ""),
        ("x = [date(2024, 1, 2)]", "x", "list", [date(2024, 1, 2)], ""),
        ('x: Literal["a", "b"] = "a"', "x", "Literal['a', 'b']", "a", ""),
        ("x = Color.RED", "x", "Color", EnumMember(enum="Color", member="RED"), ""),
        ("x: Color = Color.GREEN", "x", "Color", EnumMember(enum="Color", member="GREEN"), ""),
        ("x = 1  # type: float", "x", "float", 1, ""),
        ("x = 1  # type: float  # the rate", "x", "float", 1, "the rate"),
        ("x = 1  # type: ignore", "x", "int", 1, ""),
        ("x = 1  # noqa: E501", "x", "int", 1, ""),
        ("x = [\n    1,  # one\n]  # numbers", "x", "list", [1], "numbers"),
        ("x = '# no help'", "x", "str", "# no help", ""),
        ("x = 1  ## double", "x", "int", 1, "double"),
    ],
)
def test_a_declaration_is_read_without_being_run(source, name, type_, default, help_):
    (found,) = declared(source, ENUM)
    assert (found.name, describe(found.type), found.help) == (name, type_, help_)
    assert found.default is default or same(found.default, default)


@pytest.mark.parametrize(
    "expression",
    [
        "os.getcwd()",
        "10 * 1000",
        "f'{a}'",
        "(1, 2)",
        "{1, 2}",
        "b'x'",
        "1j",
        "...",
        "{1: 2}",
        "{**a}",
        "[*a]",
        "date(2024, 13, 1)",
        "date('x')",
        "date(*a)",
        "date(**a)",
        "Path.home()",
        "Color.BLUE",
        "Other.RED",
        "-'x'",
        "-True",
        "lambda: 1",
        "[open('PWNED', 'w')]",
        "x.y.z",
        "float('much')",
        "float([1])",
        "!ls",
    ],
)
def test_what_only_running_would_tell_stays_source(expression):
    (found,) = declared(f"x = {expression}", ENUM)
    assert isinstance(found.default, Unevaluated)
    assert describe(found.type) == "any"
    assert found.default_source == found.default.source


@pytest.mark.parametrize("terms", [500, 900, 2500, 50_000])
def test_a_default_too_deep_to_be_read_is_no_crash(terms):
    try:
        (found,) = declared("x = " + "+".join("1" * terms))
    except ParametersError:
        return
    assert isinstance(found.default, Unevaluated)


def test_an_annotation_gives_the_type_where_the_default_cannot():
    (found,) = declared("x: int = compute()")
    assert (describe(found.type), found.default) == ("int", Unevaluated("compute()"))


def test_several_names_in_one_statement_are_several_parameters():
    found = declared("a, b = 1, 'two'\nx = y = 3.0\n(c, [d]) = 4, [5]; e = 6  # last")
    assert [(p.name, p.default, p.line) for p in found] == [
        ("a", 1, 1), ("b", "two", 1), ("x", 3.0, 2), ("y", 3.0, 2), ("c", 4, 3), ("d", 5, 3), ("e", 6, 3),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "source", ["a, b = load()", "a, b = 'xy'", "a, *b = 1, 2", "a, b = *c, 1", "a, b = 1, 2, 3"]
)
def test_names_whose_values_cannot_be_told_apart_have_no_known_default(source):
    assert [(p.name, type(p.default)) for p in declared(source)] == [("a", Unevaluated), ("b", Unevaluated)]


def test_the_last_assignment_counts_and_the_first_gives_the_order():
    found = declared("a = 1\nb = 2\na = 3\nb *= 2")
    assert [(p.name, p.default) for p in found] == [("a", 3), ("b", Unevaluated("b * 2"))]


def test_other_statements_declare_nothing():
    assert (
        declared("import os\nd['x'] = 1\no.x = 2\no.y: int = 3\nif a:\n    z = 1\ndef f(q=1): ...\nc += 1")
        == ()
    )


def test_positions_are_those_of_the_notebook_and_of_the_cell():
    nb = notebook(
        markdown("# T"), code("import os"), code("%load_ext dagbook\n\nx = 1  # x\n!ls", tags=["parameters"])
    )
    (found,) = declared_parameters(nb) or ()
    assert (found.cell, found.line, found.help) == (3, 3, "x")


def test_the_magic_makes_a_parameters_cell_too():
    (found,) = declared_parameters(notebook(code("%%parameters\nx: int = 1  # x"))) or ()
    assert (found.name, found.line, found.help) == ("x", 2, "x")


def test_an_enum_defined_after_the_parameters_is_not_known():
    nb = with_parameters("x = Color.RED")
    nb["cells"].append(code(ENUM))
    (found,) = declared_parameters(nb) or ()
    assert found.default == Unevaluated("Color.RED")


def test_an_enum_may_be_defined_in_the_parameters_cell_and_carries_its_members():
    (found,) = declared(f"{ENUM}\nx = Color.RED", "broken(")
    assert found.type.choices == ("RED", "GREEN")


def test_a_notebook_without_a_parameters_cell_declares_none():
    assert declared_parameters(notebook(code("x = 1"))) == ()


def test_other_languages_keep_their_parameters_to_themselves():
    assert declared_parameters(notebook(code("x <- 1", tags=["parameters"]), language="R")) is None


def test_a_parameters_cell_that_is_no_python_is_named_with_its_line():
    with pytest.raises(
        ParametersError, match="line 2 of the parameters cell \\(cell 1\\) is no Python"
    ) as error:
        declared("x = 1\ny = = 2")
    assert (error.value.cell, error.value.line) == (1, 2)


def test_several_parameters_cells_are_both_named():
    nb = notebook(code("x = 1", tags=["parameters"]), markdown("#"), code("%%parameters\ny = 1"))
    with pytest.raises(ParametersError, match="cells 1 and 3"):
        declared_parameters(nb)


@given(st.text())
def test_no_cell_makes_reading_fail_in_another_way(source):
    try:
        found = declared(source)
    except ParametersError:
        return
    for parameter in found:
        if parameter.default is not MISSING and not isinstance(parameter.default, Unevaluated):
            assert same(decode(encode(parameter.default)), parameter.default)


def test_reading_imports_nothing_that_the_notebook_names(tmp_path):
    script = (
        "from dagbook.notebook.parameters import declared_parameters as d\n"
        "nb = {'metadata': {}, 'cells': [{'cell_type': 'code', 'metadata': {'tags': ['parameters']},"
        " 'source': 'x = open(\"PWNED\", \"w\")\\nimport antigravity'}]}\n"
        "d(nb)\nimport sys\nassert 'antigravity' not in sys.modules\nassert 'nbformat' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script], cwd=tmp_path, check=True)
    assert not (tmp_path / "PWNED").exists()


def check(source: str, **given_: object):
    return check_parameters(declared(source, ENUM), given_, node="train", file="train.ipynb")


@pytest.mark.parametrize(
    ("source", "values"),
    [
        ("rows: int", {"rows": 5}),
        ("rows: int = 5", {}),
        ("rate: float = 0.5", {"rate": 1}),
        ("x = None", {"x": [1, {"a": None}]}),
        ("day: date", {"day": "2024-01-01"}),
        ("key: str", {"key": Secret("API_KEY")}),
        ("c: Color", {"c": "RED"}),
        ("input = 'a.csv'", {"input": "b.csv"}),
        ("_private = 1", {"_private": 2}),
    ],
)
def test_values_that_fit_have_no_findings(source, values):
    assert check(source, **values) == ()


@pytest.mark.parametrize(
    ("source", "values", "code_", "says"),
    [
        ("rows = 1\nmodel = 'a'", {"row": 5}, "unknown-parameter", "did you mean 'rows'?"),
        ("rows = 1", {"zzz": 5}, "unknown-parameter", "use one of: rows"),
        ("", {"rows": 5}, "unknown-parameter", "tag a cell `parameters` and write `rows = …`"),
        ("rows: int", {}, "missing-parameter", "cell 2: parameter 'rows' (int) must be given"),
        ("rows = 1", {"rows": "5x"}, "parameter-type", "parameter 'rows': expected int, got '5x' (str)"),
        ("rows = 1", {"rows": True}, "parameter-type", "expected int, got True (bool)"),
        ("rows = 1", {"rows": None}, "parameter-type", "expected int, got None"),
        ("c: Color", {"c": "BLUE"}, "parameter-type", "expected Color"),
        (
            "rows = 1",
            {"rows": (1, 2)},
            "parameter-value",
            "a value of type tuple cannot be passed on. Fix: give a list",
        ),
        ("rows = 1", {"rows": [{1: 2}]}, "parameter-value", "at [0]"),
        ("x = ''", {"x": "\ud800"}, "parameter-value", "a lone surrogate"),
        ("rows = 1", {"a b": 1}, "parameter-name", "'a b' cannot be the name of a parameter"),
        ("rows = 1", {"x=1\nopen('PWNED')\ny": 1}, "parameter-name", "use letters, digits and _"),
        ("rows = 1", {"x.y": 1}, "parameter-name", "use letters, digits and _"),
        ("rows = 1", {"1x": 1}, "parameter-name", "use letters, digits and _"),
        ("rows = 1", {"": 1}, "parameter-name", "use letters, digits and _"),
        ("rows = 1", {"class": 1}, "parameter-name", "a word of Python's own"),
        ("rows = 1", {"__builtins__": 1}, "parameter-name", "names that begin with __"),
        ("__x = 1", {"__x": 1}, "parameter-name", "names that begin with __"),
        ("rows = 1", {"print": 1}, "parameter-name", "would hide Python's own print"),
    ],
)
def test_a_wrong_parameter_is_found_before_anything_runs(source, values, code_, says):
    (finding,) = check(source, **values)
    assert finding.code == code_
    assert says in str(finding)
    assert str(finding).startswith("train.ipynb: node 'train'")


def test_everything_wrong_is_said_at_once():
    findings = check("a: int\nb: str = ''", b=1, c=2, **{"d e": 3})
    assert [f.code for f in findings] == [
        "parameter-type",
        "unknown-parameter",
        "parameter-name",
        "missing-parameter",
    ]


def test_in_another_language_only_names_and_values_are_checked():
    found = check_parameters(None, {"x": 1, "print": 2, "a b": 3, "y": {1}}, node=None, file="x.ipynb")
    assert [finding.code for finding in found] == ["parameter-name", "parameter-value"]
