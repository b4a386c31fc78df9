"""Registered models: list, show, register, promote, demote, describe. MLflow keeps them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

from dagbook import bootstrap
from dagbook.api.run import Run, find
from dagbook.engine.model_lookup import model_named, version_meant, version_of
from dagbook.engine.model_registry import LoggedModel, ModelRegistry, ModelVersion, RegisteredModel
from dagbook.engine.ports import TrackerAway
from dagbook.engine.promotion import move_alias
from dagbook.engine.provenance import cell_that_logs, made_with
from dagbook.errors import EnvironmentFault, Finding, InvalidInput, NotFound, did_you_mean
from dagbook.pipeline.expressions import ExpressionError
from dagbook.pipeline.model_reference import ModelReference, WrongReference, read_alias, read_reference

_T = TypeVar("_T")
CHAMPION: Final = "champion"
"""The alias that a promotion moves unless another is named."""


def models(where: Path | str = ".") -> list[dict[str, Any]]:
    """The registered models of the project at `where`, those that changed last first."""
    registry = bootstrap.registry(Path(where))
    return [] if registry is None else [model.to_json() for model in reach(registry.models)]


def show_model(name: str, where: Path | str = ".") -> dict[str, Any]:
    """A registered model with its versions, newest first; or one version: `churn/3`, `churn@champion`.

    Raises:
        NotFound: there is none.
    """
    reference = reference_of(name)
    registry = registry_at(where)
    model = _model_named(registry, reference.name)
    if reference.version is not None or reference.alias is not None:
        return _version_of(registry, model, reference).to_json()
    versions = reach(lambda: registry.versions(model.name))
    return {**model.to_json(), "versions": [version.to_json() for version in versions]}


def find_version(name: str, where: Path | str = ".") -> ModelVersion:
    """The version that a name means: the newest where it does not say. Raises NotFound."""
    reference = reference_of(name)
    registry = registry_at(where)
    return reach(lambda: version_meant(registry, reference))


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where a model is registered from.

    Attributes:
        run: id of the run; None for the newest.
        step: which logged it; None where only one did.
        logged: the name it was logged under; None for the newest, where the step logged several.
    """

    run: str | None = None
    step: str | None = None
    logged: str | None = None


