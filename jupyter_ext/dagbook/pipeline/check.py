"""Everything that is wrong with a pipeline, all at once, before anything runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from math import prod
from pathlib import PurePosixPath
from typing import Final

from dagbook.errors import Finding, did_you_mean
from dagbook.notebook.parameters import check_parameters
from dagbook.notebook.values import Secret, UnsupportedValue, encode
from dagbook.pipeline.check_control import check_control
from dagbook.pipeline.check_predict import check_predict
from dagbook.pipeline.expressions import ExpressionError, Reference, references, resolve
from dagbook.pipeline.facts import NotebookFacts
from dagbook.pipeline.graph import make_graph
from dagbook.pipeline.names import FAILURES
from dagbook.pipeline.plan import MOST_STEPS
from dagbook.pipeline.problem import Problem
from dagbook.pipeline.spec import NodeSpec, PipelineSpec

__all__ = ["MISSING_PARAMETER", "MOST_STEPS", "Problem", "check_notebooks", "check_spec"]

MISSING_PARAMETER: Final = "missing-parameter"


def check_spec(spec: PipelineSpec) -> tuple[Problem, ...]:
    """What can be told from the pipeline file alone: references, needs, cycles, declared outputs."""
    problems = [problem for name, node in spec.nodes.items() for problem in _check_node(spec, name, node)]
    problems += _unused_params(spec)
    if any(problem.code == "expression" for problem in problems):
        return tuple(problems)
    problems += _same_files(spec)
    graph = make_graph(spec)
    circle = graph.cycle()
    if circle:
        problems.append(
            Problem(
                path=("nodes", circle[0]),
                code="cycle",
                message=f"the nodes need each other in a circle: {' → '.join(circle)}",
                remedy="take one of these references or needs away",
                node=circle[0],
            )
        )
    else:
        problems += check_predict(spec, graph)
    return tuple(problems)


def check_notebooks(spec: PipelineSpec, facts: Mapping[str, NotebookFacts]) -> tuple[Problem, ...]:
    """What can be told from the notebooks too: outputs that exist, parameters that are declared and fit."""
    problems: list[Problem] = []
    for name, node in spec.nodes.items():
        for path, value in _templates(name, node):
            problems += [
                problem
                for reference in references(value)
                if (problem := _check_output(spec, facts, reference, name, path))
            ]
        if name in facts:
            problems += _check_given(name, node, facts[name])
    return tuple(problems)


def _check_node(spec: PipelineSpec, name: str, node: NodeSpec) -> Iterator[Problem]:
    for index, need in enumerate(node.needs):
        # Of a node that is a pipeline one inside may be named: `features.prepare`.
        outer = spec.nodes.get(need.partition(".")[0])
        if need not in spec.nodes and (outer is None or outer.pipeline is None):
            yield _problem(
                ("nodes", name, "needs", index), "unknown-node", f"there is no node '{need}' to wait for",
                did_you_mean(need, spec.nodes), name,
            )  # fmt: skip
    yield from _check_matrix(name, node)
    for path, value in _templates(name, node):
        yield from _check_template(spec, name, path, value)
    for key, value in node.outputs.items():
        yield from _check_template(spec, name, ("nodes", name, "outputs", key), value)
    yield from check_control(name, node)
    for key, value in node.outputs.items():
        if PurePosixPath(value).is_absolute() or ".." in PurePosixPath(value).parts:
            yield _problem(
                ("nodes", name, "outputs", key), "output-path",
                f"output '{key}' must lie in or below the notebook's folder, not at {value}",
                "write a relative path without `..`", name,
            )  # fmt: skip


def _templates(name: str, node: NodeSpec) -> Iterator[tuple[tuple[str | int, ...], object]]:
    """Where something that may refer to other nodes stands, and what it says."""
    for key, value in node.params.items():
        yield ("nodes", name, "params", key), value
    for key, value in node.templates.items():
        if key != "params" and value is not None:
            yield ("nodes", name, key), value


def _check_template(
    spec: PipelineSpec, name: str, path: tuple[str | int, ...], value: object
) -> Iterator[Problem]:
    try:
        found = references(value)
        if not found:
            resolve(value, {})  # what needs no run is worked out now
    except ExpressionError as error:
        yield _problem(path, "expression", str(error), "correct the expression", name)
        return
    for reference in found:
        if problem := _check_reference(_Found(spec, reference, name, path)):
            yield problem


def _check_matrix(name: str, node: NodeSpec) -> Iterator[Problem]:
    steps = prod(len(values) for values in node.matrix.values())
    if steps > MOST_STEPS:
        yield _problem(
            ("nodes", name, "matrix"), "too-many-steps", f"the matrix makes {steps:,} steps",
            f"keep it to {MOST_STEPS:,}", name,
        )  # fmt: skip
    for key, values in node.matrix.items():
        for index, value in enumerate(values):
            path = ("nodes", name, "matrix", key, index)
            try:
                encode(value)
            except UnsupportedValue as error:
                said, _, remedy = str(error).rpartition("; ")
                yield _problem(path, "parameter-value", f"matrix '{key}': {said}", remedy, name)
            if isinstance(value, str) and "${" in value:
                yield _problem(
                    path, "matrix-expression", f"matrix '{key}' holds plain values, not {value!r:.60}",
                    "write the value itself, and what depends on it under `params:`", name,
                )  # fmt: skip


@dataclass(frozen=True)
class _Found:
    """A reference and where it stands."""

    spec: PipelineSpec
    reference: Reference
    node: str
    path: tuple[str | int, ...]

    def problem(self, code: str, message: str, remedy: str) -> Problem:
        return _problem(self.path, code, message, remedy, self.node)


def _check_reference(found: _Found) -> Problem | None:
    """What is wrong with a reference, as far as the pipeline file alone can tell."""
    check = _CHECKS.get(found.reference.root, _check_node_reference)
    return check(found)


def _check_params_reference(found: _Found) -> Problem | None:
    name = found.reference.name or ""
    if name in found.spec.params:
        return None
    return found.problem(
        "unknown-parameter",
        f"the pipeline has no parameter '{name}'",
        did_you_mean(name, found.spec.params, "declare it under `params:` of the pipeline"),
    )


def _check_item_reference(found: _Found) -> Problem | None:
    matrix, name = found.spec.nodes[found.node].matrix, found.reference.name
    if found.spec.nodes[found.node].foreach is not None:
        return None
    if not matrix:
        message = f"${{{found.reference}}} needs a matrix or `foreach`, and node '{found.node}' has none"
        return found.problem("no-item", message, "add `matrix:` to the node, or refer to something else")
    if name is None or name in matrix:
        return None
    message = f"the matrix of node '{found.node}' has no '{name}'"
    return found.problem("unknown-item", message, did_you_mean(name, matrix))


def _check_run_reference(found: _Found) -> Problem | None:
    if found.reference.name == "id":
        return None
    return found.problem("unknown-reference", f"`{found.reference}` means nothing", "write `run.id`")


def _check_env_reference(found: _Found) -> Problem | None:
    if found.reference.name is not None:
        return None
    return found.problem("unknown-reference", "`env` alone means nothing", "write `env.NAME`")


def _check_node_reference(found: _Found) -> Problem | None:
    root = found.reference.root
    if root not in found.spec.nodes:
        message = f"`{found.reference}` names no node of this pipeline"
        return found.problem("unknown-node", message, did_you_mean(root, [*found.spec.nodes, *_CHECKS]))
    if found.path[2] == "outputs":
        message = f"the path of an output cannot depend on `{found.reference}`"
        return found.problem("unknown-reference", message, "use params, item or run.id there")
    if found.reference.name is None:
        message = f"`{root}` is a node; say which of its outputs you mean"
        return found.problem("no-output-named", message, f"write `{root}.OUTPUT`")
    return None


_CHECKS: Final[Mapping[str, Callable[[_Found], Problem | None]]] = {
    "params": _check_params_reference,
    "item": _check_item_reference,
    "run": _check_run_reference,
    "env": _check_env_reference,
}


def _check_output(
    spec: PipelineSpec,
    facts: Mapping[str, NotebookFacts],
    reference: Reference,
    node: str,
    path: tuple[str | int, ...],
) -> Problem | None:
    producer = facts.get(reference.root)
    if producer is None or reference.name is None or not producer.published.complete:
        return None
    published = [*producer.published.names, *spec.nodes[reference.root].outputs]
    if spec.nodes[reference.root].foreach is not None:
        published.append(FAILURES)
    if reference.name in published:
        return None
    return _problem(
        path,
        "unknown-output",
        f"node '{reference.root}' publishes no output '{reference.name}'",
        did_you_mean(reference.name, published, f"publish it in its notebook: `%output {reference.name}=…`"),
        node,
    )


def _check_given(name: str, node: NodeSpec, facts: NotebookFacts) -> Iterator[Problem]:
    """Names, and the values that need no run to be known; the rest is checked when it is."""
    # A secret fits every type: it stands here for what only a run will know.
    given = {
        key: Secret("later") if references(value) else resolve(value, {})
        for key, value in node.params.items()
    }
    for key, value in given.items():
        for finding in check_parameters(facts.parameters, {key: value}, node=name, file=facts.path):
            if finding.code != MISSING_PARAMETER:
                yield _as_problem(finding, ("nodes", name, "params", key))
    for finding in check_parameters(facts.parameters, given, node=name, file=facts.path):
        if finding.code == MISSING_PARAMETER:
            yield _as_problem(finding, ("nodes", name))


def _as_problem(finding: Finding, path: tuple[str | int, ...]) -> Problem:
    return Problem(
        path=path, code=finding.code, message=finding.message, remedy=finding.remedy,
        node=finding.node, cell=finding.cell, severity=finding.severity,
    )  # fmt: skip


def _same_files(spec: PipelineSpec) -> Iterator[Problem]:
    """Two steps that would write the same declared file: the later would destroy the earlier's."""
    written: dict[PurePosixPath, tuple[str, str]] = {}
    notebooks = {PurePosixPath(node.notebook): name for name, node in spec.nodes.items()}
    for name, node in spec.nodes.items():
        folder = PurePosixPath(node.notebook).parent
        for key, value in node.outputs.items():
            items = {reference.name for reference in references(value) if reference.root == "item"}
            whole = None in items
            if node.foreach is not None and not items:
                yield _problem(
                    ("nodes", name, "outputs", key), "same-file",
                    f"every step of '{name}' would write {value}",
                    "make the path differ: use ${item} in it", name,
                )  # fmt: skip
            if node.matrix and not whole and (missing := set(node.matrix) - items):
                yield _problem(
                    ("nodes", name, "outputs", key), "same-file",
                    f"every step of '{name}' would write {value}",
                    f"make the path differ: use ${{item.{min(missing)}}} in it", name,
                )  # fmt: skip
            target = folder / value
            if target in notebooks:
                yield _problem(
                    ("nodes", name, "outputs", key), "output-overwrites",
                    f"'{name}' ({key}) would write over {target}, the notebook of '{notebooks[target]}'",
                    "give the output a file of its own", name,
                )  # fmt: skip
            if target in written:
                other, other_key = written[target]
                yield _problem(
                    ("nodes", name, "outputs", key), "same-file",
                    f"'{name}' ({key}) and '{other}' ({other_key}) would both write {target}",
                    "give each its own file", name,
                )  # fmt: skip
            written.setdefault(target, (name, key))


def _unused_params(spec: PipelineSpec) -> Iterator[Problem]:
    used: set[str | None] = set()
    for node in spec.nodes.values():
        try:
            found = references([node.templates, node.outputs])
        except ExpressionError:
            return
        used |= {reference.name for reference in found if reference.root == "params"}
    used |= _used_in_hooks(spec)
    for name in spec.params:
        if name not in used:
            yield Problem(
                path=("params", name), code="unused-parameter", severity="warning",
                message=f"no node uses the parameter '{name}'",
                remedy=f"use ${{params.{name}}} in a node, or take it away",
            )  # fmt: skip


def _used_in_hooks(spec: PipelineSpec) -> set[str | None]:
    try:
        found = references([[hook.params, hook.notify] for _, _, _, hook in spec.on.hooks()])
    except ExpressionError:
        return set(spec.params)  # what cannot be read is reported by itself
    return {reference.name for reference in found if reference.root == "params"}


def _problem(path: tuple[str | int, ...], code: str, message: str, remedy: str, node: str) -> Problem:
    return Problem(path=path, code=code, message=message, remedy=remedy, node=node)
