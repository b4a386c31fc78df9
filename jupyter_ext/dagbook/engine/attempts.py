"""Attempts of steps, from the moment a step is due: prepared, reused or started, and what became of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from dagbook.engine.commit import Committed, failure_of, published_by
from dagbook.engine.folders import OUTBOX, attempt_folder, environments_of, frozen_notebook, step_folder
from dagbook.engine.history import History
from dagbook.engine.ports import Cache, CachedResult, Ended, Executor, Journal, Notifier, RunIdentity, Tracker
from dagbook.engine.prepare import PreparedStep, ReadNotebook, Unprepared, prepare_step
from dagbook.engine.record import Recorder
from dagbook.engine.request import NodeRequest
from dagbook.engine.run_record import attempt_record
from dagbook.pipeline.plan import Plan, PlannedStep
from dagbook.run.events import (
    StepCancelled,
    StepFailed,
    StepReused,
    StepStarted,
    StepStopping,
    StepSucceeded,
    StepWarned,
)


@dataclass(frozen=True, kw_only=True)
class Ports:
    """What a driver works with."""

    journal: Journal
    executor: Executor
    cache: Cache
    tracker: Tracker
    read_notebook: ReadNotebook
    notifier: Notifier | None = None


class Attempts:
    """The attempts of one run.

    Args:
        plan: what is to be done.
        run: the run's id.
        folder: the run's folder, which holds the frozen notebooks.
        ports: executor, cache and what reads notebooks.
        history: where what happens is told.
        recorder: tells the tracking store.
    """

    def __init__(
        self, plan: Plan, run: str, folder: Path, ports: Ports, history: History, recorder: Recorder
    ) -> None:
        self._plan = plan
        self._run = run
        self._folder = folder
        self._ports = ports
        self._history = history
        self._recorder = recorder
        self._steps = {step.step: step for step in plan.steps}
        self._prepared: dict[str, PreparedStep] = {}

    # --- how one begins -----------------------------------------------------------------------------

    def start(self, name: str, attempt: int) -> None:
        """Take the step's result from the cache, or hand it over to the executor."""
        step = self._steps[name]
        folder = attempt_folder(name, attempt)
        try:
            prepared = prepare_step(
                self._plan, step, self._history.state, self._folder, self._ports.read_notebook
            )
        except Unprepared as error:
            self._history.happen(StepStarted(step=name, attempt=attempt, folder=folder))
            self._history.happen(
                StepFailed(step=name, attempt=attempt, as_="failed", error=error.error, seconds=0)
            )
            return
        self._prepared[name] = prepared
        if not step.fresh and self._plan.nodes[step.node].cache and self._reuse(step, prepared):
            return
        identity = self._recorder.open_step(attempt_record(self._plan, self._run, step, attempt, prepared))
        identified = identity.mlflow_run_id if identity else None
        self._warn_of_moves(name, prepared)
        self._history.happen(StepStarted(step=name, attempt=attempt, folder=folder, mlflow_run_id=identified))
        self._recorder.watch(identified, self._folder / folder / OUTBOX)
        self._ports.executor.start(self._request(step, attempt, prepared, identity))

    def stop(self, name: str) -> None:
        """End the step's attempt; how it ended comes later."""
        self._history.happen(StepStopping(step=name))
        self._ports.executor.stop(name)

    def _reuse(self, step: PlannedStep, prepared: PreparedStep) -> bool:
        place = f"{step_folder(step.step)}/reused"
        result = self._ports.cache.fetch(prepared.fingerprint, self._folder / place)
        if result is None:
            return False
        outputs = published_by(result.outputs, place)
        notebook = f"{place}/{result.notebook}" if result.notebook else ""
        source = {"dagbook.reused_from": result.run}
        identity = self._recorder.open_step(attempt_record(self._plan, self._run, step, 0, prepared, source))
        identified = identity.mlflow_run_id if identity else None
        self._history.happen(
            StepReused(
                step=step.step,
                outputs=outputs,
                notebook=notebook,
                fingerprint=prepared.fingerprint,
                from_run=result.run,
                reason=f"unchanged since run {result.run}",
                mlflow_run_id=identified,
            )
        )
        artifacts = [self._folder / notebook] if notebook else []
        self._recorder.close_step(identified, "succeeded", outputs, artifacts)
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
            lock=node.lock,
            environments=str(environments_of(Path(self._plan.project))) if node.lock else "",
        )

    def _warn_of_moves(self, step: str, prepared: PreparedStep) -> None:
        if prepared.calls.moves_store:
            message = "the notebook calls mlflow.set_tracking_uri: what it logs goes there, not to this run"
            self._history.happen(StepWarned(step=step, message=message))

    # --- how one ends -------------------------------------------------------------------------------

    def ended(self, ended: Ended) -> None:
        """Record what an attempt left behind and how it ended."""
        step = self._history.state.steps[ended.step]
        place = attempt_folder(ended.step, ended.attempt)
        committed = Committed.of(ended, self._folder, place)
        for warning in committed.warnings:
            self._history.happen(StepWarned(step=ended.step, message=warning))
        if ended.result is not None and ended.result.state == "succeeded":
            self._succeeded(ended, committed)
        elif step.stopping:
            self._history.happen(
                StepCancelled(
                    step=ended.step,
                    attempt=ended.attempt,
                    notebook=committed.notebook,
                    seconds=committed.seconds,
                )
            )
        else:
            as_, error = failure_of(ended)
            self._history.happen(
                StepFailed(
                    step=ended.step, attempt=ended.attempt, as_=as_, error=error, notebook=committed.notebook,
                    seconds=committed.seconds, peak_memory=committed.peak_memory,
                )
            )  # fmt: skip
        self._recorder.close_step(
            step.mlflow_run_id,
            self._history.state.steps[ended.step].state,
            committed.outputs,
            committed.artifacts(self._folder),
        )

    def _succeeded(self, ended: Ended, committed: Committed) -> None:
        prepared = self._prepared[ended.step]
        assert ended.result is not None
        self._history.happen(
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
            self._history.happen(StepWarned(step=ended.step, message=message))
