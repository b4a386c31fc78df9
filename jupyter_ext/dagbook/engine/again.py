"""What is wanted of a driver that takes up a run which was driven before. A file, as every request is."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable
from datetime import datetime

from pydantic import BaseModel, ConfigDict

from dagbook.engine.writer import user_name
from dagbook.pipeline.plan import Plan
from dagbook.run.again import to_do_again
from dagbook.run.events import Entry, RunFinished, RunResumed, RunStarted
from dagbook.run.state import RunState


class Again(BaseModel):
    """How a run is to be taken up.

    Attributes:
        steps: to be done again, with all that follows from them; None for what is unfinished.
        fresh: the steps run, and all that follows from them, though a result of the same may be kept.
        jobs: how many steps may run at once; as planned when None.
        keep_failed: seconds that the kernel of a step that fails is kept; as planned when None.
        uncached: nodes whose modules or files are not those of the plan: nothing they give may be kept
            under the fingerprints of the plan.
        gone: finished steps whose published files are not there any more.
    """

    model_config = ConfigDict(frozen=True)

    steps: tuple[str, ...] | None = None
    fresh: bool = False
    jobs: int | None = None
    keep_failed: float | None = None
    uncached: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()

    def applied_to(self, plan: Plan) -> Plan:
        """The plan with what is wanted."""
        fresh: set[str] = set(self.steps or ()) if self.fresh else set()
        # An element of a `foreach` is not planned by itself; only those that are done again start.
        planned = {step.step for step in plan.steps}
        fresh |= {name.partition("[")[0] for name in fresh - planned}
        for step in plan.steps:  # in an order that can be run: one pass finds all that follows
            if fresh.intersection(step.needs):
                fresh.add(step.step)
        steps = tuple(
            step.model_copy(update={"fresh": True}) if step.step in fresh else step for step in plan.steps
        )
        nodes = {
            name: node.model_copy(update={"cache": False}) if name in self.uncached else node
            for name, node in plan.nodes.items()
        }
        keep = plan.keep_failed if self.keep_failed is None else self.keep_failed
        chosen = {"jobs": self.jobs or plan.jobs, "keep_failed": keep}
        return plan.model_copy(update={"nodes": nodes, "steps": steps, **chosen})


def resumed(state: RunState, plan: Plan, again: Again) -> RunResumed:
    """The event by which this process takes up the run."""
    return RunResumed(
        steps=to_do_again(state, again.steps, again.gone),
        jobs=plan.jobs,
        pid=os.getpid(),
        host=socket.gethostname(),
        user=user_name(),
    )


def worked_before(entries: Iterable[Entry]) -> float:
    """Seconds that drivers spent on the run, by their own word or else by the journal's clock."""
    total, began, last = 0.0, None, None
    for entry in entries:
        match entry.event:
            case RunStarted() | RunResumed():
                total += _between(began, last)
                began = entry.at
            case RunFinished(seconds=seconds):
                total, began = seconds, None
        last = entry.at
    return total + _between(began, last)


def _between(began: str | None, ended: str | None) -> float:
    """Seconds between two times; 0 when the clock was set back meanwhile."""
    if began is None or ended is None:
        return 0.0
    return max(0.0, (datetime.fromisoformat(ended) - datetime.fromisoformat(began)).total_seconds())
