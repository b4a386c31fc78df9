"""Pipelines in Python build exactly the spec that a file holds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dagbook.api.builder import Pipeline
from dagbook.errors import InvalidInput
from dagbook.loaders.pipeline_file import load_pipeline


def churn() -> Pipeline:
    p = Pipeline("churn", params={"rows": 10_000, "model": {"type": "str"}}, description="weekly")
    prepare = p.node("prepare.ipynb", rows=p.params.rows)
    train = p.node(
        "train.ipynb", features=prepare.out.features, depth=p.item.depth, label=f"run of {p.params.model}",
        both=[prepare.out.a, {"b": prepare.out.b}], matrix={"depth": [2, 4]}, timeout="5m",
    )  # fmt: skip
    p.node("01 pick best.ipynb", "best", scores=train.out.accuracy, needs=[prepare], params={"timeout": 3})
    return p


def test_a_pipeline_in_python_is_the_pipeline_in_its_file(tmp_path: Path):
    file = churn().save(tmp_path / "churn.pipeline.yaml")
    assert load_pipeline(file).spec == churn().spec


def test_references_are_written_as_in_a_file():
    spec = churn().spec
    assert spec.nodes["train"].params == {
        "features": "${prepare.features}",
        "depth": "${item.depth}",
        "label": "run of ${params.model}",
        "both": ["${prepare.a}", {"b": "${prepare.b}"}],
    }
    assert spec.nodes["train"].timeout == 300
    assert spec.nodes["best"].params == {"scores": "${train.accuracy}", "timeout": 3}
    assert spec.nodes["best"].needs == ("prepare",)


def test_a_pipeline_inside_is_a_node(tmp_path: Path):
    p = Pipeline("outer", params={"n": 1}, folder=tmp_path)
    features = p.node(
        pipeline="deep/my features.pipeline.yaml", rows=p.params.n, needs=["first"], timeout="5m"
    )
    p.node("use.ipynb", a=features.out.table, b=features.out.prepare.table, c=f"{features.out.raw.load.x}!")
    p.node("first.ipynb")
    assert features.name == "my_features"
    node = p.spec.nodes["my_features"]
    assert (node.pipeline, node.notebook) == ("deep/my features.pipeline.yaml", "")
    assert (node.params, node.needs, node.timeout) == ({"rows": "${params.n}"}, ("first",), 300)
    assert p.spec.nodes["use"].params == {
        "a": "${my_features.table}", "b": "${my_features.prepare.table}", "c": "${my_features.raw.load.x}!",
    }  # fmt: skip
    assert load_pipeline(p.save(tmp_path / "outer.pipeline.yaml")).spec == p.spec


@pytest.mark.parametrize("work", [{}, {"pipeline": "f.pipeline.yaml"}])
def test_a_node_is_one_thing(work: dict[str, str]):
    with pytest.raises(InvalidInput, match="a notebook or a pipeline"):
        Pipeline("p").node(*(["a.ipynb"] if work else []), **work)


@pytest.mark.parametrize(
    ("notebook", "name", "code"),
    [
        ("prepare.ipynb", None, "duplicate-key"),
        ("x.ipynb", "a-b", "wrong-value"),
        ("class.ipynb", None, "wrong-value"),
    ],
)
def test_a_node_that_cannot_be_is_refused_where_it_is_added(notebook: str, name: str | None, code: str):
    with pytest.raises(InvalidInput) as caught:
        churn().node(notebook, name)
    assert caught.value.findings[0].code == code


@pytest.mark.parametrize("settings", [{"extra": 1}, {"tags": {"x": 1}}, {"params": {"run": 1}}])
def test_what_a_file_could_not_hold_is_refused(settings: dict[str, Any]):
    p = Pipeline("p", **settings)
    p.node("a.ipynb")
    with pytest.raises(InvalidInput):
        p.to_yaml()


def test_a_pipeline_without_nodes_is_refused():
    with pytest.raises(InvalidInput, match="nodes"):
        Pipeline("p").spec  # noqa: B018


def test_what_follows_on_a_run_and_when_it_is_run_can_be_said_in_python_too(tmp_path: Path):
    on = {
        "schedule": {"cron": "0 6 * * 1-5", "timezone": "Europe/Oslo"},
        "failure": [{"notify": "slack://${env.TOKENS}"}, "alert.ipynb"],
    }
    p = Pipeline("churn", params={"rows": 1}, on={**on, "exit": {"notebook": "x.ipynb"}})
    p.node("a.ipynb", rows=p.params.rows, environment=["pandas>=2"])
    loaded = load_pipeline(p.save(tmp_path / "churn.pipeline.yaml")).spec
    assert loaded == p.spec
    assert [name for name, *_ in loaded.on.hooks()] == ["on.failure", "on.failure.2", "on.exit"]
    assert loaded.on.schedule is not None
    assert loaded.nodes["a"].environment is not None


def test_a_reference_in_a_hook_is_written_as_in_a_file():
    p = Pipeline("churn", params={"rows": 1}, on={})
    q = Pipeline(
        "q", params={"rows": 1}, on={"exit": {"notebook": "x.ipynb", "params": {"n": p.params.rows}}}
    )
    q.node("a.ipynb")
    assert q.spec.on.exit[0].params == {"n": "${params.rows}"}


def test_control_is_said_in_python_as_in_the_file(tmp_path: Path):
    p = Pipeline("p", folder=tmp_path, fail_fast=True, concurrency=2)
    shards = p.node("list.ipynb", retries={"limit": 2, "on": "OSError"})
    score = p.node("score.ipynb", shard=p.item, foreach=shards.out.shards, tolerate=2, mutex="gpu")
    p.node("alert.ipynb", needs=[score], run_if="failure", when=f"{score.out.auc} > {p.params.least}")
    text = p.to_yaml()
    for line in (
        "foreach: ${list.shards}",
        "shard: ${item}",
        "when: score.auc > params.least",
        "run_if: failure",
    ):
        assert line in text
    assert p.spec.rules_of("score").tolerate == 2
    assert p.spec.rules_of("list").retries.on == ("OSError",)
