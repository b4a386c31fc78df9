"""A workflow as the Argo server shows it → the run as our events know runs. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, field_validator

from dagbook.run.events import FinishedAs
from dagbook.run.submitted import AttemptPhase, AttemptThere, RunThere, StepThere

SCHEDULER: Final = "argo"
_PHASES: Final[Mapping[str, AttemptPhase]] = {
    "": "pending", "Pending": "pending", "Running": "running", "Succeeded": "succeeded",
    "Failed": "failed", "Error": "failed",
}  # fmt: skip
_ENDED: Final = frozenset({"Succeeded", "Failed", "Error"})
_KILLED: Final = re.compile(r"OOMKilled|exit code (137|143)\b|pod deleted", re.IGNORECASE)


class _Seen(BaseModel):
    """What the server sends; of fields that we do not know nothing is asked, and null is nothing."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    @field_validator("*", mode="before")
    @classmethod
    def _null_is_nothing(cls, value: Any, info: Any) -> Any:
        if value is not None:
            return value
        return cls.model_fields[info.field_name].get_default(call_default_factory=True)


class _Parameter(_Seen):
    name: str = ""
    value: Any = ""


class _Key(_Seen):
    key: str = ""


class _Artifact(_Seen):
    name: str = ""
    s3: _Key = _Key()
    gcs: _Key = _Key()
    oss: _Key = _Key()


class _Inputs(_Seen):
    parameters: list[_Parameter] = Field(default_factory=list)


class _Outputs(_Seen):
    artifacts: list[_Artifact] = Field(default_factory=list)


class _Node(_Seen):
    id: str
    name: str = ""
    type: str = ""
    phase: str = ""
    message: str = ""
    displayName: str = ""  # noqa: N815  # Argo's own spelling
    templateName: str = ""  # noqa: N815  # Argo's own spelling
    startedAt: str = ""  # noqa: N815
    finishedAt: str = ""  # noqa: N815
    children: list[str] = Field(default_factory=list)
    inputs: _Inputs = _Inputs()
    outputs: _Outputs = _Outputs()


class _Metadata(_Seen):
    name: str
    uid: str = ""
    labels: dict[str, str] = Field(default_factory=dict)
    annotations: dict[str, str] = Field(default_factory=dict)


class _Spec(_Seen):
    shutdown: str = ""


class _Status(_Seen):
    phase: str = ""
    message: str = ""
    startedAt: str = ""  # noqa: N815
    finishedAt: str = ""  # noqa: N815
    nodes: dict[str, _Node] = Field(default_factory=dict)


class Workflow(_Seen):
    """A workflow, as far as we look at it. Validation raises ValueError for what is none."""

    metadata: _Metadata
    spec: _Spec = _Spec()
    status: _Status = _Status()

    @property
    def is_over(self) -> bool:
        """Whether it has ended."""
        return self.status.phase in _ENDED

    @property
    def succeeded(self) -> bool:
        """Whether it has ended well."""
        return self.status.phase == "Succeeded"


def run_there(workflow: Workflow, templates: Mapping[str, str], ended: str = "") -> RunThere:
    """The run that the workflow is.

    Args:
        workflow: as the server shows it.
        templates: template → node of the pipeline; other templates are none of its steps.
        ended: an end that a retry has left behind: what still tells of it is old.
    """
    status = workflow.status
    is_over = workflow.is_over and not (ended and status.finishedAt == ended)
    return RunThere(
        state=("succeeded" if workflow.succeeded else "failed") if is_over else "running",
        scheduler=SCHEDULER,
        message=status.message,
        seconds=_seconds(status.startedAt, status.finishedAt),
        # As long as it is old, so is who stopped it.
        stopped=bool(workflow.spec.shutdown) and not (workflow.is_over and not is_over),
        steps=dict(_steps(workflow, templates)),
    )


