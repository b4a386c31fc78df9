"""`register:` of a node: the model that an attempt made becomes a version of a registered model.

The last thing that an attempt does: what does not succeed registers nothing, and what cannot be registered
has not succeeded.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from dagbook.engine.checks import read_checks
from dagbook.engine.folders import OUTBOX
from dagbook.engine.metrics import metrics_of
from dagbook.engine.model_registry import LoggedModel, ModelRegistry, ModelVersion
from dagbook.engine.outbox import NODE_RUN
from dagbook.engine.outbox_reader import OutboxReader
from dagbook.engine.ports import TrackerAway
from dagbook.engine.promotion import move_alias
from dagbook.engine.provenance import cell_that_logs, made_with
from dagbook.engine.request import NodeRequest, NodeResult
from dagbook.errors import did_you_mean
from dagbook.pipeline.expressions import ExpressionError
from dagbook.pipeline.plan import PlannedRegistration
from dagbook.run.facts import NodeError

FindRegistry = Callable[[Mapping[str, str]], ModelRegistry | None]
"""The registry that a kernel's environment leads to; None where the attempt is not tracked."""

_RUN_ID: Final = "MLFLOW_RUN_ID"
_MODEL_FILE: Final = "MLmodel"
_OF_RUN: Final = 2  # RUN/STEP/ATTEMPT
_LOG_ONE: Final = "log one in the notebook: mlflow.sklearn.log_model(model, name='model')"


class _Unregistered(Exception):  # the attempt's failure, not ours
    def __init__(self, error: NodeError) -> None:
        self.error = error
        super().__init__(error.value)


def _no_model(value: str, remedy: str) -> _Unregistered:
    return _Unregistered(NodeError(name="NoModel", value=value, remedy=remedy))


def registered(request: NodeRequest, result: NodeResult, find: FindRegistry) -> NodeResult:
    """The result of an attempt whose model is registered now, or why that could not be."""
    asked = request.registration
    if asked is None:
        return result
    try:
        warning = _register(request, result, asked, find)
    except _Unregistered as failed:
        return result.model_copy(update={"state": "failed", "error": failed.error})
    except TrackerAway as away:
        error = NodeError(
            name="RegistryAway", value=f"the model could not be registered: {away}",
            remedy="`dagbook doctor` says more; then `dagbook resume`, "
            f"or: dagbook models register {asked.model}",
        )  # fmt: skip
        return result.model_copy(update={"state": "failed", "error": error})
    return result.model_copy(update={"warnings": (*result.warnings, *warning)})


def _register(
    request: NodeRequest, result: NodeResult, asked: PlannedRegistration, find: FindRegistry
) -> tuple[str, ...]:
    run_id, registry = request.env.get(_RUN_ID), find(request.env)
    if registry is None or run_id is None:
        raise _Unregistered(
            NodeError(
                name="RegistryAway",
                value="the step was not recorded in MLflow, so its model cannot be registered",
                remedy="`dagbook doctor` says more; a notebook that moves MLflow registers there itself",
            )
        )  # fmt: skip
    folder = Path(request.folder)
    model = _model(registry, run_id, result, asked, folder)
    tags = {
        **made_with(folder.parents[_OF_RUN - 1]), **cell_that_logs(folder / result.notebook), **asked.tags,
    }  # fmt: skip
    version = registry.register(asked.model, model, tags=tags, description=asked.description)
    return _give_alias(registry, version, asked, _measured(folder, result)) if asked.alias else ()


def _model(
    registry: ModelRegistry, run_id: str, result: NodeResult, asked: PlannedRegistration, folder: Path
) -> LoggedModel:
    output = result.outputs.get(asked.source)
    if output is not None:
        place = folder / output.path
        if output.kind != "file" or not (place / _MODEL_FILE).is_file():
            raise _no_model(
                f"the output '{asked.source}' is no model that MLflow saved",
                "publish its folder: mlflow.sklearn.save_model(model, 'model') and "
                f"%output {asked.source}=Path('model')",
            )  # fmt: skip
        return registry.adopt(run_id, asked.source, place)
    logged = registry.logged(run_id)
    if not logged:
        raise _no_model("the notebook logged no model to register", _LOG_ONE)
    if not asked.source:
        return logged[0]
    for model in logged:
        if model.name == asked.source:
            return model
    raise _no_model(
        f"the notebook logged no model named '{asked.source}', and published no such output",
        did_you_mean(asked.source, [*(model.name for model in logged), *result.outputs], _LOG_ONE),
    )  # fmt: skip


def _give_alias(
    registry: ModelRegistry, version: ModelVersion, asked: PlannedRegistration, measured: Mapping[str, float]
) -> tuple[str, ...]:
    """Warnings: that the alias stays where it was."""
    known = registry.model(version.name)
    held_by = known.aliases.get(asked.alias) if known is not None else None
    try:
        done = move_alias(
            registry, version, asked.alias, held_by=held_by, condition=asked.condition or None,
            measured=measured,
        )  # fmt: skip
    except ExpressionError as error:
        raise _Unregistered(
            NodeError(
                name="WrongCondition",
                value=f"{error}; {version.name}/{version.version} is registered, without the alias",
                remedy="write `if:` over metrics and outputs of the node: auc > 0.7 and auc >= current.auc",
            )
        ) from None  # fmt: skip
    return () if done["promoted"] else (_stays(done),)


def _stays(done: Mapping[str, Any]) -> str:
    values = ", ".join(f"{name} = {value:.6g}" for name, value in done["values"].items())
    before = f"stays at version {done['from']}" if done["from"] is not None else "is not given"
    return (
        f"{done['name']}/{done['version']} is registered; {done['alias']} {before}: "
        f"{done['condition']} does not hold ({values})"
    )


def _measured(folder: Path, result: NodeResult) -> dict[str, float]:
    """The attempt's metrics that MLflow may not have yet: outputs, checks, and what waits in the outbox."""
    checks = {check.metric: float(check.passed) for check in read_checks(folder)}
    return {**_waiting(folder / OUTBOX), **metrics_of(result.outputs), **checks}


def _waiting(outbox: Path) -> dict[str, float]:
    reader = OutboxReader(outbox)
    found: dict[str, Any] = {}
    for name in reader.files():
        for line in reader.lines(name):
            record = line.record or {}
            if record.get("kind") == "metric" and record.get("run") == NODE_RUN:
                found |= record.get("values") or {}
    return {name: float(value) for name, value in found.items() if isinstance(value, int | float)}
