"""The state of a run: the fold of its journal. labextension/src/model/runState.ts is its twin."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from dagbook.pipeline.rules import Limits, Rules
from dagbook.run.approval import approval_ended, approval_requested
from dagbook.run.copying import changed
from dagbook.run.elements import elements_of
from dagbook.run.events import (
    ApprovalEnded,
    ApprovalRequested,
    CancelRequested,
    CellStarted,
    Entry,
    HookEnded,
    HookStarted,
    OutputSeen,
    RunFinished,
    RunResumed,
    RunStarted,
    StepCancelled,
    StepExpanded,
    StepFailed,
    StepHeld,
    StepReused,
    StepSkipped,
    StepStarted,
    StepStopping,
    StepSucceeded,
    StepWaiting,
    StepWarned,
    TrackingCompleted,
    TrackingLost,
    TrackingStarted,
)
from dagbook.run.holding import step_held
from dagbook.run.hooks import Hooks, hook_ended, hook_started
from dagbook.run.resumption import taken_up
from dagbook.run.steps import BAD, FINAL, GOOD, Steps, StepState, StepStatus, without_attempt

_NO_RULES: Final = Rules()

# `interrupted` is never written by a driver: a reader sees it when the driver is gone.
RunStatus = Literal["running", "succeeded", "failed", "cancelled", "interrupted"]

__all__ = [
    "BAD", "FINAL", "GOOD", "IllegalEvent", "RunState", "RunStatus", "StepState", "StepStatus", "Steps",
    "apply", "fold",
]  # fmt: skip


class IllegalEvent(ValueError):
    """An event that cannot follow from the state: the journal or the machine is wrong."""


@dataclass(frozen=True, kw_only=True)
class RunState:
    """The whole run. `steps` keeps the plan's order; `seq` is the last entry that was folded in.

    `failed_first` is the first step that failed for good, beyond what was tolerated.
    """

    run: str = ""
    pipeline: str = ""
    file: str = ""
    state: RunStatus = "running"
    jobs: int = 1
    params: Mapping[str, Any] = field(default_factory=dict)
    user: str = ""
    schedule: str = ""
    due: str = ""
    started: str | None = None
    finished: str | None = None
    seconds: float | None = None
    cancel_by: str | None = None
    tracking_uri: str | None = None
    tracking_lost: str | None = None
    experiment: str | None = None
    mlflow_run_id: str | None = None
    steps: Steps = field(default_factory=Steps)
    rules: Mapping[str, Rules] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)
    tags: Mapping[str, str] = field(default_factory=dict)
    failed_first: str | None = None
    hooks: Hooks = field(default_factory=dict)
    seq: int = 0

    def rules_of(self, step: StepState) -> Rules:
        """The rules of the step's node."""
        return self.rules.get(step.outline.node, _NO_RULES)


def fold(entries: Iterable[Entry], start: RunState | None = None) -> RunState:
    """The state after `entries`, in order."""
    state = start or RunState()
    for entry in entries:
        state = apply(state, entry)
    return state


def apply(state: RunState, entry: Entry) -> RunState:
    """The state after one more entry. Unknown kinds only move `seq` on.

    Raises:
        IllegalEvent: the event names a step that was not planned, or starts or ends a step twice.
    """
    handler = _HANDLERS.get(type(entry.event))
    if handler is not None:
        state = handler(state, entry.event, entry.at)
    return changed(state, seq=entry.seq)


def _run_started(state: RunState, event: RunStarted, at: str) -> RunState:
    steps = Steps(StepState(outline=outline, reason=outline.reason) for outline in event.steps)
    return changed(
        state,
        run=event.run,
        pipeline=event.pipeline,
        file=event.file,
        jobs=event.jobs,
        params=event.params,
        user=event.user,
        schedule=event.schedule,
        due=event.due,
        started=at,
        steps=steps,
        rules=event.rules,
        limits=event.limits,
        tags=event.tags,
    )


def _run_resumed(state: RunState, event: RunResumed, _at: str) -> RunState:
    for name in event.steps:
        _known_step(state, name)
    return changed(
        state,
        state="running",
        jobs=event.jobs,
        finished=None,
        seconds=None,
        cancel_by=None,
        tracking_lost=None,
        failed_first=None,
        steps=taken_up(state.steps, frozenset(event.steps)),
        # A run that was over will be over once more; of one that was cut off, what was told was told.
        hooks=state.hooks if state.state == "running" else {},
    )


