"""A node that is a pipeline is taken apart into the nodes inside, before anything else is made of a spec.

Graph, plan, run, cache and compilers know notebooks alone. The node `prepare` inside `features` becomes
`features__prepare`; people may say `features.prepare`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from dagbook.pipeline.check import check_spec
from dagbook.pipeline.groups import Group, joined
from dagbook.pipeline.inlining import Change, Inlining, Part
from dagbook.pipeline.names import name_problem
from dagbook.pipeline.plan import MOST_STEPS
from dagbook.pipeline.problem import Problem
from dagbook.pipeline.spec import NodeSpec, PipelineSpec
from dagbook.pipeline.sub_params import InnerParams, give_params
from dagbook.pipeline.sub_references import Publishes, References

_OF_A_RUN: Final = ("on", "fail_fast", "concurrency", "experiment", "executor", "dask_address", "storage")
"""What a pipeline says of its runs as a whole: the outermost pipeline's counts."""


@dataclass(frozen=True, kw_only=True)
class TakenApart:
    """A pipeline whose nodes are all notebooks; when something is wrong, the spec as it was written.

    Attributes:
        groups: the nodes that were pipelines, and what they consist of.
        nodes: node that came from inside → the node that it was in, and its name there.
        params: likewise, of parameters.
        problems: places are those of the outer file.
    """

    spec: PipelineSpec
    groups: Mapping[str, Group] = field(default_factory=dict)
    nodes: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    params: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()


def take_apart(spec: PipelineSpec, parts: Mapping[str, Part], publishes: Publishes) -> TakenApart:
    """Put the nodes inside in the place of the nodes that are pipelines.

    Args:
        spec: as written, and what `check_spec` finds wrong with its pipelines is not said here again.
        parts: node → the pipeline that it is.
        publishes: what the notebook of a node inside publishes, by the node's new name.
    """
    own = [problem for problem in check_spec(spec) if problem.code != "cycle" and problem.node in parts]
    if any(problem.severity == "error" for problem in own):
        return TakenApart(spec=spec)
    if sum(len(part.spec.nodes) for part in parts.values()) > MOST_STEPS:
        return TakenApart(spec=spec, problems=(_too_many(parts),))
    whole = _Whole(spec, parts, publishes)
    made = whole.spec()
    if whole.problems:
        return TakenApart(spec=spec, problems=tuple(whole.problems))
    return TakenApart(spec=made, groups=whole.groups, nodes=whole.nodes, params=whole.params)


def without_effect(spec: PipelineSpec) -> tuple[Problem, ...]:
    """What a pipeline says that counts for nothing where it is a part of another."""
    return tuple(
        Problem(
            path=(key,), code="counts-alone", severity="warning",
            message=f"`{key}:` counts only when this pipeline is run by itself",
            remedy="say it in the outermost pipeline file, if it is to count there",
        )
        for key in _OF_A_RUN
        if key in spec.model_fields_set and getattr(spec, key) != type(spec).model_fields[key].get_default()
    )  # fmt: skip


class _Whole:
    """A pipeline that is being taken apart, and what was found wrong so far."""

    def __init__(self, spec: PipelineSpec, parts: Mapping[str, Part], publishes: Publishes) -> None:
        self._written = spec
        self._parts = parts
        self.problems: list[Problem] = []
        self.groups = {name: part.top.below(name) for name, part in parts.items()}
        self.nodes = {
            joined(name, inner): (name, inner) for name, part in parts.items() for inner in part.spec.nodes
        }
        self.params: dict[str, tuple[str, str]] = {}
        self._references = References(Group(groups=self.groups), self._inside(), publishes)

    def spec(self) -> PipelineSpec:
        """All nodes, in the order in which they were written."""
        nodes: dict[str, NodeSpec] = {}
        params = dict(self._written.params)
        for name, node in self._written.nodes.items():
            asked = self._seen_from_outside(name, node)
            if name not in self._parts:
                nodes[name] = asked
                continue
            given = give_params(name, asked, self._parts[name].spec, asked.params)
            self.problems += given.problems
            self.params |= {new: (name, key) for new, (key, _) in given.params.items()}
            params |= {new: param for new, (_, param) in given.params.items()}
            nodes |= Inlining(name, asked, self._parts[name], given, self.problems).nodes()
        self._check_names()
        preload = [*self._written.preload]
        preload += [module for part in self._parts.values() for module in part.spec.preload]
        return self._written.model_copy(
            update={"nodes": nodes, "params": params, "preload": tuple(dict.fromkeys(preload))}
        )

    def _inside(self) -> PipelineSpec:
        """The nodes inside by their new names, as far as it takes to see what depends on what."""
        nodes: dict[str, NodeSpec] = {}
        for name, part in self._parts.items():
            nodes |= Inlining(name, self._written.nodes[name], part, InnerParams(), []).nodes()
        return self._written.model_copy(update={"nodes": nodes})

    def _seen_from_outside(self, name: str, node: NodeSpec) -> NodeSpec:
        """The node, with every name that leads into a part replaced."""
        change = Change(self._references.meaning, name, self.problems)
        changes = change.templates(node)
        needs = [waited for need in node.needs for waited in self._waited_for(name, need)]
        if tuple(needs) != node.needs:
            changes["needs"] = tuple(dict.fromkeys(needs))
        return node.model_copy(update=changes) if changes else node

    def _waited_for(self, name: str, need: str) -> tuple[str, ...]:
        if need.partition(".")[0] not in self.groups:
            return (need,)
        found = self._references.waited_for(need)
        if not found:
            outer = need.partition(".")[0]
            known = ", ".join(f"{outer}.{word}" for word in self.groups[outer].names())
            self.problems.append(
                Problem(
                    path=("nodes", name, "needs"), code="unknown-node", node=name,
                    message=f"there is no node '{need}' to wait for",
                    remedy=f"use one of: {known}",
                )
            )  # fmt: skip
        return found

    def _check_names(self) -> None:
        for made, taken in ((self.nodes, self._written.nodes), (self.params, self._written.params)):
            known = {name.casefold(): name for name in taken}
            for new, (name, inner) in made.items():
                problem = name_problem(new)
                if new.casefold() in known:
                    problem = f"is there already: '{known[new.casefold()]}'"
                known[new.casefold()] = new
                if problem:
                    self.problems.append(
                        Problem(
                            path=("nodes", name), code="wrong-value", node=name,
                            message=f"'{inner}' inside '{name}' would be called '{new}', which {problem}",
                            remedy="give one of them another name",
                        )
                    )  # fmt: skip


def parts_of(spec: PipelineSpec) -> Iterator[tuple[str, str]]:
    """Every node that is a pipeline, and the file that it names."""
    for name, node in spec.nodes.items():
        if node.pipeline is not None:
            yield name, node.pipeline


def _too_many(parts: Mapping[str, Part]) -> Problem:
    name = max(parts, key=lambda part: len(parts[part].spec.nodes))
    count = sum(len(part.spec.nodes) for part in parts.values())
    return Problem(
        path=("nodes", name), code="too-many-steps", node=name,
        message=f"the pipelines inside have {count:,} nodes together", remedy=f"keep it to {MOST_STEPS:,}",
    )  # fmt: skip
