"""No key of a pipeline file is dropped by a compiler: it is handled, or it is refused by name."""

from __future__ import annotations

from dagbook.compilers.refusals import EVERYWHERE_NODE, EVERYWHERE_PIPELINE, unknown_keys
from dagbook.pipeline.spec import NodeSpec, PipelineSpec
from tests.unit.pipeline.specs import spec


def test_a_key_that_is_not_handled_is_refused_where_it_is_written():
    written = spec({"a": {"cache": False}, "b": {}})
    (problem,) = unknown_keys(written, "Argo", node=())
    assert (problem.path, problem.node, problem.severity) == (("nodes", "a", "cache"), "a", "error")
    assert "cannot be said to Argo" in problem.message
    assert list(unknown_keys(written, "Argo", node=("cache",))) == []


def test_a_key_of_the_defaults_is_refused_too():
    (problem,) = unknown_keys(spec({"a": {}}, defaults={"cache": False}), "Argo", node=())
    assert problem.path == ("defaults", "cache")


def test_what_is_handled_everywhere_is_there_to_be_written():
    assert set(NodeSpec.model_fields) >= EVERYWHERE_NODE
    assert set(PipelineSpec.model_fields) >= EVERYWHERE_PIPELINE
