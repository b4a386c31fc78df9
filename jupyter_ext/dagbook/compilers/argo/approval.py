"""`approve` as a task that waits for `argo resume`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from dagbook.compilers.refusals import instead, refused
from dagbook.engine.deployment import Deployment
from dagbook.pipeline.problem import Problem

_BRACES: Final = "{{"


def question_template(m: Any, name: str, message: str) -> Any:
    """A template that waits until somebody resumes it; the question is its input, which Argo's screens show.

    Args:
        m: Hera's models.
        name: of the template.
        message: what is asked.
    """
    asked = m.Parameter(name="question", value=message)
    return m.Template(name=name, inputs=m.Inputs(parameters=[asked]), suspend=m.SuspendTemplate())


def approval_problems(deployment: Deployment) -> Iterator[Problem]:
    """What of a question Argo cannot ask, and what it asks in another way."""
    for name, node in deployment.spec.nodes.items():
        if node.approve is None:
            continue
        place, approve = ("nodes", name, "approve"), node.approve
        if approve.by:
            message = "who may answer, Kubernetes says: Argo knows nothing of `by`"
            yield refused((*place, "by"), message, "give only them the right to resume workflows", name)
        if approve.timeout is not None:
            message = "a task of Argo's that waits too long goes on, as after a yes"
            yield refused((*place, "timeout"), message, "take it away for this engine", name)
        if _BRACES in approve.message:
            message = "the question holds `{{`, which Argo would replace by something of its own"
            yield refused(place, message, "write it without", name)
        values = " with `${…}` as it is written," if "${" in approve.message else ""
        yield instead(
            place,
            f"the question is asked{values} once for the node, and before its `when` is looked at",
            "answer by `argo resume`, or `argo stop --node-field-selector` for a no",
            name,
        )
