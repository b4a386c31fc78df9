"""A planned step made ready: what its parameters are worth now, and whether the notebook takes them."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from dagbook.engine.folders import frozen_notebook
from dagbook.notebook import types
from dagbook.notebook.defaults import Unevaluated
from dagbook.notebook.mlflow_calls import MlflowCalls, mlflow_calls
from dagbook.notebook.parameters import MISSING, Parameter, check_parameters, declared_parameters
from dagbook.notebook.values import FileValue, Secret, UnsupportedValue, decode, encode
from dagbook.pipeline.expressions import ExpressionError, references, resolve
from dagbook.pipeline.fingerprint import fingerprint, value_parts
from dagbook.pipeline.plan import Plan, PlannedStep, result_key
from dagbook.pipeline.resolve import node_names, resolve_params
from dagbook.run.events import NodeError
from dagbook.run.state import RunState

ReadNotebook = Callable[[Path], dict[str, Any]]


class Unprepared(Exception):  # the step's failure, not ours
    """The step cannot start; `error` says why, for its `step_failed`."""

    def __init__(self, error: NodeError) -> None:
        self.error = error
        super().__init__(error.value)


@dataclass(frozen=True, kw_only=True)
class PreparedStep:
    """A step that can start.

    Attributes:
        params: for the request, encoded, of the types that the notebook declares.
        shown: parameter → text, defaults included, for people and the tracking store.
        inputs: parameter → what it was made of, where that is more than a value: `prepare.features`.
        collect: declared output → path relative to the working directory.
        calls: what the notebook does to MLflow by itself.
    """

    params: dict[str, Any]
    shown: dict[str, str]
    inputs: dict[str, str]
    collect: dict[str, str]
    parts: dict[str, str]
    fingerprint: str
    key: str
    calls: MlflowCalls


def prepare_step(
    plan: Plan, step: PlannedStep, state: RunState, folder: Path, read_notebook: ReadNotebook
) -> PreparedStep:
    """Everything about a step that only its upstream could tell.

    Raises:
        Unprepared: a value is missing, or the notebook does not take it.
    """
    node = plan.nodes[step.node]
    names = _names(plan, step, state, folder)
    templates = {name: decode(template) for name, template in node.params.items()}
    try:
        values = resolve_params(templates, names)
        collect = {name: _inside(str(resolve(path, names)), name) for name, path in node.outputs.items()}
        encoded = {name: encode(value) for name, value in values.items()}
    except (ExpressionError, UnsupportedValue) as error:
        raise Unprepared(
            NodeError(name="WrongInput", value=str(error), remedy="see what the upstream node published")
        ) from error
    notebook = read_notebook(folder / frozen_notebook(step.node))
    declared = declared_parameters(notebook)
    if declared is not None:
        values = of_declared_types(declared, values, step.node, node.notebook)
    parts = {**node.code, **value_parts(encoded)}
    return PreparedStep(
        params={name: encode(value) for name, value in values.items()},
        shown={**_defaults(declared or ()), **{name: show_value(value) for name, value in values.items()}},
        inputs=_inputs(plan, templates),
        collect=collect,
        parts=parts,
        fingerprint=fingerprint(parts),
        key=result_key(plan.pipeline, step.node, {name: decode(value) for name, value in step.item.items()}),
        calls=mlflow_calls(notebook),
    )


def show_value(value: Any) -> str:
    """A value as people read it in a table; a file by its name and the beginning of its digest."""
    if isinstance(value, FileValue):
        return f"{Path(value.path).name} (sha256 {value.sha256[:12]})"
    if isinstance(value, Secret):
        return f"secret {value.name}"
    if isinstance(value, list):
        return f"[{', '.join(show_value(element) for element in value)}]"
    return str(value)


def _names(plan: Plan, step: PlannedStep, state: RunState, folder: Path) -> dict[str, Any]:
    params = {name: decode(value) for name, value in plan.params.items()}
    item = {name: decode(value) for name, value in step.item.items()}
    upstream: dict[str, Any] = {}
    for node in {state.steps[need].outline.node for need in step.needs}:
        steps = plan.steps_of(node)
        published = [
            {
                name: output.model_copy(update={"path": str(folder / output.path)})
                if output.kind == "file"
                else output
                for name, output in state.steps[made.step].outputs.items()
            }
            for made in steps
        ]
        upstream[node] = node_names(published, is_matrix=steps[0].index is not None)
    return {"params": params, "item": item, "run": {"id": state.run}, "env": dict(os.environ), **upstream}


def of_declared_types(
    declared: tuple[Parameter, ...], values: dict[str, Any], node: str, file: str
) -> dict[str, Any]:
    """The values as the notebook declares them.

    Raises:
        Unprepared: the notebook does not take them.
    """
    findings = [
        finding
        for finding in check_parameters(declared, values, node=node, file=file)
        if finding.severity == "error"
    ]
    if findings:
        raise Unprepared(
            NodeError(
                name="WrongParameter",
                value="; ".join(finding.message for finding in findings),
                cell=findings[0].cell,
                remedy=findings[0].remedy,
            )
        )
    by_name = {parameter.name: parameter for parameter in declared}
    return {name: types.convert(by_name[name].type, value) for name, value in values.items()}


def _inside(path: str, name: str) -> str:
    """A declared output's path, now that it is known; the plan could only look at what was written."""
    if PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts:
        raise ExpressionError(f"output '{name}' must lie in or below the notebook's folder, not at {path}")
    return path


def _defaults(declared: tuple[Parameter, ...]) -> dict[str, str]:
    return {
        parameter.name: parameter.default_source
        if isinstance(parameter.default, Unevaluated)
        else show_value(parameter.default)
        for parameter in declared
        if parameter.default is not MISSING
    }


def _inputs(plan: Plan, templates: Mapping[str, Any]) -> dict[str, str]:
    found = {}
    for name, template in templates.items():
        sources = [str(reference) for reference in references(template) if reference.root in plan.nodes]
        if sources:
            found[name] = ", ".join(sources)
    return found
