"""Nodes that score a table with a registered model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from dagbook.api.builder import Pipeline
from dagbook.api.scoring import scoring_models
from dagbook.engine.model_registry import ModelVersion
from dagbook.errors import EnvironmentFault, Finding, InvalidInput, NotFound
from dagbook.notebook.outputs import published_outputs
from dagbook.notebook.parameters import MISSING, declared_parameters
from dagbook.pipeline.check import check_spec
from dagbook.pipeline.fingerprint import fingerprint, fingerprint_parts, model_parts
from dagbook.pipeline.graph import make_graph
from dagbook.pipeline.plan import result_key
from dagbook.pipeline.planner import Circumstances, Known, Memory, StepPlanner
from dagbook.pipeline.predict import predict_notebook
from dagbook.pipeline.spec import PipelineSpec
from tests.unit.pipeline.specs import facts, spec

SCORE = {"predict": "models:/churn@champion", "params": {"table": "customers.csv"}}
FOUND = ModelVersion(name="churn", version=3, model_id="m-3")


def test_the_notebook_declares_what_it_takes_and_gives():
    made = predict_notebook("churn@champion")
    declared = {one.name: one.default for one in declared_parameters(made) or ()}
    assert declared == {"table": MISSING, "model": "models:/churn@champion", "columns": None, "keep": None}
    published = published_outputs(made)
    assert (published.names, published.complete) == (("predictions", "scored"), True)


def test_the_model_is_a_parameter_of_the_node():
    node = spec({"score": SCORE}).nodes["score"]
    assert node.params == {"table": "customers.csv", "model": "models:/churn@champion"}
    assert node.notebook == "predict churn.ipynb"
    p = Pipeline("p")
    p.predict("churn@champion", "score", table="customers.csv")
    assert p.spec.nodes == spec({"score": SCORE}).nodes


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"notebook": "a.ipynb"}, "not both"),
        ({"predict": "models:/a/b"}, "no version of a model"),
        ({"params": {"model": "x"}}, "leave `model` out"),
    ],
)
def test_what_cannot_score_is_refused(more: dict[str, Any], said: str):
    with pytest.raises(ValidationError, match=said):
        PipelineSpec.model_validate({"pipeline": "p", "nodes": {"score": {**SCORE, **more}}})


def test_who_does_not_wait_for_the_model_is_warned():
    nodes = {"train": {"register": "churn"}, "score": SCORE, "later": {**SCORE, "needs": ["train"]}}
    (problem,) = check_spec(spec(nodes))
    assert (problem.code, problem.node, problem.severity) == ("model-order", "score", "warning")
    assert "needs: [train]" in problem.remedy


def reason(version: str | None, latest: str = "models:/churn/3 m-3") -> str:
    """Why the step runs or not when `version` is what it would score with, and `latest` what it did."""
    pipeline, known = spec({"score": SCORE}), facts("score", 'table: str\nmodel: str = ""')
    params = {"table": "customers.csv", "model": "models:/churn@champion"}
    parts = model_parts(fingerprint_parts(known, params, {}, ""), latest)
    memory = Memory(
        known={fingerprint(parts): Known(run="r0", outputs={})}.get,
        latest={result_key("p", "score", {}): parts}.get,
    )
    around = Circumstances(
        params={}, facts={"score": known}, memory=memory, models={} if version is None else {"score": version}
    )
    (step,) = StepPlanner(pipeline, make_graph(pipeline), around).steps()
    return f"{step.action}: {step.reason}"


@pytest.mark.parametrize(
    ("version", "said"),
    [
        ("models:/churn/3 m-3", "reuse: unchanged since run r0"),
        ("models:/churn/4 m-4", "run: parameter model changed"),
        ("models:/churn/3 m-9", "run: parameter model changed"),
        (None, "run: its inputs are not known yet"),
    ],
)
def test_the_version_counts_and_not_its_alias(version: str | None, said: str):
    assert reason(version) == said


def looked_up(nodes: dict[str, Any], answer: ModelVersion | Exception) -> Any:
    def find(reference: str) -> ModelVersion:
        assert reference == "models:/churn@champion"
        if isinstance(answer, Exception):
            raise answer
        return answer

    pipeline = spec(nodes)
    return scoring_models(pipeline, make_graph(pipeline), find)


GONE = NotFound(Finding(code="unknown-alias", message="no champion", remedy="make one"))
AWAY = EnvironmentFault(Finding(code="tracking-away", message="no answer", remedy="wait"))


def test_versions_are_looked_up_for_those_that_score():
    assert looked_up({"a": {}, "score": SCORE}, FOUND).versions == {"score": "models:/churn/3 m-3"}
    assert looked_up({"a": {}}, AssertionError()).versions == {}


def test_a_model_that_is_not_there_is_refused_unless_it_is_made_upstream():
    with pytest.raises(InvalidInput) as refused:
        looked_up({"score": SCORE}, GONE)
    assert (refused.value.findings[0].node, refused.value.findings[0].code) == ("score", "unknown-alias")
    above = {"train": {"register": "churn"}, "score": {**SCORE, "needs": ["train"]}}
    assert looked_up(above, GONE).versions == {}


def test_a_registry_that_is_away_is_a_warning():
    (warning,) = looked_up({"score": SCORE}, AWAY).warnings
    assert (warning.severity, warning.code, warning.node) == ("warning", "tracking-away", "score")


def test_a_file_is_read_and_written(tmp_path: Path):
    p = Pipeline("p", folder=tmp_path)
    p.predict("churn@champion", "score", table="customers.csv")
    text = p.save(tmp_path / "p.pipeline.yaml").read_text()
    assert "predict: churn@champion" in text
    assert "notebook:" not in text
