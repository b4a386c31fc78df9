"""What is wrong with nodes that score with a registered model, as far as the pipeline file can tell."""

from __future__ import annotations

from collections.abc import Iterator

from dagbook.pipeline.graph import Graph
from dagbook.pipeline.model_reference import read_reference
from dagbook.pipeline.problem import Problem
from dagbook.pipeline.spec import PipelineSpec


def check_predict(spec: PipelineSpec, graph: Graph) -> Iterator[Problem]:
    """Nodes that score with a model which another node registers, and do not wait for it."""
    for name, node in spec.nodes.items():
        wanted = read_reference(node.predict) if node.predict else None
        if wanted is None or wanted.version is not None:
            continue
        above = graph.ancestors({name})
        for maker, made in spec.nodes.items():
            registered = made.registration
            if registered is not None and registered.model == wanted.name and maker not in above:
                yield Problem(
                    path=("nodes", name, "predict"), code="model-order", node=name, severity="warning",
                    message=f"'{maker}' registers {wanted.name}, and '{name}' does not wait for it",
                    remedy=f"write `needs: [{maker}]`",
                )  # fmt: skip
