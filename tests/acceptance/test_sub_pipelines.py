"""A pipeline inside another, run for real: one run, reuse across both files, and what is wrong in either."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.acceptance.notebooks import parameters
from tests.acceptance.project import Project, refused

pytestmark = pytest.mark.kernel

OUTER = """pipeline: outer
nodes:
  source: {notebook: source.ipynb}
  features:
    pipeline: inner/features.pipeline.yaml
    params: {rows: "${source.count + 1}"}
  total:
    notebook: total.ipynb
    params: {table: "${features.table}"}
"""
INNER = """pipeline: features
params:
  rows: {type: int}
  factor: 10
nodes:
  load: {notebook: load.ipynb, params: {rows: "${params.rows}"}}
  scale: {notebook: scale.ipynb, params: {data: "${load.data}", factor: "${params.factor}"}}
"""


def output(name: str, value: str) -> str:
    return f"import dagbook\ndagbook.output({name}={value})"


@pytest.fixture
def nested(project: Project) -> Project:
    (project.folder / "inner").mkdir()
    project.notebook("source.ipynb", output("count", "2"))
    project.notebook("inner/load.ipynb", parameters("rows: int = 0"), output("data", "list(range(rows))"))
    project.notebook(
        "inner/scale.ipynb",
        parameters("data = []\nfactor = 1"),
        output("table", "[n * factor for n in data]"),
    )
    project.notebook("total.ipynb", parameters("table = []"), output("total", "sum(table)"))
    project.pipeline(INNER, "inner/features.pipeline.yaml")
    project.pipeline(OUTER)
    return project


def states(answer: dict[str, object]) -> dict[str, str]:
    steps: list[dict[str, str]] = answer["steps"]  # type: ignore[assignment]
    return {step["step"]: step["state"] for step in steps}


def test_one_run_of_all_nodes_then_reuse_then_what_was_edited_and_what_follows(nested: Project):
    first = nested.dagbook("run", "p.pipeline.yaml", "--json")
    assert first.code == 0, first.said
    assert states(first.json) == dict.fromkeys(
        ["source", "features__load", "features__scale", "total"], "succeeded"
    )
    assert first.step("total")["outputs"] == {"total": 30}
    folder = Path(first.json["folder"])
    assert (folder / "features__scale" / "1" / "notebook.ipynb").is_file()
    # The plan knows everything that the run needs.
    plan = json.loads((folder / "plan.json").read_text())
    assert plan["params"] == {"features__factor": 10}
    assert "pipeline" not in plan["nodes"]["features__load"]

    assert set(states(nested.dagbook("run", "p.pipeline.yaml", "--json").json).values()) == {"reused"}

    nested.notebook(
        "inner/scale.ipynb",
        parameters("data = []\nfactor = 1"),
        output("table", "[n * factor + 1 for n in data]"),
    )
    third = nested.dagbook("run", "p.pipeline.yaml", "--json")
    assert states(third.json) == {
        "source": "reused", "features__load": "reused", "features__scale": "succeeded", "total": "succeeded",
    }  # fmt: skip
    assert third.step("total")["outputs"] == {"total": 33}

    # What the outer run made is there for the inner pipeline alone.
    alone = nested.dagbook("plan", "inner/features.pipeline.yaml", "-p", "rows=3", "--json")
    assert states(alone.json) == {"load": "reuse", "scale": "reuse"}
    chosen = nested.dagbook(
        "plan", "p.pipeline.yaml", "--only", "features", "-p", "features__factor=2", "--json"
    )
    assert states(chosen.json) == {
        "source": "reuse", "features__load": "run", "features__scale": "run", "total": "skip",
    }  # fmt: skip


def test_what_is_wrong_in_either_file_is_said_with_its_place_and_nothing_runs(nested: Project):
    nested.pipeline(INNER.replace("${load.data}", "${laod.data}"), "inner/features.pipeline.yaml")
    nested.pipeline(OUTER.replace("source.ipynb", "sourc.ipynb"))
    refused(
        nested.dagbook("run", "p.pipeline.yaml"),
        "inner/features.pipeline.yaml:7", "did you mean 'load'?", "did you mean 'source.ipynb'?",
    )  # fmt: skip
    nested.pipeline(INNER + "  again: {pipeline: ../p.pipeline.yaml}\n", "inner/features.pipeline.yaml")
    nested.pipeline(OUTER)
    inner = "inner/features.pipeline.yaml:8 (node 'again')"
    chain = f"p.pipeline.yaml:5 (node 'features') → {inner} → p.pipeline.yaml"
    refused(nested.dagbook("graph", "p.pipeline.yaml"), chain)
    assert nested.run_ids() == []
