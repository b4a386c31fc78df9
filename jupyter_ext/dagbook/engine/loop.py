"""Drives one run: takes what happened, records it, asks what follows, carries it out. Plain code, no threads.

Order matters and is always the same: an event is in the journal before anything that follows from it is done.
"""

from __future__ import annotations

import getpass
import os
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dagbook.engine.commit import Committed, failure_of, published_by
from dagbook.engine.folders import OUTBOX, PLAN, attempt_folder, frozen_notebook, step_folder
from dagbook.engine.ports import Cache, CachedResult, Ended, Executor, Journal, RunIdentity, Tracker
from dagbook.engine.prepare import PreparedStep, ReadNotebook, Unprepared, prepare_step, show_value
from dagbook.engine.record import Recorder, StepRecord
from dagbook.engine.request import NodeRequest
from dagbook.notebook.values import decode
from dagbook.pipeline.plan import Plan, PlannedStep
from dagbook.run.commands import CancelStep, Command, FinishRun, SkipStep, StartStep, StopStep
from dagbook.run.decide import decide
from dagbook.run.events import (
    CancelRequested,
    Event,
    RunFinished,
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
from dagbook.run.state import RunState, apply

# How soon a request to cancel is seen while nothing else happens.
_LOOK_EVERY: Final = 0.25


@dataclass(frozen=True, kw_only=True)
class Ports:
    """What a driver works with."""

    journal: Journal
    executor: Executor
    cache: Cache
    tracker: Tracker
    read_notebook: ReadNotebook


class Driver:
    """One run, from its plan to its end.

    Args:
        plan: what is to be done; never changed.
        run: the run's id.
        folder: the run's folder, which holds the frozen notebooks.
        ports: journal, executor, cache, tracker.
        wants_cancel: who asks for the run to be cancelled, or None; looked at often.
    """

    def __init__(
        self, plan: Plan, run: str, folder: Path, ports: Ports, wants_cancel: Callable[[], str | None]
    ) -> None:
        self._plan = plan
        self._run = run
        self._folder = folder
        self._ports = ports
        self._wants_cancel = wants_cancel
        self._steps = {step.step: step for step in plan.steps}
        self._prepared: dict[str, PreparedStep] = {}
        self._state = RunState()
        self._began = time.monotonic()
        self._recorder = Recorder(ports.tracker, lambda reason: self._happen(TrackingLost(reason=reason)))

    def drive(self) -> RunState:
        """Run until nothing is left to do; the final state.

        Raises:
            EnvironmentFault: the journal cannot be written; everything that ran has been stopped.
        """
        try:
            self._happen(self._beginning())
            self._open_record()
            while self._state.state == "running":
                for command in decide(self._state):
                    self._carry_out(command)
                if self._state.state == "running":
                    # After a step that was reused or skipped there is more to do at once.
                    self._listen(0 if decide(self._state) else _LOOK_EVERY)
        finally:
            self._ports.executor.close()
        return self._state

    # --- what happens -------------------------------------------------------------------------------

    def _happen(self, event: Event) -> None:
        self._state = apply(self._state, self._ports.journal.append(event))

    def _beginning(self) -> RunStarted:
        plan = self._plan
        outlines = tuple(
            StepOutline(
                step=step.step, node=step.node, needs=step.needs, item=step.item, action=step.action,
                reason=step.reason, notebook=plan.nodes[step.node].notebook,
            )
            for step in plan.steps
        )  # fmt: skip
        return RunStarted(
            run=self._run, pipeline=plan.pipeline, file=plan.file, jobs=plan.jobs, params=plan.params,
            steps=outlines, pid=os.getpid(), host=socket.gethostname(), user=_user(),
        )  # fmt: skip

    def _listen(self, seconds: float) -> None:
        for happened in self._ports.executor.wait(seconds):
            if isinstance(happened, Ended):
                self._ended(happened)
            elif self._is_running(getattr(happened, "step", "")):
                self._happen(happened)
        who = self._wants_cancel()
        if who is not None and self._state.cancel_by is None:
            self._happen(CancelRequested(by=who))
        self._recorder.report_loss()

    def _is_running(self, step: str) -> bool:
        return step in self._state.steps and self._state.steps[step].state == "running"

    # --- what is to be done -------------------------------------------------------------------------

    def _carry_out(self, command: Command) -> None:
        match command:
            case StartStep(step=step, attempt=attempt):
                self._start(self._steps[step], attempt)
            case StopStep(step=step):
                self._happen(StepStopping(step=step))
                self._ports.executor.stop(step)
            case SkipStep(step=step, because=because):
                self._happen(StepSkipped(step=step, because=because))
            case CancelStep(step=step):
                self._happen(StepCancelled(step=step))
            case FinishRun(state=state):
                self._finish(state)

    def _start(self, step: PlannedStep, attempt: int) -> None:
        folder = attempt_folder(step.step, attempt)
        try:
            prepared = prepare_step(self._plan, step, self._state, self._folder, self._ports.read_notebook)
        except Unprepared as error:
            self._happen(StepStarted(step=step.step, attempt=attempt, folder=folder))
            self._happen(
                StepFailed(step=step.step, attempt=attempt, as_="failed", error=error.error, seconds=0)
            )
            return
        self._prepared[step.step] = prepared
        if not step.fresh and self._plan.nodes[step.node].cache and self._reuse(step, prepared):
            return
        identity = self._recorder.open_step(self._record_of(step, attempt, prepared))
        identified = identity.mlflow_run_id if identity else None
        self._warn_of_moves(step.step, prepared)
        self._happen(
            StepStarted(
                step=step.step,
                attempt=attempt,
                folder=folder,
                mlflow_run_id=identified,
            )
        )
        self._recorder.watch(identified, self._folder / folder / OUTBOX)
        self._ports.executor.start(self._request(step, attempt, prepared, identity))

    def _reuse(self, step: PlannedStep, prepared: PreparedStep) -> bool:
        place = f"{step_folder(step.step)}/reused"
        result = self._ports.cache.fetch(prepared.fingerprint, self._folder / place)
        if result is None:
            return False
        outputs = published_by(result.outputs, place)
        notebook = f"{place}/{result.notebook}" if result.notebook else ""
        record = self._record_of(step, 0, prepared, {"dagbook.reused_from": result.run})
        identity = self._recorder.open_step(record)
        self._happen(
            StepReused(
                step=step.step,
                outputs=outputs,
                notebook=notebook,
                fingerprint=prepared.fingerprint,
                from_run=result.run,
                reason=f"unchanged since run {result.run}",
                mlflow_run_id=identity.mlflow_run_id if identity else None,
            )
        )
        artifacts = [self._folder / notebook] if notebook else []
        self._recorder.close_step(
            identity.mlflow_run_id if identity else None, "succeeded", outputs, artifacts
        )
        return True

    def _request(
        self, step: PlannedStep, attempt: int, prepared: PreparedStep, identity: RunIdentity | None
    ) -> NodeRequest:
        node = self._plan.nodes[step.node]
        env = dict(identity.env) if identity else {}
        if prepared.calls.moves_store or prepared.calls.moves_experiment:
            # The adopted run would not be found there, and plain MLflow code would fail.
            env.pop("MLFLOW_RUN_ID", None)
        return NodeRequest(
            run=self._run,
            step=step.step,
            node=step.node,
            attempt=attempt,
            notebook=str(self._folder / frozen_notebook(step.node)),
            folder=str(self._folder / attempt_folder(step.step, attempt)),
            cwd=str(Path(node.notebook).parent),
            params=prepared.params,
            collect=prepared.collect,
            expected=node.expected,
            kernel=node.kernel,
            env=env,
            timeout=node.timeout,
        )

    # --- how an attempt ended -----------------------------------------------------------------------

    def _ended(self, ended: Ended) -> None:
        step = self._state.steps[ended.step]
        place = attempt_folder(ended.step, ended.attempt)
        committed = Committed.of(ended, self._folder, place)
        for warning in committed.warnings:
            self._happen(StepWarned(step=ended.step, message=warning))
        if ended.result is not None and ended.result.state == "succeeded":
            self._succeeded(ended, committed)
        elif step.stopping:
            self._happen(
                StepCancelled(
                    step=ended.step,
                    attempt=ended.attempt,
                    notebook=committed.notebook,
                    seconds=committed.seconds,
                )
            )
        else:
            as_, error = failure_of(ended)
            self._happen(
                StepFailed(
                    step=ended.step, attempt=ended.attempt, as_=as_, error=error, notebook=committed.notebook,
                    seconds=committed.seconds, peak_memory=committed.peak_memory,
                )
            )  # fmt: skip
        self._recorder.close_step(
            step.mlflow_run_id,
            self._state.steps[ended.step].state,
            committed.outputs,
            committed.artifacts(self._folder),
        )

    def _succeeded(self, ended: Ended, committed: Committed) -> None:
        prepared = self._prepared[ended.step]
        assert ended.result is not None
        self._happen(
            StepSucceeded(
                step=ended.step, attempt=ended.attempt, outputs=committed.outputs,
                notebook=committed.notebook, seconds=committed.seconds, peak_memory=committed.peak_memory,
                fingerprint=prepared.fingerprint, stopped_early=ended.result.stopped_early,
            )
        )  # fmt: skip
        if not self._plan.nodes[self._steps[ended.step].node].cache:
            return
        try:
            self._ports.cache.store(
                CachedResult(
                    fingerprint=prepared.fingerprint, key=prepared.key, parts=prepared.parts, run=self._run,
                    folder=self._folder / attempt_folder(ended.step, ended.attempt),
                    outputs=ended.result.outputs, notebook=ended.result.notebook,
                )
            )  # fmt: skip
        except OSError as error:
            # The run has its result; only reuse is lost.
            message = f"its result could not be kept for reuse: {error.strerror or error}"
            self._happen(StepWarned(step=ended.step, message=message))

    # --- tracking -----------------------------------------------------------------------------------

    def _open_record(self) -> None:
        plan = self._plan
        tags = {
            "mlflow.source.name": plan.file, "mlflow.source.type": "PROJECT", "mlflow.user": _user(),
            "dagbook.run": self._run, "dagbook.pipeline": plan.pipeline, **plan.tags,
        }  # fmt: skip
        if plan.description:
            tags["mlflow.note.content"] = plan.description
        shown = {name: show_value(decode(value)) for name, value in plan.params.items()}
        identity = self._recorder.open_run(f"{plan.pipeline} {self._run}", tags, shown)
        if identity is not None:
            self._happen(
                TrackingStarted(
                    tracking_uri=identity.tracking_uri,
                    experiment=identity.experiment,
                    mlflow_run_id=identity.mlflow_run_id,
                )
            )

    def _record_of(
        self, step: PlannedStep, attempt: int, prepared: PreparedStep, more: Mapping[str, str] | None = None
    ) -> StepRecord:
        node = self._plan.nodes[step.node]
        tags = {
            "mlflow.source.name": node.notebook, "mlflow.source.type": "NOTEBOOK", "mlflow.user": _user(),
            "dagbook.run": self._run, "dagbook.pipeline": self._plan.pipeline, "dagbook.step": step.step,
            "dagbook.node": step.node, "dagbook.attempt": str(attempt),
            "dagbook.fingerprint": prepared.fingerprint,
            **{f"dagbook.input.{name}": source for name, source in prepared.inputs.items()},
            **{f"dagbook.item.{name}": str(value) for name, value in step.item.items()},
            **node.tags, **(more or {}),
        }  # fmt: skip
        return StepRecord(
            name=step.step, tags=tags, params=prepared.shown, experiment=prepared.calls.experiment
        )

    def _warn_of_moves(self, step: str, prepared: PreparedStep) -> None:
        if prepared.calls.moves_store:
            message = "the notebook calls mlflow.set_tracking_uri: what it logs goes there, not to this run"
            self._happen(StepWarned(step=step, message=message))

    def _finish(self, state: str) -> None:
        """Everything is told to the store before the run says that it is finished."""
        self._recorder.close_run(state, [self._folder / PLAN])
        self._recorder.finish()
        seconds = time.monotonic() - self._began
        self._happen(RunFinished.model_validate({"state": state, "seconds": seconds}))


def _user() -> str:
    try:
        return os.environ.get("JUPYTERHUB_USER") or getpass.getuser()
    except (KeyError, OSError):  # a user id without a name, as in many containers
        return str(os.getuid())
