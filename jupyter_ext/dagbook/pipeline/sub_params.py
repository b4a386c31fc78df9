"""What a node that is a pipeline gives to the parameters of that pipeline."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from dagbook.errors import did_you_mean
from dagbook.notebook import types
from dagbook.notebook.values import UnsupportedValue, encode
from dagbook.pipeline.expressions import references, resolve
from dagbook.pipeline.groups import joined
from dagbook.pipeline.problem import Problem
from dagbook.pipeline.rewriting import Meaning
from dagbook.pipeline.spec import NodeSpec, ParamSpec, PipelineSpec


@dataclass(frozen=True, kw_only=True)
class InnerParams:
    """The parameters of a pipeline inside another.

    Attributes:
        meanings: parameter → what stands in its place.
        params: those that become parameters of the outer pipeline, by their new names, as they are inside.
        problems: what is wrong with what they are given, as places of the outer file.
    """

    meanings: Mapping[str, Meaning] = field(default_factory=dict)
    params: Mapping[str, tuple[str, ParamSpec]] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()


def give_params(name: str, node: NodeSpec, inner: PipelineSpec, given: Mapping[str, Any]) -> InnerParams:
    """Hold what is given against what the inner pipeline declares.

    What depends on the outer pipeline takes the parameter's place wherever that is used. Anything else, a
    plain value or the default, becomes a parameter of the whole: so it is read by its type, a secret stays
    one, and a run may set it.

    Args:
        name: of the node.
        node: as written.
        inner: the pipeline that it is.
        given: parameter → value or template, in the words of the outer pipeline taken apart.
    """
    meanings: dict[str, Meaning] = {}
    params: dict[str, tuple[str, ParamSpec]] = {}
    problems = list(_strangers(name, node, inner, given))
    used = _used(inner)
    for key, param in inner.params.items():
        if key in given and references(given[key]):
            meanings[key] = Meaning(given[key], used=2)
            continue
        if key in given:
            value = resolve(given[key], {})
            if problem := _problem_of(name, key, param, value):
                problems.append(problem)
                continue
            declared = param.model_copy(update={"default": value})
        elif param.required:
            problems.append(
                Problem(
                    path=("nodes", name), code="missing-parameter", node=name,
                    message=f"{node.pipeline} needs a value for its parameter '{key}'",
                    remedy=f"write `{key}: …` under `params:` of '{name}'",
                )
            )  # fmt: skip
            continue
        else:
            declared = param
        if key in used:
            params[joined(name, key)] = (key, declared)
            meanings[key] = Meaning(f"${{params.{joined(name, key)}}}", used=2)
    return InnerParams(meanings=meanings, params=params, problems=tuple(problems))


def _strangers(name: str, node: NodeSpec, inner: PipelineSpec, given: Mapping[str, Any]) -> Iterator[Problem]:
    for key in given:
        if key not in inner.params:
            yield Problem(
                path=("nodes", name, "params", key), code="unknown-parameter", node=name,
                message=f"{node.pipeline} has no parameter '{key}'",
                remedy=did_you_mean(key, inner.params, "declare it under `params:` there, or take it away"),
            )  # fmt: skip


def _problem_of(name: str, key: str, param: ParamSpec, value: Any) -> Problem | None:
    """What is wrong with a plain value for a parameter."""
    path = ("nodes", name, "params", key)
    if param.secret is not None:
        return Problem(
            path=path, code="secret-given", node=name,
            message=f"parameter '{key}' is a secret: a value in the file would be read by everybody",
            remedy="take it away, or give it a secret of this pipeline: ${params.NAME}",
        )  # fmt: skip
    said = types.problem(param.param_type, value)
    try:
        encode(value)
    except UnsupportedValue as error:
        said = said or str(error)
    if said is None:
        return None
    remedy = f"give {types.describe(param.param_type)}"
    return Problem(
        path=path, code="parameter-type", message=f"parameter '{key}': {said}", remedy=remedy, node=name
    )


def _used(spec: PipelineSpec) -> set[str | None]:
    """The parameters that some node refers to."""
    found = references([[node.templates, node.outputs] for node in spec.nodes.values()])
    return {reference.name for reference in found if reference.root == "params"}
