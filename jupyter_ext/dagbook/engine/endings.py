"""What became of attempts: recorded together, and only then kept for reuse and told to the store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dagbook.engine.commit import Committed, failure_of
from dagbook.engine.folders import attempt_folder
from dagbook.engine.held import HeldDecision, leave_decision
from dagbook.engine.history import History
from dagbook.engine.kept import Kept
from dagbook.engine.patience import Patience
from dagbook.engine.ports import CachedResult, Ended, Ports
from dagbook.engine.prepare import PreparedStep
from dagbook.engine.record import Recorder
from dagbook.pipeline.plan import Plan
from dagbook.run.events import (
    Event,
    FinishedAs,
    StepCancelled,
    StepFailed,
    StepHeld,
    StepSucceeded,
    StepWarned,
)
from dagbook.run.facts import NodeError

MOST_LOSSES: Final = 2
"""Attempts that a step has beyond its own when the places where it ran were lost: nobody is to blame."""


@dataclass(frozen=True, kw_only=True)
class Failed:
    """How an attempt failed."""

    step: str
    attempt: int
    as_: FinishedAs
    error: NodeError
    notebook: str = ""
    seconds: float = 0.0
    peak_memory: int | None = None
    lost: bool = False


@dataclass(frozen=True, kw_only=True)
class _End:
    """An attempt that is over: what it left, and the event that says so."""

    ended: Ended
    committed: Committed
    event: StepSucceeded | StepFailed | StepCancelled

    @property
    def outcome(self) -> str:
        """As the step's state has it."""
        if isinstance(self.event, StepFailed):
            return self.event.as_
        return "succeeded" if isinstance(self.event, StepSucceeded) else "cancelled"


class Endings:
    """The ends of the attempts of one run.

    Args:
        plan: what is to be done.
        run: the run's id.
        folder: the run's folder.
        ports: as the driver has them.
        history: where what happens is told.
        recorder: tells the tracking store.

    Attributes:
        patience: where steps rest that wait for another attempt, or for a lock.
        prepared: step → what it was started with; to be filled in before an attempt begins.
        kept: keeps results for reuse.
    """

    def __init__(
        self, plan: Plan, run: str, folder: Path, ports: Ports, history: History, recorder: Recorder
    ) -> None:
        self._plan = plan
        self._run = run
        self._folder = folder
        self._locks = ports.locks
        self._history = history
        self._recorder = recorder
        self.kept = Kept(ports.cache, history)
        self.patience = Patience(ports.clock)
        self.prepared: dict[str, PreparedStep] = {}

    def hear(self, happened: Sequence[Event | Ended]) -> None:
        """Record what attempts said and how they ended. Of one that is over nothing more is heard."""
        events: list[Event] = []
        ends: dict[str, _End] = {}
        for news in happened:
            if isinstance(news, Ended):
                end = ends[news.step] = self._end_of(news)
                events += [StepWarned(step=news.step, message=each) for each in end.committed.warnings]
                events.append(end.event)
            elif (step := getattr(news, "step", "")) in ends or not self._is_running(step):
                continue
            elif not (isinstance(news, StepHeld) and self._is_tried_again(news)):
                events.append(news)
        self._history.happen(*events)
        for end in ends.values():
            self._is_over(end)

    def failed(self, failed: Failed) -> None:
        """Record a failure, and when it is followed by another attempt."""
        event = self._failure(failed)
        self._history.happen(event)
        self._rest(event)

    def _is_tried_again(self, held: StepHeld) -> bool:
        """Whether another attempt follows anyway: then nobody need come, and the kernel is let go."""
        wait = self._next_attempt_in(held.step, held.attempt, "failed", held.error.name)
        if wait is None:
            return False
        try:
            leave_decision(self._folder / attempt_folder(held.step, held.attempt), HeldDecision(go_on=False))
        except OSError:  # a full disk: it is kept in vain, and says so
            return False
        return True

    def _is_running(self, step: str) -> bool:
        steps = self._history.state.steps
        return step in steps and steps[step].state == "running"

    def _end_of(self, ended: Ended) -> _End:
        self._locks.free(ended.step)
        committed = Committed.of(ended, self._folder, attempt_folder(ended.step, ended.attempt))
        event: StepSucceeded | StepFailed | StepCancelled
        if ended.result is not None and ended.result.state == "succeeded":
            event = StepSucceeded(
                step=ended.step, attempt=ended.attempt, outputs=dict(committed.outputs),
                notebook=committed.notebook, seconds=committed.seconds, peak_memory=committed.peak_memory,
                fingerprint=self.prepared[ended.step].fingerprint, stopped_early=ended.result.stopped_early,
                by_hand=ended.result.by_hand,
            )  # fmt: skip
        elif self._history.state.steps[ended.step].stopping:
            event = StepCancelled(
                step=ended.step, attempt=ended.attempt, notebook=committed.notebook, seconds=committed.seconds
            )
        else:
            as_, error = failure_of(ended)
            event = self._failure(
                Failed(
                    step=ended.step, attempt=ended.attempt, as_=as_, error=error, notebook=committed.notebook,
                    seconds=committed.seconds, peak_memory=committed.peak_memory, lost=ended.lost,
                )
            )  # fmt: skip
        return _End(ended=ended, committed=committed, event=event)

    def _is_over(self, end: _End) -> None:
        if isinstance(end.event, StepFailed):
            self._rest(end.event)
        if isinstance(end.event, StepSucceeded):
            self._keep(end.ended)
        self._recorder.close_step(
            self._history.state.steps[end.ended.step].mlflow_run_id,
            end.outcome,
            end.committed.outputs,
            end.committed.artifacts(self._folder),
        )

    def _failure(self, failed: Failed) -> StepFailed:
        state = self._history.state
        step = state.steps[failed.step]
        attempt = failed.attempt - step.tried
        rule = state.rules_of(step).retries
        wait = self._next_attempt_in(failed.step, failed.attempt, failed.as_, failed.error.name)
        if failed.lost and wait is None and attempt <= rule.limit + MOST_LOSSES:
            wait = 0.0
        if state.cancel_by is not None:
            wait = None
        return StepFailed(
            step=failed.step, attempt=failed.attempt, as_=failed.as_, error=failed.error,
            notebook=failed.notebook, seconds=failed.seconds, peak_memory=failed.peak_memory, retry_in=wait,
        )  # fmt: skip

    def _next_attempt_in(self, name: str, attempt: int, as_: FinishedAs, error: str) -> float | None:
        """Seconds, by the rule of its node; None for no more."""
        step = self._history.state.steps[name]
        # What earlier drivers tried does not count: whoever takes a run up wants the whole of it.
        return self._history.state.rules_of(step).retries.wait(attempt - step.tried, as_, error)

    def _rest(self, event: StepFailed) -> None:
        if event.retry_in is not None:
            self.patience.rest(event.step, event.retry_in)

    def _keep(self, ended: Ended) -> None:
        step = self._history.state.steps[ended.step]
        # What a person finished is not what the notebook gives.
        if not self._plan.nodes[step.outline.node].cache or step.by_hand:
            return
        prepared = self.prepared[ended.step]
        assert ended.result is not None
        self.kept.keep(
            ended.step,
            CachedResult(
                fingerprint=prepared.fingerprint, key=prepared.key, parts=prepared.parts, run=self._run,
                folder=self._folder / attempt_folder(ended.step, ended.attempt),
                outputs=ended.result.outputs, notebook=ended.result.notebook,
            ),
        )  # fmt: skip
