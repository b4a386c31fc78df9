"""The state of a run: the fold of its journal. labextension/src/model/runState.ts is its twin."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

from dagbook.notebook.outputs import Output
from dagbook.run.events import (
    CancelRequested,
    CellStarted,
    Entry,
    HookEnded,
    HookStarted,
    NodeError,
    OutputSeen,
    RunFinished,
    RunResumed,
    RunStarted,
    StepCancelled,
    StepFailed,
    StepOutline,
    StepReused,
    StepSkipped,
    StepStarted,
    StepStopping,
    StepSucceeded,
    StepWarned,
    TrackingLost,
    TrackingStarted,
)
from dagbook.run.hooks import Hooks, hook_ended, hook_started

# `lost` and `interrupted` are never written by a driver: a reader sees them when the driver is gone.
StepStatus = Literal[
    "pending", "running", "succeeded", "reused", "failed", "timed-out", "killed", "cancelled", "skipped",
    "lost",
]  # fmt: skip
RunStatus = Literal["running", "succeeded", "failed", "cancelled", "interrupted"]

GOOD: Final = frozenset({"succeeded", "reused"})
BAD: Final = frozenset({"failed", "timed-out", "killed"})
FINAL: Final = GOOD | BAD | {"cancelled", "skipped", "lost"}


class IllegalEvent(ValueError):
    """An event that cannot follow from the state: the journal or the machine is wrong."""


@dataclass(frozen=True, kw_only=True)
class StepState:
    """One step as the journal tells it. `cell` and `total` count cells from 1; times are ISO 8601."""

    outline: StepOutline
    state: StepStatus = "pending"
    attempt: int = 0
    cell: int = 0
    total: int = 0
    line: str = ""
    started: str | None = None
    finished: str | None = None
    seconds: float | None = None
    peak_memory: int | None = None
    outputs: Mapping[str, Output] = field(default_factory=dict)
    folder: str = ""
    notebook: str = ""
    fingerprint: str = ""
    reason: str = ""
    error: NodeError | None = None
    stopped_early: int | None = None
    mlflow_run_id: str | None = None
    warnings: tuple[str, ...] = ()
    stopping: bool = False


@dataclass(frozen=True, kw_only=True)
class RunState:
    """The whole run. `steps` keeps the plan's order; `seq` is the last entry that was folded in."""

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
    steps: Mapping[str, StepState] = field(default_factory=dict)
    hooks: Hooks = field(default_factory=dict)
    seq: int = 0


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
    return replace(state, seq=entry.seq)


def _run_started(state: RunState, event: RunStarted, at: str) -> RunState:
    steps = {
        outline.step: StepState(outline=outline, reason=outline.reason, notebook="")
        for outline in event.steps
    }
    return replace(
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
    )


def _run_resumed(state: RunState, event: RunResumed, _at: str) -> RunState:
    again = {name: _planned_again(_known_step(state, name)) for name in event.steps}
    return replace(
        state,
        state="running",
        jobs=event.jobs,
        finished=None,
        seconds=None,
        cancel_by=None,
        tracking_lost=None,
        steps={**state.steps, **again},
        # A run that was over will be over once more; of one that was cut off, what was told was told.
        hooks=state.hooks if state.state == "running" else {},
    )


def _planned_again(step: StepState) -> StepState:
    """As planned, but that attempts are counted on: no two ever share a folder."""
    return StepState(outline=step.outline, reason=step.outline.reason, attempt=step.attempt)


def _tracking_started(state: RunState, event: TrackingStarted, _at: str) -> RunState:
    return replace(
        state,
        tracking_uri=event.tracking_uri,
        experiment=event.experiment,
        mlflow_run_id=event.mlflow_run_id,
    )


def _tracking_lost(state: RunState, event: TrackingLost, _at: str) -> RunState:
    return replace(state, tracking_lost=event.reason)


def _cancel_requested(state: RunState, event: CancelRequested, _at: str) -> RunState:
    return replace(state, cancel_by=state.cancel_by or event.by)


