"""Who waits for what; whether a step then runs, it finds out itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from dagbook.compilers.refusals import instead, refused
from dagbook.engine.deployment import Deployment
from dagbook.pipeline.problem import Problem
from dagbook.pipeline.rules import RunIf

_OVER: Final = ("Succeeded", "Failed", "Errored", "Skipped", "Omitted")
_FAILED: Final = "at least one step failed; the screens of the workflow say which"


def depends(upstream: Sequence[str], run_if: RunIf) -> str | None:
    """What a task waits for; None for nothing.

    Args:
        upstream: names of tasks.
        run_if: what they must have come to. For all but `success` the step starts when they are over, and
            judges by what arrived.
    """
    if run_if == "success":
        return " && ".join(f"{name}.Succeeded" for name in upstream) or None
    return " && ".join(f"({_any_of(name, _OVER)})" for name in upstream) or None


def goes_on_after_failures(deployment: Deployment) -> bool:
    """Whether a task may run because of another's failure, or in spite of it."""
    return any(node.rules.run_if != "success" for node in deployment.plan.nodes.values())


def verdict_task(m: Any, name: str, tasks: Sequence[str]) -> Any:
    """A task that fails when one of `tasks` did, and is omitted otherwise. `m` are Hera's models.

    Argo goes by how the last tasks of a DAG ended: one that dealt with a failure well would hide it.
    """
    failed = " || ".join(_any_of(task, ("Failed", "Errored")) for task in tasks)
    return m.DAGTask(name=name, template=name, depends=failed)


def verdict_template(m: Any, name: str, image: str) -> Any:
    """The template of that task."""
    script = f"echo '{_FAILED}' >&2; exit 1"
    return m.Template(name=name, container=m.Container(image=image, command=["sh", "-c", script]))


def condition_problems(deployment: Deployment) -> Iterator[Problem]:
    """What is shown in another way there, and what cannot be had together."""
    for name, node in deployment.plan.nodes.items():
        written = deployment.spec.nodes[name]
        run_if = node.rules.run_if
        if deployment.spec.fail_fast and run_if in {"failure", "always"}:
            message = f"with `fail_fast: true` Argo starts nothing more, also no `run_if: {run_if}`"
            remedy = "take `fail_fast` away for this engine"
            yield refused(("nodes", name, "run_if"), message, remedy, name)
        elif written.when is not None or run_if != "success":
            key = "when" if written.when is not None else "run_if"
            message = "the step finds out in its pod whether it runs; one that does not is shown as succeeded"
            yield instead(("nodes", name, key), message, "see its log, which says why it was skipped", name)


def _any_of(task: str, results: Sequence[str]) -> str:
    return " || ".join(f"{task}.{result}" for result in results)
