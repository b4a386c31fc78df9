"""Parameters that do not fit: refused by name before anything starts, with the nearest or the wanted type."""

from __future__ import annotations

import pytest

from tests.acceptance.notebooks import parameters
from tests.acceptance.project import Project, refused, refused_before_anything
from tests.conftest import ROOT

PIPELINE = """pipeline: p
params:
  rows: 100
  rate: 0.5
  fast: false
  model: {default: forest, choices: [forest, boost]}
  day: {type: date, default: 2024-02-29}
  sizes: {type: 'list[int]', default: [1]}
  maybe: {type: int | None, default: null}
  must: {type: int}
nodes:
  n:
    notebook: n.ipynb
    params:
      x:
        - ${params.rows}
        - ${params.rate}
        - ${params.fast}
        - ${params.model}
        - ${params.day}
        - ${params.sizes}
        - ${params.maybe}
        - ${params.must}
"""

MUST = ("-p", "must=1")


@pytest.fixture
def declared(project: Project) -> Project:
    project.notebook("n.ipynb", parameters("x = []"), "x")
    project.pipeline(PIPELINE)
    return project


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        ((*MUST, "-p", "rosw=5"), ["'rosw'", "did you mean 'rows'?"]),
        ((*MUST, "-p", "colour=red"), ["'colour'", "use one of: day, fast"]),
        ((), ["'must'", "was not given", "-p must="]),
        (("-p", "must"), ["`-p must`", "NAME=VALUE"]),
        ((*MUST, "-p", "=5"), ["`-p =5`", "NAME=VALUE"]),
        ((*MUST, "-p", "rows=many"), ["'rows'", "'many'", "int"]),
        ((*MUST, "-p", "rows=1.5"), ["'rows'", "'1.5'", "int"]),
        ((*MUST, "-p", "rows="), ["'rows'", "int"]),
        ((*MUST, "-p", f"rows={'9' * 5000}"), ["'rows'", "digits"]),
        ((*MUST, "-p", "rate=fast"), ["'rate'", "'fast'", "float"]),
        ((*MUST, "-p", "fast=maybe"), ["'fast'", "'maybe'", "true or false"]),
        ((*MUST, "-p", "model=tree"), ["'model'", "tree", "forest"]),
        ((*MUST, "-p", "day=2024-02-30"), ["'day'", "2024-02-30", "2024-12-31"]),
        ((*MUST, "-p", "sizes=[1, 'a']"), ["'sizes'"]),
        ((*MUST, "-p", 'sizes=["a"]'), ["'sizes'", "int"]),
        ((*MUST, "-p", "maybe=some"), ["'maybe'", "int"]),
    ],
    ids=lambda value: " ".join(value)[-24:] if isinstance(value, tuple) else "",
)
def test_a_wrong_parameter_is_named_before_anything_runs(
    declared: Project, arguments: tuple[str, ...], parts: list[str]
):
    refused(declared.dagbook("run", "p.pipeline.yaml", *arguments), *parts)
    assert not declared.runs.exists()


def test_every_wrong_parameter_is_named_at_once(declared: Project):
    answer = declared.dagbook("run", "p.pipeline.yaml", "-p", "rosw=5", "-p", "rate=x", "-p", "fast=maybe")
    refused(answer, "'rosw'", "'rate'", "'fast'")


def test_an_error_is_json_too_when_it_is_asked_for(declared: Project):
    answer = declared.dagbook("run", "p.pipeline.yaml", "--json", *MUST, "-p", "rosw=5")
    assert answer.code == 2
    assert answer.err == ""
    (finding,) = answer.json["error"]
    assert finding["code"] == "unknown-parameter"
    assert finding["remedy"] == "did you mean 'rows'?"


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("- 1\n", ["no mapping"]),
        ("rows: [1\n", ["given.yaml:2:1: "]),
        ("rows: many\nmust: 1\n", ["'rows'", "int"]),
        ("rosw: 1\nmust: 1\n", ["'rosw'", "'rows'"]),
        ("must: 1\nmust: 2\n", ["given.yaml:2:1: ", "'must' is written twice"]),
    ],
)
def test_a_wrong_parameters_file_is_refused(declared: Project, text: str, parts: list[str]):
    (declared.folder / "given.yaml").write_text(text)
    refused(declared.dagbook("run", "p.pipeline.yaml", "--params-file", "given.yaml"), *parts)
    assert not declared.runs.exists()


def test_a_parameters_file_that_is_not_there_is_named(declared: Project):
    refused(declared.dagbook("run", "p.pipeline.yaml", "--params-file", "no.yaml"), "no.yaml", "No such file")


# What node `n` is given, what the notebook declares, code, parts of the message.
GIVEN = {
    "unknown to the notebook": (
        "rwos: 5",
        "rows = 1",
        "unknown-parameter",
        ["'rwos'", "did you mean 'rows'?"],
    ),
    "of the wrong type": ("rows: many", "rows: int = 1", "parameter-type", ["'rows'", "int", "'many'"]),
    "no choice": (
        "mode: c",
        "from typing import Literal\nmode: Literal['a', 'b'] = 'a'",
        "parameter-type",
        ["'mode'", "'c'", "'a', 'b'"],
    ),
    "missing": ("a: 1", "a = 1\nb: int", "missing-parameter", ["'b'"]),
    "an injection by name": (
        "\"x=1\\nopen('pwned', 'w')\\ny\": 5",
        "x = 1",
        "parameter-name",
        ["open('pwned', 'w')"],
    ),
    "a builtin by name": ("print: 5", "x = 1", "parameter-name", ["'print'"]),
}


@pytest.mark.parametrize("case", GIVEN)
def test_what_a_notebook_does_not_take_is_refused(project: Project, case: str):
    given, declared, code, parts = GIVEN[case]
    project.single(parameters(declared), "1", more=f"    params:\n      {given}\n")
    refused_before_anything(project, code, "node 'n'", *parts)
    assert not (project.folder / "pwned").exists()


def test_the_example_of_the_issue_names_rows_before_anything_runs(project: Project):
    example = ROOT / "examples" / "digits" / "digits.pipeline.yaml"
    before = sorted((example.parent / ".dagbook").rglob("journal.jsonl")) + sorted(
        (ROOT / ".dagbook").rglob("journal.jsonl")
    )
    answer = project.dagbook("run", str(example), "-p", "rowz=5", cwd=ROOT)
    refused(answer, "rowz", "'rows'")
    after = sorted((example.parent / ".dagbook").rglob("journal.jsonl")) + sorted(
        (ROOT / ".dagbook").rglob("journal.jsonl")
    )
    assert before == after
