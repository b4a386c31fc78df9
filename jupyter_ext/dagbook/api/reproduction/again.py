"""The plan of a run, as it is done again elsewhere: the same work, and nothing that others would see."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from dagbook.pipeline.plan import Place, Plan, PlannedNode, PlannedStep
from dagbook.pipeline.predict import MODEL

REPRODUCES = "dagbook.reproduces"
"""The tag that says of which run a run is the reproduction."""


def plan_again(
    plan: Plan, project: Path, run: str, *, locks: Mapping[str, str], models: Mapping[str, str]
) -> Plan:
    """The plan for `project`, a tree of its own: every step is done anew, nobody is told or asked.

    Models are not registered again, hooks do not run, and there is no approval to wait for.

    Args:
        plan: of the original run.
        project: where it is done again.
        run: id of the original.
        locks: node → the packages of its environment, where it is to have one of its own.
        models: node that scores → where the files of the version lie that it scored with.
    """

    def there(path: str) -> str:
        whole = Path(path)
        return str(project / whole.relative_to(plan.project)) if whole.is_relative_to(plan.project) else path

    def node(name: str, planned: PlannedNode) -> PlannedNode:
        lock = planned.lock or locks.get(name, "")
        params = dict(planned.params)
        if name in models:
            params[MODEL] = models[name]
        return planned.model_copy(
            update={
                "notebook": there(planned.notebook), "registration": None, "approve": None, "lock": lock,
                "rules": planned.rules.model_copy(update={"approve": False}), "params": params,
                "predict": "" if name in models else planned.predict, "warm": planned.warm and not lock,
                "locks": {},
            }
        )  # fmt: skip

    return plan.model_copy(
        update={
            "file": there(plan.file), "project": str(project), "place": Place(), "hooks": {},
            "schedule": "", "due": "", "keep_failed": 0.0, "tags": {**plan.tags, REPRODUCES: run},
            "nodes": {name: node(name, planned) for name, planned in plan.nodes.items()},
            "steps": tuple(_step(step, run) for step in plan.steps),
        }
    )  # fmt: skip


def _step(step: PlannedStep, run: str) -> PlannedStep:
    if step.action == "skip":
        return step
    return step.model_copy(
        update={"action": "run", "fresh": True, "accepted": "", "reason": f"reproduces run {run}"}
    )