def _steps(workflow: Workflow, templates: Mapping[str, str]) -> Iterator[tuple[str, StepThere]]:
    pods: dict[str, list[_Node]] = {}
    skipped: dict[str, StepThere] = {}
    for node in workflow.status.nodes.values():
        step = _step_of(node, templates)
        if step is None:
            continue
        if node.phase in {"Skipped", "Omitted"}:
            by_condition = node.phase == "Skipped"
            because = node.message or ("its condition did not hold" if by_condition else _OMITTED)
            skipped[step] = StepThere(skipped=because, skipped_by="condition" if by_condition else "upstream")
        elif node.type == "Pod" or (not node.children and node.type not in _OVER_OTHERS):
            pods.setdefault(step, []).append(node)
    parents = _retried(workflow)
    for step, found in pods.items():
        yield step, StepThere(attempts=_attempts(found, workflow, parents))
    yield from ((step, there) for step, there in skipped.items() if step not in pods)


def _attempts(
    pods: list[_Node], workflow: Workflow, parents: Mapping[str, tuple[int, _Node]]
) -> tuple[AttemptThere, ...]:
    """In the order in which they were made; after each but the last another was."""
    ordered = sorted(pods, key=lambda pod: (parents[pod.id][0] if pod.id in parents else 0, pod.startedAt))
    found = []
    for pod in ordered:
        again = pod is not ordered[-1]
        if not again and pod.id in parents:
            again = parents[pod.id][1].phase not in _ENDED
        found.append(_attempt(pod, workflow, is_tried_again=again))
    return tuple(found)


_OVER_OTHERS: Final = frozenset({"TaskGroup", "Retry", "DAG", "Steps", "StepGroup"})
_OMITTED: Final = "what it depends on did not come out as it needs"


def _retried(workflow: Workflow) -> dict[str, tuple[int, _Node]]:
    """The id of an attempt → its number, and the node over all attempts, where Argo tries again by itself."""
    nodes = workflow.status.nodes.values()
    return {
        child: (number, node)
        for node in nodes
        if node.type == "Retry"
        for number, child in enumerate(node.children)
    }


def _step_of(node: _Node, templates: Mapping[str, str]) -> str | None:
    """By its template; what never became a pod may know only the task, which is called as the template is."""
    is_left_out = node.phase in {"Skipped", "Omitted"}
    name = templates.get(node.templateName) or (templates.get(node.displayName) if is_left_out else None)
    if name is None:
        return None
    index = next((one.value for one in node.inputs.parameters if one.name == "index"), None)
    return name if index in {None, ""} else f"{name}[{index}]"


def _attempt(node: _Node, workflow: Workflow, *, is_tried_again: bool) -> AttemptThere:
    phase = _PHASES.get(node.phase, "running")
    return AttemptThere(
        key=f"{node.id} {node.startedAt}",
        phase=phase,
        message=node.message,
        seconds=_seconds(node.startedAt, node.finishedAt),
        failed_as=_failed_as(node.message),
        is_tried_again=is_tried_again,
        stored=_stored(node),
        log=_pod_name(node, workflow),
    )


def _failed_as(message: str) -> FinishedAs:
    if "deadline" in message.casefold():
        return "timed-out"
    return "killed" if _KILLED.search(message) else "failed"


def _stored(node: _Node) -> str:
    for artifact in node.outputs.artifacts:
        if artifact.name == "result":
            return artifact.s3.key or artifact.gcs.key or artifact.oss.key
    return ""


def _pod_name(node: _Node, workflow: Workflow) -> str:
    """As Argo names pods: by their template, unless the workflow says that it is by the node alone."""
    name = workflow.metadata.name
    if workflow.metadata.annotations.get("workflows.argoproj.io/pod-name-format") == "v1":
        return node.id
    if node.name == name:
        return name
    prefix = f"{name}-{node.templateName}"[:_LONGEST_PREFIX]
    return f"{prefix}-{node.id.removeprefix(f'{name}-')}"


_LONGEST_PREFIX: Final = 242
"""Kubernetes takes 253 characters; ten are the hash's, and one is the dash."""


def _seconds(began: str, ended: str) -> float:
    try:
        return max(0.0, (_instant(ended) - _instant(began)).total_seconds())
    except (ValueError, TypeError):
        return 0.0


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)
