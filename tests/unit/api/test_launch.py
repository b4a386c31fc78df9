"""A notebook or a pipeline file, what it takes, and the plan of what it is given."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from dagbook.api.launch import Wish, open_launchable
from dagbook.errors import InvalidInput
from dagbook.notebook.parameters import MISSING
from dagbook.pipeline.plan import Plan
from tests.unit.notebook.notebooks import code, notebook, with_parameters

SOURCE = """\
from datetime import date
from typing import Literal
depth: int = 3  # how deep
kind: Literal["tree", "forest"] = "tree"
day: date = date(2026, 1, 2)
rows: int
name = "x"
env = "prod"
"""


def written(folder: Path, document: dict[str, Any], name: str = "train it.ipynb") -> Path:
    (folder / ".dagbook").mkdir(exist_ok=True)
    path = folder / name
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


@pytest.fixture
def train(tmp_path: Path) -> Path:
    return written(tmp_path, with_parameters(SOURCE))


def planned(file: Path, **wish: Any) -> Plan:
    return open_launchable(file).prepare(Wish(**wish)).plan


def refused(file: Path, **wish: Any) -> list[tuple[str, str | None]]:
    with pytest.raises(InvalidInput) as caught:
        planned(file, **wish)
    assert all(finding.remedy for finding in caught.value.findings)
    return [(finding.code, finding.parameter) for finding in caught.value.findings]


def test_a_notebook_says_what_it_takes(train: Path):
    opened = open_launchable(train)

    assert (opened.kind, opened.name) == ("notebook", "train it")
    assert opened.fields is not None
    depth, kind, day, rows, *_ = opened.fields
    assert (depth.type.kind, depth.default, depth.help) == ("int", 3, "how deep")
    assert kind.type.choices == ("tree", "forest")
    assert day.default == date(2026, 1, 2)
    assert (rows.default, rows.required) == (MISSING, True)


def test_a_pipeline_says_what_it_takes_and_names_its_secrets(tmp_path: Path):
    written(tmp_path, with_parameters("rows = 1\nkey = ''"), "a.ipynb")
    file = tmp_path / "p.pipeline.yaml"
    file.write_text(
        "pipeline: p\nparams:\n  rows: {type: int, help: how many}\n  key: {secret: API_KEY}\n"
        "nodes:\n  a: {notebook: a.ipynb, params: {rows: '${params.rows}', key: '${params.key}'}}\n"
    )

    opened = open_launchable(file)

    assert opened.fields is not None
    rows, key = opened.fields
    assert (rows.required, rows.help) == (True, "how many")
    assert (key.required, key.secret) == (False, "API_KEY")
    assert refused(file) == [("missing-parameter", "rows")]
    assert planned(file, texts={"rows": "5"}).params == {"rows": 5, "key": {"$secret": "API_KEY"}}
    assert refused(file, sweep={"rows": "1, 2"}) == [("sweep-of-pipeline", "rows")]


def test_a_notebook_alone_is_a_pipeline_of_one_node(train: Path):
    plan = planned(train, texts={"rows": "5", "day": "2026-05-06"}, params={"kind": "forest"})

    assert plan.pipeline == "train it"
    assert [step.step for step in plan.steps] == ["train_it"]
    assert plan.params == {"kind": "forest", "rows": 5, "day": {"$date": "2026-05-06"}}
    assert plan.nodes["train_it"].params == {
        "kind": "${params.kind}", "rows": "${params.rows}", "day": "${params.day}",
    }  # fmt: skip


def test_names_and_texts_that_mean_something_in_a_pipeline_are_taken_as_they_are(train: Path):
    plan = planned(train, texts={"rows": "5", "env": "${params.rows}", "name": "${item}"})

    assert plan.nodes["train_it"].params["env"] == "$${params.rows}"
    assert plan.params["name"] == "${item}"


def test_a_sweep_is_one_step_for_each_combination(train: Path):
    plan = planned(
        train, texts={"rows": "5", "depth": "9"}, sweep={"depth": "2..4", "kind": ["tree", "forest"]}
    )

    assert [step.item for step in plan.steps] == [
        {"depth": depth, "kind": kind} for depth in (2, 3, 4) for kind in ("tree", "forest")
    ]
    assert "depth" not in plan.params


def test_a_secret_goes_by_its_name(train: Path):
    assert planned(train, texts={"rows": "1"}, secrets={"name": "TOKEN"}).params["name"] == {
        "$secret": "TOKEN"
    }


def test_everything_that_is_wrong_is_said_at_once_with_its_parameter(train: Path):
    found = refused(
        train,
        texts={"depth": "deep", "dept": "1"},
        params={"kind": "shrub"},
        secrets={"name": "no name"},
        sweep={"day": "soon"},
    )

    assert sorted(found, key=str) == [
        ("missing-parameter", "rows"),
        ("parameter-type", "day"),
        ("parameter-type", "depth"),
        ("parameter-type", "kind"),
        ("parameter-type", "name"),
        ("unknown-parameter", "dept"),
    ]


@pytest.mark.parametrize(
    ("sweep", "code"),
    [
        ({"depth": [1, "x"]}, "parameter-type"),
        ({"depth": []}, "parameter-type"),
        ({"name": ["a", "${item}"]}, "matrix-expression"),
        ({"depth": "1..1000", "name": "a, b, c, d, e, f, g, h, i, j, k"}, "too-many-steps"),
    ],
)
def test_a_sweep_that_cannot_be_is_refused(train: Path, sweep: dict[str, Any], code: str):
    assert code in [found for found, _ in refused(train, texts={"rows": "1"}, sweep=sweep)]


def test_a_notebook_in_another_language_takes_any_name(tmp_path: Path):
    file = written(tmp_path, notebook(code("x <- 1"), language="R", kernel="ir"))

    assert open_launchable(file).fields is None


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        ("none.ipynb", None, "no-notebook"),
        ("broken.ipynb", "{", "notebook-not-json"),
        ("none.pipeline.yaml", None, "no-such-file"),
    ],
)
def test_what_cannot_be_opened_is_told(tmp_path: Path, name: str, text: str | None, code: str):
    if text is not None:
        (tmp_path / name).write_text(text)
    with pytest.raises(InvalidInput) as caught:
        open_launchable(tmp_path / name)
    assert caught.value.findings[0].code == code


def test_a_parameters_cell_that_is_no_python_is_told_with_its_place(tmp_path: Path):
    with pytest.raises(InvalidInput) as caught:
        open_launchable(written(tmp_path, with_parameters("depth = = 3")))
    (finding,) = caught.value.findings
    assert (finding.code, finding.cell, finding.line) == ("parameters-cell", 1, 1)
