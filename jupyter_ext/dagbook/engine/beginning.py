"""The first events of a run."""

from __future__ import annotations

import os
import socket

from dagbook.engine.ports import RunIdentity
from dagbook.engine.writer import user_name
from dagbook.pipeline.plan import Plan
from dagbook.pipeline.rules import Rules
from dagbook.run.events import RunStarted, TrackingStarted
from dagbook.run.facts import StepOutline


def run_started(plan: Plan, run: str, capacity: tuple[float, int] = (0.0, 0)) -> RunStarted:
    """That this process takes the run, and all that a reader needs to draw it.

    Args:
        plan: what is to be done.
        run: the run's id.
        capacity: processors and bytes that its steps may use together; 0 where nobody is held back.
    """
    cpu, memory = capacity
    outlines = tuple(
        StepOutline(
            step=step.step, node=step.node, needs=step.needs, item=step.item, action=step.action,
            reason=step.reason, notebook=plan.nodes[step.node].notebook,
        )
        for step in plan.steps
    )  # fmt: skip
    return RunStarted(
        run=run, pipeline=plan.pipeline, file=plan.file, jobs=plan.jobs, params=plan.params,
        steps=outlines, pid=os.getpid(), host=socket.gethostname(), user=user_name(),
        schedule=plan.schedule, due=plan.due,
        rules={name: node.rules for name, node in plan.nodes.items() if node.rules != Rules()},
        limits=plan.limits.model_copy(update={"cpu": cpu, "memory": memory}), tags=plan.tags,
    )  # fmt: skip


def tracking_started(identity: RunIdentity) -> TrackingStarted:
    """That the run has its record in the tracking store."""
    return TrackingStarted(
        tracking_uri=identity.tracking_uri,
        experiment=identity.experiment,
        mlflow_run_id=identity.mlflow_run_id,
    )