def register_model(
    name: str,
    where: Path | str = ".",
    source: Source = Source(),
    *,
    description: str = "",
    tags: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Make a new version of a registered model from the model that a step logged.

    Args:
        name: of the registered model, which is made if there is none.
        where: in the project.
        source: run and step that logged it.
        description: of the version.
        tags: of the version.

    Raises:
        NotFound: no such run or step, or it logged no model.
    """
    reference = reference_of(name)
    if str(reference) != reference.name:
        raise InvalidInput(_wrong("model-name", f"'{name}' names a version", "give the name of a model"))
    of = find(source.run, Path(where))
    steps = _asked_steps(of, source.step)
    registry = registry_at(of.folder)
    found, from_step = _logged(registry, of, steps, source.logged)
    executed = of.state.steps[from_step].notebook
    cell = cell_that_logs(of.folder / executed) if executed else {}
    origin = {**made_with(of.folder), **cell, **(tags or {})}
    return reach(
        lambda: registry.register(reference.name, found, tags=origin, description=description)
    ).to_json()


def register_logged(
    name: str,
    mlflow_run_id: str,
    where: Path | str = ".",
    *,
    description: str = "",
    tags: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Make a new version of a registered model from what a run of MLflow logged last.

    Raises:
        NotFound: it logged no model.
    """
    reference = reference_of(name)
    if str(reference) != reference.name:
        raise InvalidInput(_wrong("model-name", f"'{name}' names a version", "give the name of a model"))
    registry = registry_at(where)
    there = reach(lambda: registry.logged(mlflow_run_id))
    if not there:
        raise NotFound(
            _wrong("no-model", "no model was logged in this run",
                   "with mlflow.start_run(): mlflow.sklearn.log_model(model, name='model')")
        )  # fmt: skip
    return reach(
        lambda: registry.register(reference.name, there[0], tags=tags or {}, description=description)
    ).to_json()


def promote(
    name: str,
    to: str = CHAMPION,
    where: Path | str = ".",
    *,
    condition: str | None = None,
    reason: str = "",
) -> dict[str, Any]:
    """Have an alias mean another version, on a condition; the version keeps a note of when, by whom and why.

    Args:
        name: the version: `churn/3`; `churn` for the newest, `churn@candidate` for what another alias means.
        to: the alias. A stage of old MLflow (`Production`) is the alias `production`.
        where: in the project.
        condition: over its metrics: `accuracy > 0.9 and accuracy >= current.accuracy`, where `current` is the
            version that holds the alias.
        reason: for those who ask later.

    Returns:
        `{"name", "version", "alias", "from", "promoted", "condition", "values", "at", "by", "reason"}`;
        `promoted` is False, and nothing has changed, where the condition does not hold.

    Raises:
        NotFound: there is no such version.
        InvalidInput: the condition cannot be read, or names what was not measured.
    """
    alias = alias_of(to)
    reference = reference_of(name)
    registry = registry_at(where)
    model = _model_named(registry, reference.name)
    version = _version_of(registry, model, reference)
    try:
        return reach(
            lambda: move_alias(
                registry, version, alias, held_by=model.aliases.get(alias), condition=condition, reason=reason
            )
        )
    except ExpressionError as error:
        raise InvalidInput(
            _wrong("promotion-condition", str(error),
                   "write it over metrics of the version: accuracy > 0.9 and accuracy >= current.accuracy")
        ) from None  # fmt: skip


def demote(name: str, alias: str, where: Path | str = ".") -> dict[str, Any]:
    """Have an alias of a model mean nothing. Raises NotFound where it means nothing already."""
    registry = registry_at(where)
    model = _model_named(registry, reference_of(name).name)
    version = _version_of(registry, model, ModelReference(name=model.name, alias=alias_of(alias)))
    reach(lambda: registry.remove_alias(model.name, alias_of(alias)))
    return {"name": model.name, "alias": alias_of(alias), "from": version.version}


def describe_model(
    name: str, text: str | None, where: Path | str = ".", *, tags: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Say what a model, or a version of it (`churn/3`), is: its description, and tags. None leaves it."""
    reference = reference_of(name)
    registry = registry_at(where)
    model = _model_named(registry, reference.name)
    number = None
    if reference.version is not None or reference.alias is not None:
        number = _version_of(registry, model, reference).version
    if text is not None:
        reach(lambda: registry.describe(model.name, number, text))
    if tags:
        reach(lambda: registry.tag(model.name, number, tags))
    return show_model(str(ModelReference(name=model.name, version=number)), where)


def registry_at(where: Path | str) -> ModelRegistry:
    """The registry of a project. Raises NotFound where nothing was ever tracked."""
    registry = bootstrap.registry(Path(where))
    if registry is None:
        raise NotFound(
            _wrong("unknown-model", "this project has tracked nothing yet, so it has no models",
                   "run a pipeline that logs a model, or stand in the project's folder")
        )  # fmt: skip
    return registry


def reference_of(text: str) -> ModelReference:
    """What the text names. Raises InvalidInput."""
    try:
        return read_reference(text)
    except WrongReference as error:
        said, _, remedy = str(error).partition("; ")
        raise InvalidInput(_wrong("model-name", said, remedy)) from None


def alias_of(text: str) -> str:
    """The alias that the text means. Raises InvalidInput."""
    try:
        return read_alias(text)
    except WrongReference as error:
        said, _, remedy = str(error).partition("; ")
        raise InvalidInput(_wrong("model-alias", said, remedy)) from None


def reach(call: Callable[[], _T]) -> _T:
    """What the store answers. Raises EnvironmentFault where it is away."""
    try:
        return call()
    except TrackerAway as error:
        raise EnvironmentFault(
            _wrong("tracking-away", f"MLflow's store does not answer: {error}",
                   "`dagbook doctor` says more; what was logged waits and is not lost")
        ) from error  # fmt: skip


def _model_named(registry: ModelRegistry, name: str) -> RegisteredModel:
    return reach(lambda: model_named(registry, name))


def _version_of(registry: ModelRegistry, model: RegisteredModel, reference: ModelReference) -> ModelVersion:
    return reach(lambda: version_of(registry, model, reference))


def _asked_steps(run: Run, step: str | None) -> dict[str, str | None]:
    """Step → its record in MLflow, of those that may have logged the model."""
    steps = {one.outline.step: one.mlflow_run_id for one in run.state.steps.values()}
    if step is None:
        return steps
    if step not in steps:
        raise NotFound(
            _wrong("unknown-step", f"run {run.id} has no step '{step}'", did_you_mean(step, steps))
        )
    return {step: steps[step]}


def _logged(
    registry: ModelRegistry, run: Run, asked: Mapping[str, str | None], logged: str | None
) -> tuple[LoggedModel, str]:
    """The model to register, and the step that logged it."""
    found: dict[str, list[LoggedModel]] = {}
    for name, recorded in asked.items():
        if recorded and (there := reach(lambda recorded=recorded: list(registry.logged(recorded)))):  # type: ignore[misc]
            found[name] = there
    if not found:
        raise no_model(" or ".join(asked))
    if len(found) > 1:
        raise InvalidInput(
            _wrong("which-model", f"several steps of run {run.id} logged a model",
                   f"name one: --step '{next(iter(found))}'; there are {', '.join(found)}")
        )  # fmt: skip
    ((name, choices),) = found.items()
    named = {model.name: model for model in reversed(choices)}
    if logged is not None and logged not in named:
        raise NotFound(
            _wrong("no-model", f"step '{name}' logged no model named '{logged}'", did_you_mean(logged, named))
        )
    return (named[logged] if logged is not None else choices[0]), name


def no_model(step: str) -> NotFound:
    """What to raise where a step logged none."""
    return NotFound(
        _wrong("no-model", f"step '{step}' logged no model",
               "log one in the notebook: "
               "with mlflow.start_run(): mlflow.sklearn.log_model(model, name='model')")
    )  # fmt: skip


def _wrong(code: str, message: str, remedy: str) -> Finding:
    return Finding(code=code, message=message, remedy=remedy)
