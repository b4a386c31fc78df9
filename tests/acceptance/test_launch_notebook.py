"""A notebook alone: run from the shell and from Python, with parameters and as a sweep."""

from __future__ import annotations

from typing import Any

import pytest

import dagbook
from dagbook import bootstrap
from dagbook.api.models import Source, register_model
from dagbook.errors import NotFound
from dagbook.server import recorded
from tests.acceptance.notebooks import parameters
from tests.acceptance.project import Project, wait_until

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


def settled(told: dict[str, Any]) -> dict[str, Any] | None:
    return told if told["settled"] else None


MODEL = """\
import mlflow
class Model(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        return model_input
mlflow.log_metric("acc", depth / 10)
mlflow.pyfunc.log_model(name="model", python_model=Model())
"""


def test_what_the_steps_of_a_sweep_recorded_is_told_and_a_model_registered(train: Project):
    train.notebook("fit.ipynb", parameters("depth = 3"), MODEL)
    swept = train.dagbook("run", "--json", "fit.ipynb", "--sweep", "depth=4,6", timeout=300)
    run = swept.json["run"]
    queries = bootstrap.queries(train.folder)

    told = wait_until(lambda: settled(recorded.trials(queries, train.folder, run)), 120)
    source = Source(run=run, step="fit[1]")
    made = [register_model("best model", train.folder, source) for _ in range(2)]

    assert [(trial["item"], trial["metrics"]["acc"]) for trial in told["trials"]] == [
        ({"depth": 4}, 0.4),
        ({"depth": 6}, 0.6),
    ]
    assert [(one["name"], one["version"]) for one in made] == [("best model", 1), ("best model", 2)]
    assert made[0]["made_by"]["step"] == "fit[1]"


def test_a_step_that_logged_no_model_has_none_to_register(train: Project):
    run = train.dagbook("run", "--json", "train.ipynb").json["run"]

    with pytest.raises(NotFound, match="logged no model"):
        register_model("m", train.folder, Source(run=run, step="train"))
