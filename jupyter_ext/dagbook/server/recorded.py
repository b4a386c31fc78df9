"""What MLflow recorded of a run's steps and a notebook's cells. For threads."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from dagbook import bootstrap
from dagbook.engine.metrics import metrics_of
from dagbook.engine.ports import TrackerAway
from dagbook.engine.queries import Queries
from dagbook.errors import EnvironmentFault, Finding
from dagbook.notebook.text_of import text_of
from dagbook.run.state import RunState, StepState
from dagbook.trackers.store import PARENT_TAG, MlflowStore

SOURCE: Final = "mlflow.source.name"
_CELL: Final = "dagbook.cell."
_KINDS: Final = ("metric", "param", "artifact")
# What is kept of every tracked cell without being asked tells nothing of this one.
_UNASKED: Final = ("cells/", "outputs/", "duration_seconds", "peak_memory_bytes")
_MOST_RUNS: Final = 40
_PAGE: Final = 1000
_MOST_KEPT: Final = 200
_OVER: Final = frozenset({"succeeded", "failed", "cancelled", "interrupted"})
_PATIENCE: Final = 0.4
"""Seconds that a table waits for MLflow; what comes later is in the next answer."""


def trials(queries: Queries, folder: Path, run: str) -> dict[str, Any]:
    """Every step with what it was given and what it measured: published numbers and MLflow's metrics.

    `settled` says that nothing more will come: the run is over, and MLflow was read since.
    """
    state = queries.state(run)
    read = _readings.of(folder, state)
    return {
        "run": run, "pipeline": state.pipeline, "state": state.state, "file": state.file,
        "seconds": state.seconds, "away": read.away,
        "settled": read.seq >= state.seq and state.state in _OVER,
        "trials": [
            _trial(step, read.metrics.get(step.mlflow_run_id or "", {})) for step in state.steps.values()
        ],
    }  # fmt: skip


def logged_by_cells(notebook: Path) -> dict[str, Any]:
    """What the cells of a notebook logged last: `{"logged": [{"cell", "kind", "name", "value", …}]}`."""
    store = bootstrap.store(notebook.parent)
    if store is None:
        return {"logged": []}

    def read() -> list[dict[str, Any]]:
        client = store.client()
        found = client.search_runs(
            [experiment.experiment_id for experiment in client.search_experiments()],
            f"tags.`{SOURCE}` = {_quoted(str(notebook.resolve()))}",
            max_results=_MOST_RUNS,
            order_by=["attributes.start_time DESC"],
        )
        newest: dict[tuple[str, str, str], dict[str, Any]] = {}
        for run in found:
            for one in _logged(run):
                newest.setdefault((one["cell"], one["kind"], one["name"]), one)
        return list(newest.values())

    return {"logged": _reach(store, read)}


@dataclass(frozen=True, kw_only=True)
class _Reading:
    """The metrics that MLflow had, by its runs, when the journal was at `seq`."""

    seq: int = -1
    metrics: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    away: str | None = None


class _Readings:
    """What was read of MLflow last. The read itself happens beside: a table never waits for a store."""

    def __init__(self) -> None:
        self._known: dict[str, _Reading] = {}
        self._reading: dict[str, threading.Thread] = {}
        self._lock = threading.Lock()

    def of(self, folder: Path, state: RunState) -> _Reading:
        """The last reading; a newer one is begun where the run has moved, and waited for a moment."""
        known = self._known.get(state.run, _Reading())
        if known.seq >= state.seq and known.away is None:
            return known
        with self._lock:
            thread = self._reading.get(state.run)
            if thread is None or not thread.is_alive():
                thread = threading.Thread(target=self._read, args=(folder, state), daemon=True)
                self._reading[state.run] = thread
                thread.start()
        thread.join(_PATIENCE)
        return self._known.get(state.run, _Reading())

    def _read(self, folder: Path, state: RunState) -> None:
        try:
            found = _Reading(seq=state.seq, metrics=_metrics_below(folder, state))
        except TrackerAway as error:
            found = _Reading(seq=state.seq, away=str(error))
        if len(self._known) > _MOST_KEPT:
            self._known.clear()
        self._known[state.run] = found


_readings: Final = _Readings()


def _metrics_below(folder: Path, state: RunState) -> dict[str, dict[str, float]]:
    """MLflow run → its metrics, of the records below a run's."""
    store = bootstrap.store(folder)
    parent = state.mlflow_run_id
    if store is None or parent is None:
        return {}

    def read() -> dict[str, dict[str, float]]:
        client = store.client()
        experiments = [experiment.experiment_id for experiment in client.search_experiments()]
        found: dict[str, dict[str, float]] = {}
        token = None
        while True:
            page = client.search_runs(
                experiments, f"tags.`{PARENT_TAG}` = '{parent}'", max_results=_PAGE, page_token=token
            )
            found |= {run.info.run_id: dict(run.data.metrics) for run in page}
            token = page.token
            if not token:
                return found

    return store.reach(read)


def _trial(step: StepState, recorded: Mapping[str, float]) -> dict[str, Any]:
    error = step.error
    numbers = {**recorded, **metrics_of(step.outputs)}
    return {
        "step": step.outline.step,
        "node": step.outline.node,
        "item": dict(step.outline.item),
        "state": step.state,
        "reason": step.reason,
        "cell": step.cell,
        "total": step.total,
        "seconds": step.seconds,
        "metrics": {name: value for name, value in numbers.items() if math.isfinite(value)},
        "recorded": step.mlflow_run_id,
        "notebook": bool(step.notebook),
        "error": error and (f"{error.name}: {error.value}" if error.value else error.name),
    }


def _logged(run: Any) -> Iterator[dict[str, Any]]:
    for tag, cell in run.data.tags.items():
        kind, _, name = tag.removeprefix(_CELL).partition(".")
        if not tag.startswith(_CELL) or kind not in _KINDS or not cell or name.startswith(_UNASKED):
            continue
        value = run.data.metrics.get(name) if kind == "metric" else run.data.params.get(name)
        yield {
            "cell": cell, "kind": kind, "name": name, "value": "" if value is None else text_of(value),
            "run": run.info.run_id, "run_name": run.info.run_name or run.info.run_id[:8],
        }  # fmt: skip


def _reach(store: MlflowStore, call: Any) -> Any:
    try:
        return store.reach(call)
    except TrackerAway as error:
        raise EnvironmentFault(
            Finding(
                code="tracking-away", message=f"MLflow's store does not answer: {error}",
                remedy="`dagbook doctor` says more; what was logged waits and is not lost",
            )
        ) from error  # fmt: skip


def _quoted(text: str) -> str:
    """A text in MLflow's filter language, which knows no escapes."""
    return f'"{text}"' if "'" in text else f"'{text}'"
