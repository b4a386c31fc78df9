"""A planned step made ready: what its parameters are worth now, and whether the notebook takes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from dagbook.engine.model_registry import FindModel, ModelVersion
from dagbook.engine.upstream import Around
from dagbook.errors import EnvironmentFault, NotFound
from dagbook.notebook import types
from dagbook.notebook.defaults import Unevaluated
from dagbook.notebook.mlflow_calls import MlflowCalls, mlflow_calls
from dagbook.notebook.parameters import MISSING, Parameter, check_parameters, declared_parameters
from dagbook.notebook.values import FileValue, Secret, UnsupportedValue, decode, encode
from dagbook.pipeline.expressions import ExpressionError, references, resolve
from dagbook.pipeline.fingerprint import fingerprint, model_parts, value_parts
from dagbook.pipeline.plan import Plan, PlannedStep, result_key
from dagbook.pipeline.predict import MODEL
from dagbook.pipeline.resolve import resolve_params
from dagbook.run.facts import NodeError

LOOK_UPSTREAM = "see what the upstream node published"

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


@dataclass(frozen=True, kw_only=True)
class FrozenNotebook:
    """What every step of a node needs to know of its notebook. `declared` is None in other languages."""

    declared: tuple[Parameter, ...] | None
    calls: MlflowCalls

    @classmethod
    def of(cls, notebook: dict[str, Any]) -> FrozenNotebook:
        """Read off a notebook document."""
        return cls(declared=declared_parameters(notebook), calls=mlflow_calls(notebook))


def prepare_step(
    around: Around, notebook: FrozenNotebook, find_model: FindModel | None = None
) -> PreparedStep:
    """Everything about a step that only its upstream could tell.

    Args:
        around: the step among the others.
        notebook: its own.
        find_model: the version that a reference means now; without it the reference stays as it is.

    Raises:
        Unprepared: a value is missing, or the notebook does not take it.
    """
    plan, step = around.plan, around.step
    node = plan.nodes[step.node]
    templates = {name: decode(template) for name, template in node.params.items()}
    try:
        names = around.names(templates, node.outputs)
        values = resolve_params(templates, names)
        collect = {name: _inside(str(resolve(path, names)), name) for name, path in node.outputs.items()}
        encoded = {name: encode(value) for name, value in values.items()}
    except (ExpressionError, UnsupportedValue) as error:
        raise Unprepared(
            NodeError(name="WrongInput", value=said_of(error, around), remedy=LOOK_UPSTREAM)
        ) from error
    version = _version(node.predict, find_model) if node.predict and find_model else None
    if version is not None:
        values[MODEL] = version.uri
    declared = notebook.declared
    if declared is not None:
        values = of_declared_types(declared, values, step.node, node.notebook)
    parts = {**node.code, **value_parts(encoded)}
    if version is not None:
        parts = model_parts(parts, version.identity)
    return PreparedStep(
        params={name: encode(value) for name, value in values.items()},
        shown={**_defaults(declared or ()), **{name: show_value(value) for name, value in values.items()}},
        inputs=inputs_of(plan, templates),
        collect=collect,
        parts=parts,
        fingerprint=fingerprint(parts),
        key=result_key(plan.pipeline, step.node, _item_in_key(plan, step)),
        calls=notebook.calls,
    )


def condition_holds(around: Around) -> bool:
    """Whether the step's condition is true.

    Raises:
        Unprepared: it cannot be told.
    """
    try:
        return around.holds()
    except ExpressionError as error:
        raise Unprepared(
            NodeError(name="WrongCondition", value=said_of(error, around), remedy=LOOK_UPSTREAM)
        ) from error


def _version(reference: str, find: FindModel) -> ModelVersion:
    try:
        return find(reference)
    except NotFound as error:
        finding = error.findings[0]
        raise Unprepared(
            NodeError(name="UnknownModel", value=finding.message, remedy=finding.remedy)
        ) from error
    except EnvironmentFault as error:
        said = f"the version that {reference} means is not known: {error.findings[0].message}"
        remedy = "`dagbook doctor` says more; `dagbook resume` when it is back"
        raise Unprepared(NodeError(name="RegistryAway", value=said, remedy=remedy)) from error


def said_of(error: Exception, around: Around) -> str:
    """Why an expression has no value, and who upstream has nothing to give."""
    missing = around.missing()
    return f"{error}{f': {missing}' if missing else ''}"


def _item_in_key(plan: Plan, step: PlannedStep) -> dict[str, Any]:
    # Elements come and go with the data; what is remembered of them is the code.
    if plan.nodes[step.node].rules.foreach:
        return {}
    return {name: decode(value) for name, value in step.item.items()}


def show_value(value: Any) -> str:
    """A value as people read it in a table; a file by its name and the beginning of its digest."""
    if isinstance(value, FileValue):
        return f"{Path(value.path).name} (sha256 {value.sha256[:12]})"
    if isinstance(value, Secret):
        return f"secret {value.name}"
    if isinstance(value, list):
        return f"[{', '.join(show_value(element) for element in value)}]"
    return str(value)


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


def inputs_of(plan: Plan, templates: Mapping[str, Any]) -> dict[str, str]:
    """Parameter → the outputs of other nodes that its template refers to: `prepare.features`."""
    found = {}
    for name, template in templates.items():
        sources = [str(reference) for reference in references(template) if reference.root in plan.nodes]
        if sources:
            found[name] = ", ".join(sources)
    return found
