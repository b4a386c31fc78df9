"""Findings read well, and the nearest name is found."""

from __future__ import annotations

import json

import pytest

from dagbook.errors import (
    DagbookError,
    EnvironmentFault,
    Exit,
    Finding,
    InvalidInput,
    NotFound,
    RunBusy,
    did_you_mean,
    nearest,
)


@pytest.mark.parametrize(
    ("place", "shown"),
    [
        ({}, "it is wrong. Fix: mend it"),
        ({"file": "a.yaml"}, "a.yaml: it is wrong. Fix: mend it"),
        ({"file": "a.yaml", "line": 3}, "a.yaml:3: it is wrong. Fix: mend it"),
        ({"file": "a.yaml", "line": 3, "column": 7}, "a.yaml:3:7: it is wrong. Fix: mend it"),
        ({"node": "train"}, "node 'train': it is wrong. Fix: mend it"),
        ({"file": "a", "node": "b", "cell": 2}, "a: node 'b' cell 2: it is wrong. Fix: mend it"),
        ({"remedy": ""}, "it is wrong"),
    ],
)  # fmt: skip
def test_a_finding_says_where_what_and_the_remedy(place: dict[str, object], shown: str):
    given = {"code": "c", "message": "it is wrong", "remedy": "mend it"} | place
    assert str(Finding(**given)) == shown  # type: ignore[arg-type]


def test_a_finding_as_json_has_every_field():
    finding = Finding(code="c", message="größe", remedy="r", file="f", line=1)
    assert json.loads(json.dumps(finding.to_json())) == {
        "code": "c", "message": "größe", "remedy": "r", "file": "f", "line": 1, "column": None, "node": None,
        "cell": None, "parameter": None, "severity": "error",
    }  # fmt: skip


def test_an_error_says_all_its_findings():
    error = InvalidInput(
        Finding(code="a", message="one", remedy=""), Finding(code="b", message="two", remedy="x")
    )
    assert str(error) == "one\ntwo. Fix: x"
    assert [finding.code for finding in error.findings] == ["a", "b"]


@pytest.mark.parametrize(
    ("kind", "code"),
    [(InvalidInput, 2), (NotFound, 2), (EnvironmentFault, 3), (RunBusy, 4), (DagbookError, 70)],
)
def test_an_error_has_its_exit_code(kind: type[DagbookError], code: int):
    assert kind.exit_code == code == Exit(code)


@pytest.mark.parametrize(
    ("word", "known", "found"),
    [
        ("trian", ["train", "test"], "train"),
        ("ROWS", ["rows", "cols"], "rows"),
        ("x", ["prepare"], None),
        ("", ["prepare"], None),
        ("train", [], None),
    ],
)
def test_the_nearest_name_is_found_where_one_is_near(word: str, known: list[str], found: str | None):
    assert nearest(word, known) == found


@pytest.mark.parametrize(
    ("word", "known", "said"),
    [
        ("trian", ["train", "test"], "did you mean 'train'?"),
        ("zzz", ["b", "a", "b"], "use one of: a, b"),
        ("zzz", [f"n{i:02d}" for i in range(20)], ", n11, …"),
        ("zzz", [], "otherwise this"),
    ],
)
def test_a_remedy_names_the_nearest_or_the_others(word: str, known: list[str], said: str):
    assert did_you_mean(word, known, "otherwise this").endswith(said)
