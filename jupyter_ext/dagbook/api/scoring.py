"""Which versions of registered models the nodes of a pipeline would score with now."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from dagbook.engine.model_registry import FindModel
from dagbook.errors import EnvironmentFault, Finding, InvalidInput, NotFound
from dagbook.pipeline.graph import Graph
from dagbook.pipeline.model_reference import read_reference
from dagbook.pipeline.spec import PipelineSpec


@dataclass(frozen=True, kw_only=True)
class ScoringModels:
    """Node → what identifies its version; nodes whose version only the run will know are missing."""

    versions: dict[str, str] = field(default_factory=dict)
    warnings: tuple[Finding, ...] = ()


def scoring_models(spec: PipelineSpec, graph: Graph, find: FindModel) -> ScoringModels:
    """Look up what the nodes that say `predict` name; asks nothing where there are none.

    Raises:
        InvalidInput: there is no such model, version or alias, and no node upstream registers it.
    """
    versions: dict[str, str] = {}
    wrong: list[Finding] = []
    warnings: list[Finding] = []
    for name, node in spec.nodes.items():
        if node.predict is None:
            continue
        try:
            versions[name] = find(node.predict).identity
        except NotFound as error:
            if not _is_made_above(spec, graph, name):
                wrong += [replace(finding, node=name) for finding in error.findings]
        except EnvironmentFault as error:
            warnings += [replace(finding, node=name, severity="warning") for finding in error.findings]
    if wrong:
        raise InvalidInput(*wrong)
    return ScoringModels(versions=versions, warnings=tuple(warnings))


def _is_made_above(spec: PipelineSpec, graph: Graph, name: str) -> bool:
    wanted = read_reference(spec.nodes[name].predict or "").name
    made = (spec.nodes[up].registration for up in graph.ancestors({name}))
    return any(registration is not None and registration.model == wanted for registration in made)