def _tracking_started(state: RunState, event: TrackingStarted, _at: str) -> RunState:
    return changed(
        state, tracking_uri=event.tracking_uri, experiment=event.experiment, mlflow_run_id=event.mlflow_run_id
    )


def _tracking_lost(state: RunState, event: TrackingLost, _at: str) -> RunState:
    return changed(state, tracking_lost=event.reason)


def _tracking_completed(state: RunState, event: TrackingCompleted, _at: str) -> RunState:
    steps = state.steps
    for name, mlflow_run_id in event.steps.items():
        steps = steps.replaced(changed(_known_step(state, name), mlflow_run_id=mlflow_run_id))
    return changed(
        state,
        tracking_uri=event.tracking_uri,
        tracking_lost=None,
        experiment=event.experiment,
        mlflow_run_id=event.mlflow_run_id,
        steps=steps,
    )


def _cancel_requested(state: RunState, event: CancelRequested, _at: str) -> RunState:
    return changed(state, cancel_by=state.cancel_by or event.by)


def _hook_started(state: RunState, event: HookStarted, at: str) -> RunState:
    return changed(state, hooks=hook_started(state.hooks, event, at))


def _hook_ended(state: RunState, event: HookEnded, at: str) -> RunState:
    return changed(state, hooks=hook_ended(state.hooks, event, at))


def _run_finished(state: RunState, event: RunFinished, at: str) -> RunState:
    return changed(state, state=event.state, finished=at, seconds=event.seconds)


def _step_started(state: RunState, event: StepStarted, at: str) -> RunState:
    step = _open_step(state, event.step, {"pending", "failed", "timed-out", "killed"})
    return _with(
        state,
        changed(
            step,
            state="running",
            stopping=False,
            attempt=event.attempt,
            started=at,
            finished=None,
            cell=0,
            total=0,
            line="",
            error=None,
            retry_in=None,
            waiting="",
            folder=event.folder,
            mlflow_run_id=event.mlflow_run_id,
        ),
    )


def _cell_started(state: RunState, event: CellStarted, _at: str) -> RunState:
    step = _open_step(state, event.step, {"running"})
    return _with(state, changed(step, cell=event.cell, total=event.total))


def _output_seen(state: RunState, event: OutputSeen, _at: str) -> RunState:
    return _with(state, changed(_open_step(state, event.step, {"running"}), line=event.line))


def _step_warned(state: RunState, event: StepWarned, _at: str) -> RunState:
    step = _known_step(state, event.step)
    return _with(state, changed(step, warnings=(*step.warnings, event.message)))


def _step_stopping(state: RunState, event: StepStopping, _at: str) -> RunState:
    return _with(state, changed(_open_step(state, event.step, {"running"}), stopping=True))


def _step_held(state: RunState, event: StepHeld, at: str) -> RunState:
    return _with(state, step_held(_open_step(state, event.step, {"running"}), event, at))


def _step_waiting(state: RunState, event: StepWaiting, _at: str) -> RunState:
    return _with(state, changed(_open_step(state, event.step, {"pending"}), waiting=event.why))


def _approval_requested(state: RunState, event: ApprovalRequested, at: str) -> RunState:
    return _with(state, approval_requested(_open_step(state, event.step, {"pending"}), event, at))


def _approval_ended(state: RunState, event: ApprovalEnded, at: str) -> RunState:
    return _with(state, approval_ended(_open_step(state, event.step, {"pending"}), event, at))


def _step_expanded(state: RunState, event: StepExpanded, at: str) -> RunState:
    step = _open_step(state, event.step, {"pending"})
    group = changed(step, state="running", started=at, items=len(event.items))
    return changed(state, steps=state.steps.expanded(group, elements_of(step, event.items)))


def _step_succeeded(state: RunState, event: StepSucceeded, at: str) -> RunState:
    step = _open_step(state, event.step, {"running"})
    return _with(
        state,
        changed(
            step,
            state="succeeded",
            finished=at,
            seconds=event.seconds,
            peak_memory=event.peak_memory,
            outputs=event.outputs,
            notebook=event.notebook,
            fingerprint=event.fingerprint,
            stopped_early=event.stopped_early,
            by_hand=event.by_hand,
        ),
    )


