"""Dagbook without kernels, disk or MLflow: for tests of pipelines, of adapters and of Dagbook itself.

    runner = FakeRunner({"train": failed("ValueError", "no data"), "score": values(auc=0.9)})
    executor = FakeExecutor(runner)

What an attempt does is said by step or by node; whoever is not named succeeds and publishes nothing. The
adapters that keep everything in memory are here too. Nothing in a product imports this module.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from dagbook.caches.memory import MemoryCache
from dagbook.engine.ports import Ended, Report
from dagbook.engine.request import NodeRequest, NodeResult
from dagbook.journals.memory import MemoryJournal
from dagbook.locks.memory import MemoryLocks
from dagbook.notebook.outputs import Output
from dagbook.notebook.values import encode
from dagbook.pipeline.plan import Action, Plan, PlannedNode, PlannedStep
from dagbook.run.events import (
    CellStarted,
    Entry,
    Event,
    FinishedAs,
    RunStarted,
    StepFailed,
    StepReused,
    StepStarted,
    StepSucceeded,
)
from dagbook.run.facts import NodeError, StepOutline
from dagbook.trackers.memory import MemoryTracker

__all__ = [
    "FakeExecutor",
    "FakeRunner",
    "MemoryCache",
    "MemoryJournal",
    "MemoryLocks",
    "MemoryTracker",
    "Outcome",
    "entries",
    "failed",
    "outline",
    "plan_of",
    "run_started",
    "step_failed",
    "step_reused",
    "step_started",
    "step_succeeded",
    "values",
]  # fmt: skip

Outcome = NodeResult | Literal["dies", "hangs", "lost"]
"""How an attempt ends: with a result; `dies` without one; `hangs` until stopped; `lost` with its place."""

Pick = Callable[[Sequence[str]], str]


# --- what attempts do -----------------------------------------------------------------------------------


def values(**outputs: Any) -> NodeResult:
    """A success that publishes these values by name."""
    published = {
        name: Output(name=name, kind="value", value=encode(value), format="json", type=type(value).__name__)
        for name, value in outputs.items()
    }
    return NodeResult(state="succeeded", outputs=published, notebook="", seconds=1.0)


def failed(name: str = "ValueError", value: str = "boom", *, as_: FinishedAs = "failed") -> NodeResult:
    """A failure by an exception `name: value` in cell 1; or a timeout, or the death of a kernel."""
    error = NodeError(name=name, value=value, cell=1)
    return NodeResult(state=as_, error=error, notebook="", seconds=1.0)


class FakeRunner:
    """A runner that executes nothing: it says which cell it is at, and ends as it was told to.

    Args:
        outcomes: step (`train[0]`) or node (`train`) → how its attempts end. A list is one outcome for each
            attempt, the last for all further ones.

    Attributes:
        requests: every request so far, in order.
    """

    def __init__(self, outcomes: Mapping[str, Outcome | Sequence[Outcome]] | None = None) -> None:
        self._outcomes = dict(outcomes or {})
        self.requests: list[NodeRequest] = []
        self._attempts: Counter[str] = Counter()

    def run(self, request: NodeRequest, report: Report) -> NodeResult:
        """The result of the attempt; an outcome that has none counts as killed."""
        outcome = self.outcome(request)
        report(CellStarted(step=request.step, attempt=request.attempt, cell=1, total=1))
        return (
            failed("Killed", f"the kernel {outcome}", as_="killed") if isinstance(outcome, str) else outcome
        )

    def outcome(self, request: NodeRequest) -> Outcome:
        """How the attempt will end; counts it."""
        before = self._attempts[request.step]
        self._attempts[request.step] += 1
        self.requests.append(request)
        said = self._outcomes.get(request.step, self._outcomes.get(request.node, values()))
        if isinstance(said, str | NodeResult):
            return said
        return said[min(before, len(said) - 1)]

    def stop(self) -> None:
        """Nothing runs."""


class FakeExecutor:
    """An executor in memory: each `wait` lets one attempt end, and reports its first cell before.

    Args:
        runner: says how attempts end.
        pick: which of the attempts that could end does so next, by step; the oldest by default.

    Attributes:
        stopped: steps that were told to stop, in order.
        closed: whether `close` was called.
        most: how many attempts there were at once, at most.
    """

    def __init__(self, runner: FakeRunner | None = None, pick: Pick = lambda steps: steps[0]) -> None:
        self.runner = runner or FakeRunner()
        self._pick = pick
        self._open: dict[str, tuple[NodeRequest, Outcome]] = {}
        self._happened: list[Event | Ended] = []
        self.stopped: list[str] = []
        self.closed = False
        self.most = 0

    def start(self, request: NodeRequest) -> None:
        """Begin the attempt."""
        if self.closed or request.step in self._open:
            raise AssertionError(f"'{request.step}' was started when it could not be")
        self._open[request.step] = (request, self.runner.outcome(request))
        self.most = max(self.most, len(self._open))
        self._happened.append(CellStarted(step=request.step, attempt=request.attempt, cell=1, total=1))

    def stop(self, step: str) -> None:
        """End the attempt at once, without a result."""
        self.stopped.append(step)
        if step in self._open:
            self._end(step, None, "told to stop")

    def wait(self, seconds: float) -> Sequence[Event | Ended]:
        """What happened since the last call; where all hang, nothing does."""
        ready = [step for step, (_, outcome) in self._open.items() if outcome != "hangs"]
        if ready:
            step = self._pick(ready)
            outcome = self._open[step][1]
            said = "its worker was lost" if outcome == "lost" else "its worker died"
            self._end(step, None if isinstance(outcome, str) else outcome, said, lost=outcome == "lost")
        elif not self._happened:
            time.sleep(min(seconds, 0.001))
        happened, self._happened = self._happened, []
        return happened

    def close(self) -> None:
        """Stop everything."""
        for step in list(self._open):
            self.stop(step)
        self.closed = True

    def _end(self, step: str, result: NodeResult | None, reason: str, *, lost: bool = False) -> None:
        request, _ = self._open.pop(step)
        said = "" if result is not None else reason
        ended = Ended(step=step, attempt=request.attempt, result=result, reason=said, lost=lost)
        self._happened.append(ended)


# --- events ---------------------------------------------------------------------------------------------


def outline(step: str, *needs: str, action: Action = "run", reason: str = "") -> StepOutline:
    """A planned step as the journal's first entry has it; `train[0]` is a step of node `train`."""
    return StepOutline(step=step, node=step.partition("[")[0], needs=needs, action=action, reason=reason)