def _hook_started(state: RunState, event: HookStarted, at: str) -> RunState:
    return replace(state, hooks=hook_started(state.hooks, event, at))


def _hook_ended(state: RunState, event: HookEnded, at: str) -> RunState:
    return replace(state, hooks=hook_ended(state.hooks, event, at))


def _run_finished(state: RunState, event: RunFinished, at: str) -> RunState:
    return replace(state, state=event.state, finished=at, seconds=event.seconds)


def _step_started(state: RunState, event: StepStarted, at: str) -> RunState:
    step = _open_step(state, event.step, {"pending", "failed", "timed-out", "killed"})
    return _with(
        state,
        replace(
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
            folder=event.folder,
            mlflow_run_id=event.mlflow_run_id,
        ),
    )


def _cell_started(state: RunState, event: CellStarted, _at: str) -> RunState:
    step = _open_step(state, event.step, {"running"})
    return _with(state, replace(step, cell=event.cell, total=event.total))


def _output_seen(state: RunState, event: OutputSeen, _at: str) -> RunState:
    return _with(state, replace(_open_step(state, event.step, {"running"}), line=event.line))


def _step_warned(state: RunState, event: StepWarned, _at: str) -> RunState:
    step = _known_step(state, event.step)
    return _with(state, replace(step, warnings=(*step.warnings, event.message)))


def _step_stopping(state: RunState, event: StepStopping, _at: str) -> RunState:
    return _with(state, replace(_open_step(state, event.step, {"running"}), stopping=True))


def _step_succeeded(state: RunState, event: StepSucceeded, at: str) -> RunState:
    step = _open_step(state, event.step, {"running"})
    return _with(
        state,
        replace(
            step,
            state="succeeded",
            finished=at,
            seconds=event.seconds,
            peak_memory=event.peak_memory,
            outputs=event.outputs,
            notebook=event.notebook,
            fingerprint=event.fingerprint,
            stopped_early=event.stopped_early,
        ),
    )


def _step_failed(state: RunState, event: StepFailed, at: str) -> RunState:
    step = _open_step(state, event.step, {"running"})
    return _with(
        state,
        replace(
            step,
            state=event.as_,
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
        replace(
            step,
            state="reused",
            finished=at,
            outputs=event.outputs,
            notebook=event.notebook,
            fingerprint=event.fingerprint,
            reason=event.reason or step.reason,
            mlflow_run_id=event.mlflow_run_id,
        ),
    )


def _step_skipped(state: RunState, event: StepSkipped, at: str) -> RunState:
    step = _open_step(state, event.step, {"pending"})
    return _with(state, replace(step, state="skipped", finished=at, reason=event.because))


def _step_cancelled(state: RunState, event: StepCancelled, at: str) -> RunState:
    step = _open_step(state, event.step, {"pending", "running"})
    return _with(
        state,
        replace(step, state="cancelled", finished=at, seconds=event.seconds, notebook=event.notebook),
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
    return replace(state, steps={**state.steps, step.outline.step: step})


# A table rather than a chain of isinstance: one line per event, and a missing one is seen.
_HANDLERS: Final[Mapping[type, Callable[[RunState, Any, str], RunState]]] = {
    RunStarted: _run_started,
    RunResumed: _run_resumed,
    TrackingStarted: _tracking_started,
    TrackingLost: _tracking_lost,
    CancelRequested: _cancel_requested,
    HookStarted: _hook_started,
    HookEnded: _hook_ended,
    RunFinished: _run_finished,
    StepStarted: _step_started,
    CellStarted: _cell_started,
    OutputSeen: _output_seen,
    StepWarned: _step_warned,
    StepStopping: _step_stopping,
    StepSucceeded: _step_succeeded,
    StepFailed: _step_failed,
    StepReused: _step_reused,
    StepSkipped: _step_skipped,
    StepCancelled: _step_cancelled,
}
