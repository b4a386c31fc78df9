"""A notebook alone: run from the shell and from Python, with parameters and as a sweep."""

from __future__ import annotations

import pytest

import dagbook
from tests.acceptance.notebooks import parameters
from tests.acceptance.project import Project

pytestmark = pytest.mark.kernel


@pytest.fixture
def train(project: Project) -> Project:
    """A project with one notebook."""
    project.notebook(
        "train.ipynb",
        parameters("depth: int = 3  # how deep\nkind = 'tree'"),
        "import dagbook\ndagbook.output(score=depth * 10, said=f'{kind} {depth}')",
    )
    return project


def test_a_notebook_is_run_with_parameters_and_reused_when_nothing_changed(train: Project):
    first = train.dagbook("run", "--json", "train.ipynb", "-p", "depth=4")
    second = train.dagbook("run", "--json", "train.ipynb", "-p", "depth=4")

    assert first.json["pipeline"] == "train"
    assert first.json["params"] == {"depth": 4}
    assert first.step("train")["outputs"] == {"score": 40, "said": "tree 4"}
    assert second.step("train")["state"] == "reused"


def test_a_sweep_runs_every_combination(train: Project):
    swept = train.dagbook(
        "run", "--json", "train.ipynb", "--sweep", "depth=1..3", "--sweep", "kind=a,b", "--jobs", "2"
    )

    said = [step["outputs"]["said"] for step in swept.json["steps"]]
    assert said == ["a 1", "b 1", "a 2", "b 2", "a 3", "b 3"]


def test_python_runs_the_same(train: Project, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(train.folder)

    run = dagbook.launch("train.ipynb", kind="forest", sweep={"depth": [2, 5]})

    assert [outputs["said"] for outputs in run["train"].outputs] == ["forest 2", "forest 5"]


def test_a_wrong_parameter_is_refused_before_anything_runs(train: Project):
    refused = train.dagbook("run", "train.ipynb", "-p", "dept=4", "--json")

    assert refused.code == 2
    (finding,) = refused.json["error"]
    assert (finding["code"], finding["parameter"]) == ("unknown-parameter", "dept")
    assert finding["remedy"] == "did you mean 'depth'?"
    assert train.run_ids() == []
