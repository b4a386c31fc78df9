"""Our `retries` as Argo's `retryStrategy`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from dagbook.compilers.refusals import refused
from dagbook.engine.deployment import Deployment
from dagbook.errors import PartExit
from dagbook.pipeline.problem import Problem
from dagbook.pipeline.rules import Retries

# The step says itself that it is to be tried again. What was killed says nothing: its pod ended by a signal,
# or Argo lost it.
_ASKED: Final = f"asInt(lastRetry.exitCode) == {PartExit.AGAIN:d}"
_LOST: Final = 'asInt(lastRetry.exitCode) > 128 || lastRetry.status == "Error"'
_KILLED: Final = ("killed", "WorkerDied", "WorkerLost")


def retry_strategy(m: Any, rule: Retries) -> Any:
    """The strategy of a template whose node has the rule; None when it is tried once. `m`: Hera's models."""
    if not rule.limit:
        return None
    backoff = None
    if rule.backoff:
        backoff = m.Backoff(
            duration=f"{rule.backoff:g}s",
            factor=int(rule.factor),
            cap=None if rule.max_backoff is None else f"{rule.max_backoff:g}s",
        )
    also_lost = not rule.on or any(name in rule.on for name in _KILLED)
    return m.RetryStrategy(
        limit=rule.limit,
        retry_policy="Always",
        expression=f"{_ASKED} || {_LOST}" if also_lost else _ASKED,
        backoff=backoff,
    )


def retry_problems(deployment: Deployment) -> Iterator[Problem]:
    """Rules that Argo cannot follow."""
    for name, node in deployment.plan.nodes.items():
        rule = node.rules.retries
        if rule.limit and rule.backoff and rule.factor != int(rule.factor):
            own = deployment.spec.nodes[name].retries is not None
            where = ("nodes", name) if own else ("defaults",)
            message = f"waits between attempts grow {rule.factor:g} times, and Argo takes whole numbers"
            yield refused((*where, "retries"), message, "write `factor: 1`, `2` or `3`", name)
