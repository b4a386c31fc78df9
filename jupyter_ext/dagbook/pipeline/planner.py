"""Spec and graph to plan: expands matrices and decides for each step run, reuse or skip, with the reason."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from dagbook.notebook.outputs import Output
from dagbook.notebook.values import UnsupportedValue, encode
from dagbook.pipeline.expressions import ExpressionError, references, resolve
from dagbook.pipeline.facts import NotebookFacts
from dagbook.pipeline.fingerprint import (
    Parts,
    earlier,
    explain_difference,
    fingerprint,
    fingerprint_parts,
    model_parts,
)
from dagbook.pipeline.graph import Graph
from dagbook.pipeline.names import FAILURES
from dagbook.pipeline.plan import (
    MOST_STEPS,
    Action,
    PlannedNode,
    PlannedQuestion,
    PlannedRegistration,
    PlannedStep,
    matrix_items,
    result_key,
    step_name,
)
from dagbook.pipeline.resolve import node_names, resolve_params
from dagbook.pipeline.selection import Selection
from dagbook.pipeline.spec import PipelineSpec


@dataclass(frozen=True, kw_only=True)
class Known:
    """A result that the cache has: which run made it, and what it published.

    `accepted` says who took it as current though something had changed; empty when nothing had.
    """

    run: str
    outputs: Mapping[str, Output]
    accepted: str = ""

    @property
    def reason(self) -> str:
        """Why a step is reused that has this result."""
        return (
            f"{self.accepted}: result of run {self.run}"
            if self.accepted
            else f"unchanged since run {self.run}"
        )


@dataclass(frozen=True, kw_only=True)
class Memory:
    """What is remembered of earlier runs, as two questions.

    Attributes:
        known: fingerprint → the result under it, if there is one.
        latest: result key → the parts of the newest result's fingerprint.
    """

    known: Callable[[str], Known | None] = lambda _: None
    latest: Callable[[str], Parts | None] = lambda _: None


@dataclass(frozen=True, kw_only=True)
class Circumstances:
    """What a plan depends on besides the spec.

    Attributes:
        params: the run's parameters, as values.
        env: environment variables that expressions refer to.
        environment: what identifies the interpreter.
        use_cache: False for `--no-cache`.
        warm: False for `--cold`.
        models: node that scores → what identifies the version that it would score with now.
        accepting: who takes results as current, and when: `accepted by ada, 2026-11-26`.
    """

    params: Mapping[str, Any]
    facts: Mapping[str, NotebookFacts]
    memory: Memory = field(default_factory=Memory)
    selection: Selection = field(default_factory=Selection)
    env: Mapping[str, str] = field(default_factory=dict)
    environment: str = ""
    use_cache: bool = True
    warm: bool = True
    models: Mapping[str, str] = field(default_factory=dict)
    accepting: str = "accepted"


@dataclass(frozen=True)
class _Decision:
    """What a plan says of a step."""

    action: Action
    reason: str
    fresh: bool = False
    accepted: str = ""


def plan_nodes(spec: PipelineSpec, graph: Graph, around: Circumstances) -> dict[str, PlannedNode]:
    """Every node as it will be run, in an order that can be run."""
    taken = outputs_taken(spec)
    nodes: dict[str, PlannedNode] = {}
    for name in graph.order():
        node, facts, settings = spec.nodes[name], around.facts[name], spec.settings_of(name)
        nodes[name] = PlannedNode(
            notebook=facts.path,
            params={key: encode(value) for key, value in node.params.items()},
            outputs=node.outputs,
            expected=taken.get(name, ()),
            code=fingerprint_parts(facts, {}, node.outputs, around.environment, node.registration),
            kernel=settings.kernel,
            timeout=settings.timeout,
            cell_timeout=settings.cell_timeout,
            when=node.condition,
            foreach=encode(node.foreach),
            approve=None
            if node.approve is None
            else PlannedQuestion(
                message=node.approve.message, by=node.approve.by, timeout=node.approve.timeout
            ),
            rules=spec.rules_of(name),
            locks={
                **{f"mutex {lock}": 1 for lock in node.mutex},
                **{f"semaphore {lock}": limit for lock, limit in node.semaphore.items()},
            },
            cache=settings.cache,
            warm=around.warm and settings.warm and facts.language == "python" and not facts.lock,
            lock=facts.lock,
            files=(*facts.modules, *facts.deps),
            tags=node.tags,
            registration=None
            if node.registration is None
            else PlannedRegistration(**node.registration.model_dump()),
            predict=node.predict or "",
        )
    return nodes


def outputs_taken(spec: PipelineSpec) -> dict[str, tuple[str, ...]]:
    """Node → the outputs of it that other nodes refer to."""
    taken: dict[str, dict[str, None]] = {}
    for node in spec.nodes.values():
        for reference in references(node.templates):
            if reference.root not in spec.nodes or reference.name is None:
                continue
            if reference.name != FAILURES or spec.nodes[reference.root].foreach is None:
                taken.setdefault(reference.root, {})[reference.name] = None
    return {name: tuple(outputs) for name, outputs in taken.items()}


class StepPlanner:
    """Decides step after step, upstream first, remembering what the reused ones published."""

    def __init__(self, spec: PipelineSpec, graph: Graph, around: Circumstances) -> None:
        self._spec = spec
        self._graph = graph
        self._around = around
        self._wanted = around.selection.nodes(graph)
        self._needed = graph.ancestors(self._wanted)
        self._anew = around.selection.anew(graph)
        self._names: dict[str, tuple[str, ...]] = {}
        self._taken = outputs_taken(spec)
        # Of those that are reused: what each step published, or each element of its list.
        self._published: dict[str, tuple[Mapping[str, Output], ...]] = {}

    def steps(self) -> tuple[PlannedStep, ...]:
        """All steps, in an order that can be run."""
        planned: list[PlannedStep] = []
        for name in self._graph.order():
            node = self._spec.nodes[name]
            items = matrix_items(node)
            names = tuple(step_name(name, index if node.matrix else None) for index in range(len(items)))
            needs = tuple(step for up in self._graph.upstream[name] for step in self._names[up])
            self._names[name] = names
            for index, item in enumerate(items):
                decision = self._decide(name, names[index], item)
                planned.append(
                    PlannedStep(
                        step=names[index],
                        node=name,
                        index=index if node.matrix else None,
                        item={key: encode(value) for key, value in item.items()},
                        needs=needs,
                        action=decision.action,
                        reason=decision.reason,
                        fresh=decision.fresh,
                        accepted=decision.accepted,
                    )
                )
        return tuple(planned)

    def _decide(self, name: str, step: str, item: dict[str, Any]) -> _Decision:
        selection = self._around.selection
        if name not in self._wanted and name not in self._needed:
            return _Decision("skip", f"not asked for ({selection.words()})")
        if name in self._anew:
            return _Decision("run", f"asked for ({selection.words()})", fresh=True)
        if not self._around.use_cache:
            return _Decision("run", "--no-cache", fresh=True)
        if not self._spec.settings_of(name).cache:
            return _Decision("run", "the node says cache: false", fresh=True)
        latest = self._around.memory.latest(result_key(self._spec.pipeline, name, item))
        decision = self._compare(name, step, item, latest)
        if decision.action == "run" and name in selection.accept:
            return self._accept(name, step, item, latest, decision)
        return decision

    def _compare(self, name: str, step: str, item: dict[str, Any], latest: Parts | None) -> _Decision:
        """Run or reuse, by the fingerprint; what cannot be computed yet leaves it to the run."""
        if running := self._running_above(name):
            own = self._own_parts(name, {})
            if latest is None:
                return _Decision("run", "never run")
            comparable = {key: latest[key] for key in own if key in latest}
            if comparable == own:
                verb = "runs" if len(running) == 1 else "run"
                return _Decision("run", f"upstream {', '.join(running)} {verb}")
            return _Decision("run", explain_difference(comparable, own))
        try:
            return self._compare_results(name, step, item, latest)
        except (ExpressionError, UnsupportedValue):
            return _Decision("run", "its inputs are not known yet")

    def _compare_results(self, name: str, step: str, item: dict[str, Any], latest: Parts | None) -> _Decision:
        if self._spec.nodes[name].foreach is not None:
            return self._compare_elements(name, step)
        parts = self._parts(name, item)
        known = self._around.memory.known(fingerprint(parts))
        if known is None:
            return _Decision("run", explain_difference(latest, parts))
        self._published[step] = (known.outputs,)
        return _Decision("reuse", known.reason)

    def _compare_elements(self, name: str, step: str) -> _Decision:
        """A `foreach` is reused when the result of every element is there."""
        elements = resolve(self._spec.nodes[name].foreach, self._names_for(name, {}))
        if not isinstance(elements, list) or len(elements) > MOST_STEPS:
            return _Decision("run", "its list is not known yet")
        found = [self._around.memory.known(fingerprint(self._parts(name, element))) for element in elements]
        known = [one for one in found if one is not None]
        if len(known) < len(elements):
            missing = len(elements) - len(known)
            return _Decision("run", f"{missing} of {len(elements)} steps have no result yet")
        self._published[step] = tuple(one.outputs for one in known)
        return _Decision("reuse", f"its {len(elements)} steps are unchanged")

    def _accept(
        self, name: str, step: str, item: dict[str, Any], latest: Parts | None, decision: _Decision
    ) -> _Decision:
        """The newest result in place of a run, if there is one; those of a `foreach` look for their own."""
        accepted = f"{self._around.accepting} ({decision.reason})"
        if self._spec.nodes[name].foreach is not None:
            return replace(decision, accepted=accepted)
        if latest is None:
            return decision
        try:
            parts = latest if self._running_above(name) else self._parts(name, item)
        except (ExpressionError, UnsupportedValue):
            parts = latest
        for candidate in earlier(latest, parts, of_one=True):
            known = self._around.memory.known(candidate)
            if known is not None:
                self._published[step] = (known.outputs,)
                return _Decision("reuse", f"{accepted}: result of run {known.run}", accepted=accepted)
        return decision

    def _parts(self, name: str, item: Any) -> Parts:
        node = self._spec.nodes[name]
        params = resolve_params(node.params, self._names_for(name, item))
        encoded = {key: encode(value) for key, value in params.items()}
        parts = self._own_parts(name, encoded)
        if node.predict is None:
            return parts
        if name not in self._around.models:
            raise ExpressionError(f"{node.predict} is not known yet")
        return model_parts(parts, self._around.models[name])

    def _own_parts(self, name: str, encoded: Mapping[str, Any]) -> dict[str, str]:
        node, facts = self._spec.nodes[name], self._around.facts[name]
        return fingerprint_parts(facts, encoded, node.outputs, self._around.environment, node.registration)

    def _running_above(self, name: str) -> list[str]:
        return [up for up in self._graph.upstream[name] if self._runs(up)]

    def _runs(self, node: str) -> bool:
        return any(step not in self._published for step in self._names[node])

    def _names_for(self, name: str, item: Any) -> dict[str, Any]:
        upstream = {up: self._node_names(up) for up in self._graph.upstream[name]}
        return {
            "params": dict(self._around.params), "item": item, "run": {"id": ""},
            "env": dict(self._around.env), **upstream,
        }  # fmt: skip

    def _node_names(self, name: str) -> dict[str, Any]:
        node = self._spec.nodes[name]
        published = [outputs for step in self._names[name] for outputs in self._published[step]]
        return node_names(
            published,
            is_list=bool(node.matrix) or node.foreach is not None,
            expected=self._taken.get(name, ()),
            failures=[] if node.foreach is not None else None,
        )
