"""What the tracking store is told of a run and of its attempts: names, tags and parameters."""

from __future__ import annotations

from collections.abc import Mapping

from dagbook.engine.git import GIT_TAGS
from dagbook.engine.ports import RunIdentity
from dagbook.engine.prepare import PreparedStep, show_value
from dagbook.engine.record import Recorder, StepRecord
from dagbook.engine.writer import user_name
from dagbook.notebook.values import decode
from dagbook.pipeline.plan import Plan, PlannedStep


def open_run_record(recorder: Recorder, plan: Plan, run: str) -> RunIdentity | None:
    """Open the record of a run; None when the store is away."""
    record = run_record(plan, run)
    return recorder.open_run(record.name, record.tags, record.params)


def run_record(plan: Plan, run: str) -> StepRecord:
    """The record of a run."""
    tags = {
        "mlflow.source.name": plan.file, "mlflow.source.type": "PROJECT", "mlflow.user": user_name(),
        "dagbook.run": run, "dagbook.pipeline": plan.pipeline, **plan.tags,
    }  # fmt: skip
    if plan.schedule:
        tags |= {"dagbook.schedule": plan.schedule, "dagbook.due": plan.due}
    if plan.description:
        tags["mlflow.note.content"] = plan.description
    shown = {name: show_value(decode(value)) for name, value in plan.params.items()}
    return StepRecord(name=f"{plan.pipeline} {run}", tags=tags, params=shown)


def attempt_record(
    plan: Plan,
    run: str,
    step: PlannedStep,
    attempt: int,
    prepared: PreparedStep,
    more: Mapping[str, str] | None = None,
) -> StepRecord:
    """The record of an attempt; `more` are tags that come last."""
    node = plan.nodes[step.node]
    tags = {
        "mlflow.source.name": node.notebook, "mlflow.source.type": "NOTEBOOK", "mlflow.user": user_name(),
        "dagbook.run": run, "dagbook.pipeline": plan.pipeline, "dagbook.step": step.step,
        "dagbook.node": step.node, "dagbook.attempt": str(attempt),
        "dagbook.fingerprint": prepared.fingerprint,
        **{f"dagbook.input.{name}": source for name, source in prepared.inputs.items()},
        **{f"dagbook.item.{name}": str(value) for name, value in step.item.items()},
        **{tag: value for tag, value in plan.tags.items() if tag.startswith(GIT_TAGS)},
        **node.tags, **(more or {}),
    }  # fmt: skip
    return StepRecord(name=step.step, tags=tags, params=prepared.shown, experiment=prepared.calls.experiment)
