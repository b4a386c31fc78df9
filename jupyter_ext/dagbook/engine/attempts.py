"""Attempts of steps, from the moment a step is due: prepared, reused or started, and what became of them."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from dagbook.engine.approvals import Approvals
from dagbook.engine.commit import published_by
from dagbook.engine.endings import Endings, Failed
from dagbook.engine.expansion import Expansion, does_not_hold, planned_step
from dagbook.engine.folders import OUTBOX, attempt_folder, environments_of, frozen_notebook, step_folder
from dagbook.engine.history import History
from dagbook.engine.ports import Ended, Ports, RunIdentity
from dagbook.engine.prepare import (
    FrozenNotebook,
    PreparedStep,
    Unprepared,
    condition_holds,
    prepare_step,
)
from dagbook.engine.record import Recorder, StepRecord
from dagbook.engine.request import NodeRequest
from dagbook.engine.reuse import Reuse
from dagbook.engine.run_record import attempt_record
from dagbook.engine.upstream import Around
from dagbook.pipeline.plan import Plan, PlannedStep
from dagbook.run.events import Event, StepReused, StepStarted, StepStopping, StepWaiting, StepWarned


@dataclass(frozen=True, kw_only=True)
class Due:
    """An attempt that is about to begin."""

    step: PlannedStep
    attempt: int
    prepared: PreparedStep


class Attempts:
    """The attempts of one run.

    Args:
        plan: what is to be done.
        run: the run's id.
        folder: the run's folder, which holds the frozen notebooks.
        ports: executor, cache and what reads notebooks.
        history: where what happens is told.
        recorder: tells the tracking store.

    Attributes:
        patience: where steps rest that wait for another attempt or for a lock.
        approvals: where steps wait for a person.
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
        self._expansion = Expansion(plan, folder, history, ports.clock)
        self._endings = Endings(plan, run, folder, ports, history, recorder)
        self.patience = self._endings.patience
        self.approvals = Approvals(folder, history, ports.clock)
        self._steps = {step.step: step for step in plan.steps}
        self._notebooks: dict[str, FrozenNotebook] = {}
        self._known: dict[str, dict[str, Any]] = {}
        # Those that wait for a lock: they are made ready once.
        self._waiting: dict[str, PreparedStep] = {}
        self._reuses = Reuse(ports.cache)

    # --- how one begins -----------------------------------------------------------------------------

    def start(self, *steps: tuple[str, int]) -> None:
        """Skip each (step, attempt), take its result from the cache, let it wait, or begin it."""
        due = [found for name, attempt in steps if (found := self._due(name, attempt)) is not None]
        if due:
            self._begin(due)

    def ask(self, name: str) -> None:
        """Skip the step, take its result from the cache, or ask a person whether it may run."""
        step = planned_step(self._steps, self._history.state, name)
        attempt = self._history.state.steps[name].attempt + 1
        is_list = self._plan.nodes[step.node].rules.foreach
        if is_list and self._expansion.is_over(step):
            return
        if is_list or self._prepare(step, attempt) is not None:
            try:
                self.approvals.ask(self._around(step))
            except Unprepared as error:
                self._not_prepared(step, attempt, error)

    def _around(self, step: PlannedStep) -> Around:
        return Around(
            plan=self._plan, step=step, state=self._history.state, folder=self._folder, known=self._known
        )

    def _prepare(self, step: PlannedStep, attempt: int) -> PreparedStep | None:
        """What it needs to run; None when it need not, or cannot: then that is told."""
        around, before = self._around(step), self._history.state.steps[step.step]
        try:
            # Only of the first attempt of a driver: the condition of one that is tried again has held.
            if attempt == before.tried + 1 and not self._holds(around):
                self._history.happen(does_not_hold(around))
                return None
            prepared = prepare_step(around, self._notebook(step.node), self._ports.find_model)
        except Unprepared as error:
            self._not_prepared(step, attempt, error)
            return None
        self._endings.prepared[step.step] = prepared
        return None if self._is_reused(step, prepared) else prepared

    def _is_reused(self, step: PlannedStep, prepared: PreparedStep) -> bool:
        return not step.fresh and self._plan.nodes[step.node].cache and self._reuse(step, prepared)

    def _not_prepared(self, step: PlannedStep, attempt: int, error: Unprepared) -> None:
        # It never began: a step that is asked about would else run though all places are taken.
        self._endings.failed(Failed(step=step.step, attempt=attempt, as_="failed", error=error.error))

    def expand(self, name: str) -> None:
        """Find out what a `foreach` is over."""
        self._expansion.expand(self._steps[name])

    def gather(self, name: str) -> None:
        """Say what an expanded step came to."""
        self._expansion.gather(name)

    def stop(self, name: str) -> None:
        """End the step's attempt; how it ended comes later."""
        self._history.happen(StepStopping(step=name))
        self._ports.executor.stop(name)

    def _notebook(self, node: str) -> FrozenNotebook:
        if node not in self._notebooks:
            document = self._ports.read_notebook(self._folder / frozen_notebook(node))
            self._notebooks[node] = FrozenNotebook.of(document)
        return self._notebooks[node]

    def _holds(self, around: Around) -> bool:
        # Of what was expanded it was asked before, unless it is about the element.
        child = around.step.step not in self._steps
        return (child and not around.condition_waits_for_item()) or condition_holds(around)

    def _due(self, name: str, attempt: int) -> Due | None:
        step = planned_step(self._steps, self._history.state, name)
        waited = self._waiting.pop(name, None)
        prepared = waited or self._prepare(step, attempt)
        if prepared is None:
            return None
        if self._is_kept_waiting(step):
            self._waiting[name] = prepared
            return None
        # Whoever had the lock may have made the very result.
        if waited is not None and self._is_reused(step, prepared):
            self._ports.locks.free(name)
            return None
        return Due(step=step, attempt=attempt, prepared=prepared)

    def _is_kept_waiting(self, step: PlannedStep) -> bool:
        locks = self._plan.nodes[step.node].locks
        in_the_way = self._ports.locks.take(locks, step.step) if locks else None
        if in_the_way is None:
            return False
        if in_the_way != self._history.state.steps[step.step].waiting:
            self._history.happen(StepWaiting(step=step.step, why=in_the_way))
        self._history.machine.rest(step.step)
        self.patience.rest(step.step)
        return True

    def _begin(self, due: Sequence[Due]) -> None:
        """Together: the journal has all of them before the executor is handed the first."""
        identities = self._recorder.open_steps([self._record(each) for each in due])
        events: list[Event] = []
        for each, identity in zip(due, identities, strict=True):
            name = each.step.step
            events += self._moves(name, each.prepared)
            events.append(
                StepStarted(
                    step=name, attempt=each.attempt, folder=attempt_folder(name, each.attempt),
                    mlflow_run_id=identity.mlflow_run_id if identity else None,
                )
            )  # fmt: skip
        self._history.happen(*events)
        for each, identity in zip(due, identities, strict=True):
            if identity is not None:
                outbox = self._folder / attempt_folder(each.step.step, each.attempt) / OUTBOX
                self._recorder.watch(identity.mlflow_run_id, outbox)
            self._ports.executor.start(self._request(each, identity))

    def _record(self, due: Due) -> StepRecord:
        approved = self._approved(due.step.step)
        return attempt_record(self._plan, self._run, due.step, due.attempt, due.prepared, approved)

    def _approved(self, name: str) -> dict[str, str]:
        steps = self._history.state.steps
        asked = steps[name].approval or (
            group.approval if (group := steps.get(steps[name].outline.group)) else None
        )
        return {"dagbook.approved_by": asked.who} if asked is not None and asked.who else {}

    def _reuse(self, step: PlannedStep, prepared: PreparedStep) -> bool:
        place = f"{step_folder(step.step)}/reused"
        found = self._reuses.find(step, prepared, of_foreach=self._plan.nodes[step.node].rules.foreach)
        if found is None:
            self._endings.kept.tell_trouble(step.step)
            return False
        of, known = found
        # Of an earlier driver of the run; what is left of it may be incomplete.
        shutil.rmtree(self._folder / place, ignore_errors=True)
        result = self._ports.cache.fetch(of, self._folder / place)
        self._endings.kept.tell_trouble(step.step)
        if result is None:
            message = f"the result of run {known.run} that was kept is damaged or gone: the step runs again"
            self._history.happen(StepWarned(step=step.step, message=message))
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
                reason=known.reason,
                mlflow_run_id=identified,
            )
        )
        if of != prepared.fingerprint:
            kept = replace(
                result, fingerprint=prepared.fingerprint, key=prepared.key, parts=prepared.parts,
                accepted=known.accepted,
            )  # fmt: skip
            self._endings.kept.keep(step.step, kept)
        artifacts = [self._folder / notebook] if notebook else []
        self._recorder.close_step(identified, "succeeded", outputs, artifacts)
        return True

    def _request(self, due: Due, identity: RunIdentity | None) -> NodeRequest:
        step, attempt, prepared = due.step, due.attempt, due.prepared
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
            cell_timeout=node.cell_timeout,
            memory=node.rules.memory or None,
            cpu=node.rules.cpu,
            files=node.files,
            warm=node.warm,
            hold=self._plan.keep_failed,
            registration=node.registration,
        )

    def _moves(self, step: str, prepared: PreparedStep) -> list[Event]:
        if not prepared.calls.moves_store:
            return []
        message = "the notebook calls mlflow.set_tracking_uri: what it logs goes there, not to this run"
        return [StepWarned(step=step, message=message)]

    # --- how they end -------------------------------------------------------------------------------

    def hear(self, happened: Sequence[Event | Ended]) -> None:
        """Record what attempts said, and how they ended."""
        self._endings.hear(happened)

    def close(self) -> None:
        """Wait until what was published is kept for reuse."""
        self._endings.kept.close()