def _step_failed(state: RunState, event: StepFailed, at: str) -> RunState:
    step = _open_step(state, event.step, {"pending", "running"})
    if step.state == "pending":
        step = without_attempt(step, event.attempt, at)
    return _with(
        state,
        changed(
            step,
            state=event.as_ if event.retry_in is None else "pending",
            retry_in=event.retry_in,
            finished=at,
            seconds=event.seconds,
            peak_memory=event.peak_memory,
            error=event.error,
            notebook=event.notebook,
        ),
    )


def _step_reused(state: RunState, event: StepReused, at: str) -> RunState:
    step = _open_step(state, event.step, {"pending"})
    return _with(
        state,
        changed(
            step,
            state="reused",
            finished=at,
            error=None,
            retry_in=None,
            waiting="",
            outputs=event.outputs,
            notebook=event.notebook,
            fingerprint=event.fingerprint,
            reason=event.reason or step.reason,
            mlflow_run_id=event.mlflow_run_id,
        ),
    )


def _step_skipped(state: RunState, event: StepSkipped, at: str) -> RunState:
    step = _known_step(state, event.step)
    # A step that was expanded is skipped with those that it became.
    _open_step(state, event.step, {"pending"} if step.items is None else {"running"})
    return _with(
        state,
        changed(step, state="skipped", finished=at, reason=event.because, skipped_by=event.cause, waiting=""),
    )


def _step_cancelled(state: RunState, event: StepCancelled, at: str) -> RunState:
    step = _open_step(state, event.step, {"pending", "running"})
    return _with(
        state,
        changed(
            step,
            state="cancelled",
            finished=at,
            seconds=event.seconds,
            notebook=event.notebook,
            waiting="",
        ),
    )


def _known_step(state: RunState, name: str) -> StepState:
    step = state.steps.get(name)
    if step is None:
        raise IllegalEvent(f"step '{name}' is not in the plan of run {state.run}")
    return step


def _open_step(state: RunState, name: str, legal: set[str]) -> StepState:
    step = _known_step(state, name)
    if step.state not in legal:
        raise IllegalEvent(f"step '{name}' is {step.state}; expected {' or '.join(sorted(legal))}")
    return step


def _with(state: RunState, step: StepState) -> RunState:
    before = state.steps[step.outline.step]
    steps = state.steps.replaced(step)
    failed_first = state.failed_first
    if before.state == step.state:
        return changed(state, steps=steps)
    steps = steps if step.held is None else steps.replaced(changed(step, held=None))
    bad = step.state in BAD
    if step.outline.group:
        group = steps[step.outline.group]
        ended = group.ended + (step.state in FINAL) - (before.state in FINAL)
        group = changed(group, ended=ended, bad=group.bad + bad - (before.state in BAD))
        steps = steps.replaced(group)
        bad = bad and group.bad > state.rules_of(group).tolerate
    if bad and failed_first is None:
        failed_first = step.outline.step
    return changed(state, steps=steps, failed_first=failed_first)


# A table rather than a chain of isinstance: one line per event, and a missing one is seen.
_HANDLERS: Final[Mapping[type, Callable[[RunState, Any, str], RunState]]] = {
    RunStarted: _run_started,
    RunResumed: _run_resumed,
    TrackingStarted: _tracking_started,
    TrackingLost: _tracking_lost,
    TrackingCompleted: _tracking_completed,
    CancelRequested: _cancel_requested,
    HookStarted: _hook_started,
    HookEnded: _hook_ended,
    RunFinished: _run_finished,
    StepStarted: _step_started,
    CellStarted: _cell_started,
    OutputSeen: _output_seen,
    StepWarned: _step_warned,
    StepStopping: _step_stopping,
    StepHeld: _step_held,
    StepWaiting: _step_waiting,
    ApprovalRequested: _approval_requested,
    ApprovalEnded: _approval_ended,
    StepExpanded: _step_expanded,
    StepSucceeded: _step_succeeded,
    StepFailed: _step_failed,
    StepReused: _step_reused,
    StepSkipped: _step_skipped,
    StepCancelled: _step_cancelled,
}
