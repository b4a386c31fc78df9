"""Tells the tracking store what happened. Listens, never steers: a store that is away changes no run.

One thread owns every call to the store, so that neither a slow database nor the seconds that importing
MLflow costs hold up the loop. The one thing that the loop waits for is the identity of a step's record.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from dagbook.engine.metrics import metrics_of
from dagbook.engine.ports import Completed, Found, RunIdentity, Tracker, TrackerAway
from dagbook.notebook.outputs import Output

_T = TypeVar("_T")

# The first answer includes importing MLflow and perhaps making its database.
FIRST_PATIENCE: Final = 120.0
PATIENCE: Final = 20.0
LOOK_EVERY: Final = 0.5
# As many records as a run has attempts.
COMPLETING: Final = 600.0

STATUS: Final[Mapping[str, str]] = {
    "succeeded": "FINISHED",
    "failed": "FAILED",
    "timed-out": "FAILED",
    "killed": "FAILED",
    "cancelled": "KILLED",
    "lost": "KILLED",
}


@dataclass(frozen=True, kw_only=True)
class StepRecord:
    """What is known of an attempt when its record is opened."""

    name: str
    tags: Mapping[str, str]
    params: Mapping[str, str]
    experiment: str | None = None


class Recorder:
    """The story of one run as the tracking store gets it.

    Args:
        tracker: the store.
        on_lost: called once, from the loop's thread, with the reason, when the store fails.
    """

    def __init__(self, tracker: Tracker, on_lost: Callable[[str], None]) -> None:
        self._tracker = tracker
        self._on_lost = on_lost
        self._lost: str | None = None
        self._told = False
        self._calls: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._run: RunIdentity | None = None
        self._outboxes: dict[str, Path] = {}
        self._thread = threading.Thread(target=self._work, name="tracking", daemon=True)
        self._thread.start()

    def open_run(self, name: str, tags: Mapping[str, str], params: Mapping[str, str]) -> RunIdentity | None:
        """Open the run's record; None when the store is away."""
        self._run = self._ask(
            lambda: self._tracker.open_run(name=name, tags=tags, params=params), FIRST_PATIENCE
        )
        return self._run

    def reopen_run(self, experiment: str, mlflow_run_id: str) -> RunIdentity | None:
        """Go on with the run's record; None when the store is away, or has it no more."""
        self._run = self._ask(
            lambda: self._tracker.reopen_run(experiment=experiment, mlflow_run_id=mlflow_run_id),
            FIRST_PATIENCE,
        )
        return self._run

    def find_run(self, run: str) -> Found | None:
        """The record of a run of which no driver wrote that there is one; None without any."""
        return self._ask(lambda: self._tracker.find_run(run), FIRST_PATIENCE)

    def open_step(self, record: StepRecord) -> RunIdentity | None:
        """Open an attempt's record below the run's; None when the store is away."""
        return self.open_steps((record,))[0]

    def open_steps(self, records: Sequence[StepRecord]) -> list[RunIdentity | None]:
        """Open records of attempts below the run's; None from the first on for which the store is away."""
        parent = self._run
        opened: list[RunIdentity | None] = []

        def open_all(parent: RunIdentity) -> None:
            for record in records:
                opened.append(self._open(parent, record))  # noqa: PERF401  # each counts as soon as it is there

        if parent is not None:
            self._ask(lambda: open_all(parent), PATIENCE + len(records))
        known = opened[: len(records)]
        return [*known, *[None] * (len(records) - len(known))]

    def _open(self, parent: RunIdentity, record: StepRecord) -> RunIdentity:
        return self._tracker.open_step(
            parent=parent,
            name=record.name,
            experiment=record.experiment,
            tags=record.tags,
            params=record.params,
        )

    def complete(self, work: Callable[[Tracker], Completed]) -> Completed | None:
        """Have what earlier drivers left made complete and true; None when the store is away."""
        return None if self._run is None else self._ask(lambda: work(self._tracker), COMPLETING)

    def watch(self, mlflow_run_id: str | None, outbox: Path) -> None:
        """From now on record what the attempt's notebook leaves in its outbox, until its step is closed."""
        if mlflow_run_id is not None:
            self._tell(lambda: self._outboxes.update({mlflow_run_id: outbox}))

    def close_step(
        self, mlflow_run_id: str | None, state: str, outputs: Mapping[str, Output], artifacts: Sequence[Path]
    ) -> None:
        """Log what an attempt published and set its true status; returns at once."""
        if mlflow_run_id is None:
            return
        metrics = metrics_of(outputs)

        def tell() -> None:
            outbox = self._outboxes.pop(mlflow_run_id, None)
            while outbox is not None and not self._tracker.deliver(outbox, mlflow_run_id):
                pass
            self._tracker.log(mlflow_run_id, metrics=metrics, artifacts=artifacts)
            self._tracker.close(mlflow_run_id, STATUS.get(state, "FAILED"))

        self._tell(tell)

    def close_run(self, state: str, artifacts: Sequence[Path]) -> None:
        """Set the run's status, once everything before it is told."""
        run = self._run
        if run is not None:

            def tell() -> None:
                self._tracker.log(run.mlflow_run_id, metrics={}, artifacts=artifacts)
                self._tracker.close(run.mlflow_run_id, STATUS.get(state, "FAILED"))

            self._tell(tell)

    def finish(self, seconds: float = 60.0) -> None:
        """Wait until everything is told, at most `seconds`."""
        self._calls.put(None)
        self._thread.join(seconds)
        if self._thread.is_alive():
            self._lost = self._lost or f"the tracking store took longer than {seconds:.0f} s"
        self.report_loss()

    def report_loss(self) -> None:
        """Say once that the store is away; to be called from the loop's thread."""
        if self._lost is not None and not self._told:
            self._told = True
            self._on_lost(self._lost)

    def _ask(self, call: Callable[[], _T], patience: float) -> _T | None:
        answer: Future[_T] = Future()

        def work() -> None:
            try:
                answer.set_result(call())
            except Exception as error:  # noqa: BLE001  # handed over, not swallowed
                answer.set_exception(error)

        if self._lost is None:
            self._calls.put(work)
            try:
                return answer.result(patience)
            except TrackerAway as error:
                self._lost = str(error)
            except FutureTimeout:
                self._lost = f"the tracking store did not answer within {patience:.0f} s"
            except Exception as error:  # noqa: BLE001  # a tracker's own bug ends no run either
                self._lost = f"the tracker failed: {type(error).__name__}: {error}"
        self.report_loss()
        return None

    def _tell(self, call: Callable[[], None]) -> None:
        self._calls.put(call)

    def _work(self) -> None:
        while (call := self._next_call()) is not None:
            try:
                call()
            except TrackerAway as error:
                self._lost = self._lost or str(error)
            except Exception as error:  # noqa: BLE001  # as above; this thread must live to its end
                self._lost = self._lost or f"the tracker failed: {type(error).__name__}: {error}"

    def _next_call(self) -> Callable[[], None] | None:
        """What is to be done next: what we are told, else a look into the outboxes every now and then."""
        try:
            return self._calls.get(timeout=LOOK_EVERY if self._outboxes else None)
        except queue.Empty:
            return self._look_into_outboxes

    def _look_into_outboxes(self) -> None:
        for mlflow_run_id, outbox in self._outboxes.items():
            self._tracker.deliver(outbox, mlflow_run_id)
