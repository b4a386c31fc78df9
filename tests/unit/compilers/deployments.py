"""Pipelines for compilers, from few words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dagbook.engine.deployment import Deployment
from dagbook.engine.ports import Compiler
from dagbook.notebook.values import encode
from dagbook.pipeline.graph import make_graph
from dagbook.pipeline.plan import Plan
from dagbook.pipeline.planner import Circumstances, StepPlanner, plan_nodes
from tests.unit.pipeline.specs import facts, spec


def deployment(
    compiler: Compiler,
    nodes: Mapping[str, Mapping[str, Any]],
    options: Mapping[str, str] | None = None,
    texts: Mapping[str, str] | None = None,
    **settings: Any,
) -> Deployment:
    """A deployment of a pipeline whose notebooks declare nothing and publish anything.

    `texts` are the parameters as texts; by default, what `str` makes of their defaults.
    """
    written = spec(nodes, **settings)
    values = {name: param.default for name, param in written.params.items() if param.secret is None}
    around = Circumstances(
        params=values, facts={name: facts(name, None, "…") for name in nodes}, use_cache=False
    )
    graph = make_graph(written)
    plan = Plan(
        pipeline=written.pipeline,
        description=written.description,
        file="/project/p.pipeline.yaml",
        project="/project",
        params={name: encode(value) for name, value in values.items()},
        nodes=plan_nodes(written, graph, around),
        steps=StepPlanner(written, graph, around).steps(),
    )
    return Deployment(
        spec=written,
        plan=plan,
        file="p.pipeline.yaml",
        params={name: str(value) for name, value in values.items()} if texts is None else texts,
        options={name: option.default for name, option in compiler.options.items()} | dict(options or {}),
    )
