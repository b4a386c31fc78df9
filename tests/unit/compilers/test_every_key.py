"""Every key of a pipeline file on every engine: it means the same, or is said, or is refused by name."""

from __future__ import annotations

import ast
from typing import Any

import pytest
from ruamel.yaml import YAML

from dagbook.bootstrap import COMPILERS, compiler
from dagbook.engine.deployment import Manifest
from dagbook.pipeline.spec import NodeSettings, NodeSpec, PipelineSpec
from tests.unit.compilers.deployments import deployment

ENGINES = ("airflow", "kubeflow", "luigi")
OPTIONS = {"kubeflow": {"image": "p:1", "volume": "claim"}, "argo": {"image": "p:1"}}

# Key → what is written, and what becomes of it: `as here`, `said`, `refused`; one word for all engines.
NODE: dict[str, tuple[Any, str | dict[str, str]]] = {
    "notebook": ("n.ipynb", "as here"),
    "params": ({"x": 1}, "as here"),
    "matrix": ({"x": [1, 2]}, "as here"),
    "foreach": ([1, 2], "said"),
    "tolerate": (1, "said"),
    "needs": (["first"], "as here"),
    "when": ("1 < 2", {"airflow": "as here", "kubeflow": "said", "luigi": "as here"}),
    "run_if": ("always", {"airflow": "as here", "kubeflow": "said", "luigi": "refused"}),
    "concurrency": (2, "as here"),
    "mutex": (["gpu"], "as here"),
    "semaphore": ({"licences": 2}, "as here"),
    "outputs": ({"data": "data.csv"}, "as here"),
    "deps": (["data.csv"], "as here"),
    "description": ("words", "as here"),
    "tags": ({"a": "b"}, "as here"),
    "timeout": ("5m", "as here"),
    "cell_timeout": ("5m", "as here"),
    "retries": ({"limit": 2, "backoff": "1m"}, {"airflow": "said", "kubeflow": "as here", "luigi": "said"}),
    "resources": ({"cpu": 2, "memory": "1Gi"}, {"airflow": "said", "kubeflow": "as here", "luigi": "said"}),
    "kernel": ("python3", "as here"),
    "cache": (False, "as here"),
    "environment": (["pandas"], "as here"),
    "warm": (True, "said"),
    "approve": ("Ship it?", "refused"),
    "register": ("churn", "as here"),
    "predict": ("models:/churn@champion", "as here"),
}
PIPELINE: dict[str, tuple[Any, str | dict[str, str]]] = {
    "pipeline": ("p", "as here"),
    "description": ("words", "as here"),
    "params": ({"rows": 5}, "as here"),
    "defaults": ({"timeout": "5m"}, "as here"),
    "nodes": ({}, "as here"),
    "fail_fast": (True, "as here"),
    "concurrency": (3, "as here"),
    "experiment": ("e", "as here"),
    "tags": ({"a": "b"}, "as here"),
    "on": (
        {"schedule": {"cron": "0 6 * * *"}, "exit": "bye.ipynb"},
        {"airflow": "as here", "kubeflow": "said", "luigi": "said"},
    ),
    "executor": ("dask", "as here"),
    "dask_address": ("tcp://a:8786", "as here"),
    "storage": ("s3://team/runs", "as here"),
    "preload": (["pandas"], "said"),
    "version": (1, "as here"),
}
# What only ever goes with another key.
WITH = {"tolerate": {"foreach": [1, 2]}}


def compiled(engine: str, node: dict[str, Any], settings: dict[str, Any]) -> Manifest:
    made = compiler(engine)
    nodes = {"first": {}, "b": {"needs": ["first"], **node}}
    return made.compile(deployment(made, nodes, OPTIONS.get(engine), **settings))


def outcome(manifest: Manifest, key: str) -> str:
    about = [problem for problem in manifest.problems if key in problem.path or _belongs(key, problem.path)]
    if any(problem.severity == "error" for problem in about):
        return "refused"
    return "said" if about else "as here"


def _belongs(key: str, path: tuple[str | int, ...]) -> bool:
    return key == "tolerate" and "foreach" in path


def test_the_tables_know_every_key_of_the_file():
    keys = {field.alias or name for name, field in NodeSpec.model_fields.items()}
    # A node that is a pipeline was taken apart before a compiler sees it: see test_sub_pipelines.
    assert set(NODE) == keys - {"pipeline"}
    assert set(NODE) >= set(NodeSettings.model_fields)
    assert set(PIPELINE) == set(PipelineSpec.model_fields)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("key", NODE)
def test_a_key_of_a_node(engine: str, key: str):
    value, expected = NODE[key]
    manifest = compiled(engine, {**WITH.get(key, {}), key: value}, {})
    wanted = expected if isinstance(expected, str) else expected[engine]
    assert outcome(manifest, key) == wanted
    assert manifest.is_refused == (wanted == "refused")
    assert sound(engine, manifest)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("key", [key for key in PIPELINE if key not in {"pipeline", "nodes"}])
def test_a_key_of_the_pipeline(engine: str, key: str):
    value, expected = PIPELINE[key]
    manifest = compiled(engine, {}, {key: value})
    wanted = expected if isinstance(expected, str) else expected[engine]
    assert outcome(manifest, key) == wanted
    assert sound(engine, manifest)


@pytest.mark.parametrize("engine", sorted(set(COMPILERS) - set(ENGINES)))
@pytest.mark.parametrize("key", NODE)
def test_elsewhere_a_key_is_handled_or_refused(engine: str, key: str):
    """Argo has tests of its own for what becomes of what; here, that nothing brings it down."""
    pytest.importorskip("hera", reason="the extra `argo` is not installed")
    value, _ = NODE[key]
    manifest = compiled(engine, {**WITH.get(key, {}), key: value}, {})
    assert manifest.is_refused != bool(manifest.text)


def sound(engine: str, manifest: Manifest) -> bool:
    """What was written is Python, or YAML; nothing is written when it is refused."""
    if manifest.is_refused:
        return manifest.text == ""
    if manifest.suffix == ".py":
        ast.parse(manifest.text)
        return True
    return all(YAML(typ="safe", pure=True).load_all(manifest.text))