def run_started(*steps: StepOutline, jobs: int = 2) -> RunStarted:
    """The first event of a run with these steps, each after what it needs."""
    return RunStarted(
        run="r1", pipeline="p", file="/p/p.pipeline.yaml", jobs=jobs, steps=steps, pid=1, host="here"
    )


def step_started(step: str, attempt: int = 1) -> StepStarted:
    """An attempt began."""
    return StepStarted(step=step, attempt=attempt, folder=f"{step}/{attempt}")


def step_succeeded(step: str, attempt: int = 1, **outputs: Any) -> StepSucceeded:
    """An attempt ended well and published these values."""
    return StepSucceeded(step=step, attempt=attempt, outputs=values(**outputs).outputs, seconds=1.0)


def step_failed(step: str, attempt: int = 1, *, as_: FinishedAs = "failed") -> StepFailed:
    """An attempt ended badly."""
    error = NodeError(name="ValueError", value="boom", cell=1)
    return StepFailed(step=step, attempt=attempt, as_=as_, error=error, seconds=1.0)


def step_reused(step: str, **outputs: Any) -> StepReused:
    """The step's result was there already."""
    return StepReused(step=step, outputs=values(**outputs).outputs, fingerprint="f" * 64, from_run="r0")


def entries(*events: Event) -> list[Entry]:
    """The events as a journal would hold them."""
    journal = MemoryJournal()
    return [journal.append(event) for event in events]


# --- plans ----------------------------------------------------------------------------------------------


def plan_of(
    nodes: Mapping[str, Sequence[str]],
    *,
    folder: Path,
    params: Mapping[str, Mapping[str, Any]] | None = None,
    **settings: Any,
) -> Plan:
    """A plan without matrices, every step to be run.

    Args:
        nodes: node → what it needs, in an order that can be run.
        folder: where the notebooks would be; nothing is looked for there.
        params: node → templates of its parameters.
        settings: other fields of the plan: `jobs`, `params` of the run as `run_params`, …
    """
    given = {node: dict((params or {}).get(node, {})) for node in nodes}
    planned = {
        node: PlannedNode(
            notebook=str(folder / f"{node}.ipynb"),
            params={name: encode(value) for name, value in given[node].items()},
            code={"code cell 1": node},
        )
        for node in nodes
    }
    steps = tuple(PlannedStep(step=node, node=node, needs=tuple(needs)) for node, needs in nodes.items())
    if "run_params" in settings:
        settings["params"] = settings.pop("run_params")
    return Plan(
        pipeline="p", file=str(folder / "p.pipeline.yaml"), project=str(folder), nodes=planned, steps=steps,
        **settings,
    )  # fmt: skip
