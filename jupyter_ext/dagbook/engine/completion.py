"""Makes what the tracking store has of a run complete and true, from the journal: whatever was away, or died.

Every attempt that the journal tells of has its record in the end, with what it published and its true status;
every record that nobody tells of, since a driver died between making it and writing so, is ended. Done twice
it changes nothing: records are found again by their tags.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Final

from dagbook.engine.arrivals import read_result
from dagbook.engine.commit import Committed
from dagbook.engine.expansion import planned_step
from dagbook.engine.folders import OUTBOX, PLAN, RESULT, attempt_folder, frozen_notebook
from dagbook.engine.metrics import metrics_of
from dagbook.engine.outbox_reader import OutboxReader
from dagbook.engine.ports import Completed, Ended, Found, RunIdentity, Tracker
from dagbook.engine.prepare import FrozenNotebook, ReadNotebook, Unprepared, prepare_step
from dagbook.engine.record import STATUS, StepRecord
from dagbook.engine.run_record import attempt_record, run_record
from dagbook.engine.upstream import Around
from dagbook.notebook.outputs import Output
from dagbook.pipeline.plan import Plan
from dagbook.run.events import (
    Entry,
    RunStarted,
    StepCancelled,
    StepFailed,
    StepReused,
    StepStarted,
    StepSucceeded,
    TrackingCompleted,
)
from dagbook.run.state import RunState, apply

_OPEN: Final = "RUNNING"


@dataclass(frozen=True, kw_only=True)
class Told:
    """One attempt as the journal tells it; `state` is `lost` where nothing was told of its end."""

    record: StepRecord
    step: str
    attempt: int
    began: str
    ended: str = ""
    state: str = "lost"
    outputs: Mapping[str, Output] = field(default_factory=dict)
    artifacts: tuple[Path, ...] = ()
    outbox: Path | None = None


def complete(
    plan: Plan, folder: Path, entries: Iterable[Entry], tracker: Tracker, read_notebook: ReadNotebook,
    *, going_on: bool = False,
) -> Completed:  # fmt: skip
    """Complete the records of a run that nobody drives.

    Args:
        plan: of the run.
        folder: the run's.
        entries: its journal.
        tracker: the store.
        read_notebook: gives a frozen notebook.
        going_on: the run's own record stays open: somebody is about to take the run up.

    Raises:
        TrackerAway: the store does not answer; what was done stays, and the rest can be done later.
    """
    story = _Story(plan, folder, read_notebook)
    state = story.read(entries)
    plan = plan.model_copy(update={"tags": {**plan.tags, **state.tags}})
    return _Telling(plan, folder, tracker, state).tell(story.told, going_on=going_on)


class _Story:
    """Reads the attempts off a journal."""

    def __init__(self, plan: Plan, folder: Path, read_notebook: ReadNotebook) -> None:
        self._plan = plan
        self._folder = folder
        self._read_notebook = read_notebook
        self._planned = {step.step: step for step in plan.steps}
        self._notebooks: dict[str, FrozenNotebook] = {}
        self.told: dict[tuple[str, int], Told] = {}

    def read(self, entries: Iterable[Entry]) -> RunState:
        """The state at the end; the attempts are in `told`, those of each step in order."""
        state = RunState()
        for entry in entries:
            match entry.event:
                case RunStarted(tags=tags):
                    self._plan = self._plan.model_copy(update={"tags": {**self._plan.tags, **tags}})
                case StepStarted() as started:
                    self._begin(state, started.step, started.attempt, entry.at)
                case StepReused() as reused:
                    self._reused(state, reused, entry.at)
                case StepSucceeded() as done:
                    committed = Committed(outputs=done.outputs, notebook=done.notebook)
                    self._end(done.step, done.attempt, "succeeded", entry.at, committed)
                case StepFailed() as failed:
                    self._end(failed.step, failed.attempt, failed.as_, entry.at)
                case StepCancelled(step=step, attempt=int(attempt)):
                    self._end(step, attempt, "cancelled", entry.at)
                case _:
                    pass
            state = apply(state, entry)
        return state

    def _begin(self, state: RunState, step: str, attempt: int, at: str) -> None:
        record = self._record(state, step, attempt)
        if record is not None:
            outbox = self._folder / attempt_folder(step, attempt) / OUTBOX
            self.told[step, attempt] = Told(
                record=record, step=step, attempt=attempt, began=at, outbox=outbox
            )

    def _reused(self, state: RunState, reused: StepReused, at: str) -> None:
        record = self._record(state, reused.step, 0, {"dagbook.reused_from": reused.from_run})
        if record is not None:
            self.told[reused.step, 0] = Told(
                record=record, step=reused.step, attempt=0, began=at, ended=at, state="succeeded",
                outputs=reused.outputs,
                artifacts=(self._folder / reused.notebook,) if reused.notebook else (),
            )  # fmt: skip

    def _end(self, step: str, attempt: int, state: str, at: str, committed: Committed | None = None) -> None:
        told = self.told.get((step, attempt))
        if told is None:
            return
        if committed is None:  # what it published before it failed stands in its result alone
            place = attempt_folder(step, attempt)
            result = read_result(self._folder / place / RESULT)
            committed = Committed.of(Ended(step=step, attempt=attempt, result=result), self._folder, place)
        self.told[step, attempt] = replace(
            told, ended=at, state=state, outputs=committed.outputs,
            artifacts=tuple(committed.artifacts(self._folder)),
        )  # fmt: skip

    def _record(
        self, state: RunState, step: str, attempt: int, more: Mapping[str, str] | None = None
    ) -> StepRecord | None:
        """As the driver would have made it; None for what never had one: it could not be prepared."""
        planned = planned_step(self._planned, state, step)
        around = Around(plan=self._plan, step=planned, state=state, folder=self._folder)
        try:
            prepared = prepare_step(around, self._notebook(planned.node))
        except (Unprepared, OSError, ValueError):
            return None
        return attempt_record(self._plan, state.run, planned, attempt, prepared, more)

    def _notebook(self, node: str) -> FrozenNotebook:
        if node not in self._notebooks:
            self._notebooks[node] = FrozenNotebook.of(
                self._read_notebook(self._folder / frozen_notebook(node))
            )
        return self._notebooks[node]


class _Telling:
    """Tells the store."""

    def __init__(self, plan: Plan, folder: Path, tracker: Tracker, state: RunState) -> None:
        self._plan = plan
        self._folder = folder
        self._tracker = tracker
        self._state = state
        self._made = 0
        self._mended = 0

    def tell(self, told: Mapping[tuple[str, int], Told], *, going_on: bool) -> Completed:
        """Everything of the run; what was done."""
        state = self._state
        run = self._run()
        records = {
            record.place: record for record in self._tracker.attempts_of(self._state.run, run.mlflow_run_id)
        }
        newest: dict[str, str] = {}
        for place, attempt in told.items():
            newest[attempt.step] = self._attempt(run, attempt, records.pop(place, None))
        for record in records.values():
            # A driver died between making it and writing so. Those of hooks are told by the hooks.
            if record.place is not None and record.status == _OPEN:
                self._tracker.close(record.identity.mlflow_run_id, STATUS["lost"])
                self._mended += 1
        if not going_on:
            expected = STATUS.get("lost" if state.state == "running" else state.state, "FAILED")
            self._end_run(run, expected)
        return Completed(
            event=TrackingCompleted(
                tracking_uri=run.tracking_uri, experiment=run.experiment, mlflow_run_id=run.mlflow_run_id,
                steps=newest,
            ),
            made=self._made,
            mended=self._mended,
        )  # fmt: skip

    def _run(self) -> RunIdentity:
        found = self._tracker.find_run(self._state.run)
        if found is not None:
            return found.identity
        self._made += 1
        record = run_record(self._plan, self._state.run)
        return self._tracker.open_run(
            name=record.name, tags=record.tags, params=record.params, at=_milliseconds(self._state.started)
        )

    def _end_run(self, run: RunIdentity, expected: str) -> None:
        found = self._tracker.find_run(self._state.run)
        if found is not None and found.status == expected:
            return
        self._tracker.log(run.mlflow_run_id, metrics={}, artifacts=[self._folder / PLAN])
        self._tracker.close(run.mlflow_run_id, expected, at=_milliseconds(self._state.finished))
        self._mended += 1

    def _attempt(self, run: RunIdentity, told: Told, found: Found | None) -> str:
        """Make the attempt's record what it should be; its id."""
        expected = STATUS[told.state]
        if found is not None and found.status == expected and not _waits(told.outbox):
            return found.identity.mlflow_run_id
        if found is None:
            self._made += 1
            identity = self._tracker.open_step(
                parent=run, name=told.record.name, experiment=told.record.experiment,
                tags=told.record.tags, params=told.record.params, at=_milliseconds(told.began),
            )  # fmt: skip
        else:
            self._mended += 1
            identity = found.identity
        run_id = identity.mlflow_run_id
        if told.outbox is not None and _waits(told.outbox):
            while not self._tracker.deliver(told.outbox, run_id):
                pass
        known = frozenset() if found is None else found.metrics
        metrics = {name: value for name, value in metrics_of(told.outputs).items() if name not in known}
        self._tracker.log(run_id, metrics=metrics, artifacts=told.artifacts)
        self._tracker.close(run_id, expected, at=_milliseconds(told.ended))
        return run_id


def _waits(outbox: Path | None) -> bool:
    """Whether something that the notebook logged was never delivered."""
    if outbox is None:
        return False
    reader = OutboxReader(outbox)
    return reader.has_more(reader.progress())


def _milliseconds(at: str | None) -> int | None:
    return round(datetime.fromisoformat(at).timestamp() * 1000) if at else None
