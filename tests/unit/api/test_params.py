"""The parameters of a run: from the command line, a file or Python, to values of the declared types."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from dagbook.api.params import parse_assignments, read_params_file, run_params
from dagbook.errors import InvalidInput
from dagbook.notebook.values import Secret
from tests.unit.pipeline.specs import spec

PIPELINE = spec(
    {"a": {}},
    params={
        "rows": 100,
        "rate": 0.5,
        "name": "x",
        "on": False,
        "model": {"default": "forest", "choices": ["forest", "boost"]},
        "day": {"type": "date", "default": "2026-01-02"},
        "sizes": {"type": "list[int]", "default": [1]},
        "need": {"type": "int"},
        "key": {"secret": "API_KEY"},
        "maybe": {"type": "int | None", "default": None},
    },
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("rows=5", 5), (" rows =5", 5), ("rate=1", 1.0), ("rate=1e-3", 0.001), ("name=a=b", "a=b"),
        ("name=", ""), ("name=5", "5"), ("on=true", True), ("model=boost", "boost"),
        ("day=2026-05-06", date(2026, 5, 6)),
        ("sizes=[1, 2]", [1, 2]), ("maybe=3", 3),
    ],
)  # fmt: skip
def test_a_text_is_read_by_the_type_of_its_parameter(text: str, value: Any):
    found = parse_assignments(PIPELINE, [text])[text.partition("=")[0].strip()]
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("rows", "parameter-syntax"), ("=5", "parameter-syntax"), ("", "parameter-syntax"),
        ("rowz=5", "unknown-parameter"), ("rows=many", "parameter-type"), ("rows=5.5", "parameter-type"),
        ("on=perhaps", "parameter-type"), ("model=tree", "parameter-type"), ("day=soon", "parameter-type"),
        ("sizes=[a]", "parameter-type"),
    ],
)  # fmt: skip
def test_a_text_that_does_not_fit_is_refused_with_a_remedy(text: str, code: str):
    with pytest.raises(InvalidInput) as caught:
        parse_assignments(PIPELINE, [text])
    (finding,) = caught.value.findings
    assert finding.code == code
    assert finding.remedy


def test_all_that_is_wrong_is_told_at_once():
    with pytest.raises(InvalidInput) as caught:
        parse_assignments(PIPELINE, ["rowz=1", "rows=x", "rate"])
    assert [f.code for f in caught.value.findings] == [
        "unknown-parameter",
        "parameter-type",
        "parameter-syntax",
    ]


def test_a_run_has_every_parameter_with_given_values_over_defaults():
    assert run_params(PIPELINE, {"need": 1, "rate": 2, "rows": 7}) == {
        "rows": 7,
        "rate": 2.0,
        "name": "x",
        "on": False,
        "model": "forest",
        "day": date(2026, 1, 2),
        "sizes": [1],
        "need": 1,
        "key": Secret("API_KEY"),
        "maybe": None,
    }


@pytest.mark.parametrize(
    ("given", "code", "said"),
    [
        ({}, "missing-parameter", "'need' has no default"),
        ({"need": 1, "rowz": 2}, "unknown-parameter", "no parameter 'rowz'"),
        ({"need": "1"}, "parameter-type", "expected int"),
        ({"need": None}, "parameter-type", "expected int"),
        ({"need": True}, "parameter-type", "expected int"),
        ({"need": 1, "model": "tree"}, "parameter-type", "expected Literal"),
        ({"need": 10**5000}, "parameter-type", "more than 4000 digits"),
    ],
)
def test_values_that_do_not_fit_are_refused(given: dict[str, Any], code: str, said: str):
    with pytest.raises(InvalidInput) as caught:
        run_params(PIPELINE, given)
    (finding,) = caught.value.findings
    assert finding.code == code
    assert said in finding.message


@pytest.mark.parametrize(
    "content", ["rows: 5\nname: x\n", '{"rows": 5, "name": "x"}', "\ufeffrows: 5\nname: x\n"]
)
def test_a_file_of_parameters_is_yaml_or_json(tmp_path: Path, content: str):
    file = tmp_path / "params.yaml"
    file.write_text(content, "utf-8")
    assert read_params_file(file) == {"rows": 5, "name": "x"}


@pytest.mark.parametrize(
    "content",
    [
        b"", b"- a\n", b"x", b"a: b: c\n", b"1: x\n", b"\xff\xfe", b"a: \0", b"a: 2024-13-45\n",
        b"a: &a [*a]\n" * 2, b"a: 0001-01-01T00:00:00+99:99\n", b"[" * 5000,
        b"a: !!python/object:os.system x\n", b"a: " + b"9" * 5000,
    ],
    ids=lambda content: repr(content[:20]),
)  # fmt: skip
def test_a_file_that_holds_no_parameters_is_refused(tmp_path: Path, content: bytes):
    file = tmp_path / "params.yaml"
    file.write_bytes(content)
    with pytest.raises(InvalidInput) as caught:
        read_params_file(file)
    assert caught.value.findings[0].file == str(file)
    assert caught.value.findings[0].remedy


def test_a_file_that_is_not_there_or_a_folder_is_refused(tmp_path: Path):
    for path in (tmp_path / "gone.yaml", tmp_path):
        with pytest.raises(InvalidInput):
            read_params_file(path)
