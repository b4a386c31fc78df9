"""Pipelines in Python: the same spec, the same run and the same refusals as a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from dagbook import InvalidInput, Pipeline
from dagbook.loaders.pipeline_file import load_pipeline
from tests.acceptance.notebooks import parameters
from tests.acceptance.project import Project

FILE = """pipeline: churn
params:
  rows: 10
nodes:
  prepare:
    notebook: prepare.ipynb
    params:
      rows: ${params.rows}
  train:
    notebook: train.ipynb
    params:
      total: ${prepare.total}
      depth: ${item.depth}
    matrix:
      depth:
        - 2
        - 4
  report:
    notebook: report.ipynb
    params:
      scores: ${train.score}
    needs:
      - prepare
"""


@pytest.fixture
def written(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    project.notebook(
        "prepare.ipynb", parameters("rows: int = 1"), "import dagbook", "dagbook.output(total=rows)"
    )
    project.notebook(
        "train.ipynb", parameters("total = 0\ndepth = 1"), "import dagbook",
        "dagbook.output(score=total * depth, name=f'd{depth}')",
    )  # fmt: skip
    project.notebook(
        "report.ipynb", parameters("scores = []"), "import dagbook", "dagbook.output(best=max(scores))"
    )
    monkeypatch.chdir(project.folder)
    return project


def churn() -> Pipeline:
    p = Pipeline("churn", params={"rows": 10})
    prepare = p.node("prepare.ipynb", rows=p.params.rows)
    train = p.node("train.ipynb", total=prepare.out.total, depth=p.item.depth, matrix={"depth": [2, 4]})
    p.node("report.ipynb", scores=train.out.score, needs=[prepare])
    return p


def test_python_and_the_file_are_the_same_spec_both_ways(written: Project):
    file = written.pipeline(FILE)
    assert churn().spec == load_pipeline(file).spec
    assert churn().to_yaml() == FILE
    saved = churn().save(written.folder / "saved.pipeline.yaml")
    assert load_pipeline(saved).spec == churn().spec
    assert churn().validate() == ()


@pytest.mark.kernel
def test_a_run_in_python_ends_with_its_outputs_at_hand(written: Project):
    run = churn().run(rows=5)
    assert run.state.state == "succeeded"
    assert run["prepare"].outputs == {"total": 5}
    metrics = run["train"].metrics
    assert list(metrics["depth"]) == [2, 4]
    assert list(metrics["score"]) == [10, 20]
    assert "name" not in metrics
    assert run["report"].outputs["best"] == 20
    assert "churn succeeded, 4 of 4 steps" in repr(run)
    assert written.show(run.id).json == run.show()
    with pytest.raises(InvalidInput, match="did you mean 'train'"):
        run["trian"]


@pytest.mark.kernel
def test_a_run_that_fails_in_python_is_no_exception(written: Project):
    p = Pipeline("fails")
    written.notebook("boom.ipynb", "1 / 0")
    p.node("boom.ipynb")
    run = p.run()
    assert run.state.state == "failed"
    assert run.state.steps["boom"].error is not None
    assert run.state.steps["boom"].error.name == "ZeroDivisionError"


def test_wrong_input_in_python_is_refused_before_anything_runs(written: Project):
    p = churn()
    with pytest.raises(InvalidInput, match=r"'rosw'.*did you mean 'rows'"):
        p.run(rosw=5)
    with pytest.raises(InvalidInput, match=r"'rows'.*int"):
        p.plan(rows="many")
    with pytest.raises(InvalidInput, match="has a node 'train' already"):
        p.node("train.ipynb")
    with pytest.raises(InvalidInput, match="is no name"):
        p.node("train.ipynb", "my train")
    with pytest.raises(InvalidInput, match=r"'desc'.*did you mean 'description'"):
        Pipeline("x", desc="y").spec  # noqa: B018
    lost = Pipeline("lost")
    lost.node("missing.ipynb")
    with pytest.raises(InvalidInput, match=r"missing\.ipynb"):
        lost.run()
    wrong = Pipeline("wrong")
    first = wrong.node("prepare.ipynb")
    wrong.node("report.ipynb", scores=first.out.totel)
    assert [finding.code for finding in wrong.validate()] == ["unknown-output"]
    assert written.run_ids() == []


def test_a_plan_in_python_says_what_would_run(written: Project):
    plan = churn().plan(rows=3)
    assert plan.counts() == {"run": 4, "reuse": 0, "skip": 0}
    assert Path(plan.project) == written.folder
