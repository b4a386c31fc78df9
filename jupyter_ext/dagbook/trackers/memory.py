"""A tracker in memory, for tests; remembers everything it was told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dagbook.engine.outbox_reader import OutboxReader
from dagbook.engine.ports import Found, RunIdentity, TrackerAway


@dataclass
class RecordedRun:
    """What was told of one run."""

    name: str
    parent: str | None
    tags: dict[str, str]
    params: dict[str, str]
    metrics: dict[str, float] = field(default_factory=dict)
    artifacts: list[str] = field(default_factory=list)
    status: str = "RUNNING"
    began: int | None = None
    ended: int | None = None


class MemoryTracker:
    """Runs by id. Set `away` to a reason to make every call fail as an unreachable store does."""

    def __init__(self) -> None:
        self.runs: dict[str, RecordedRun] = {}
        self.away: str | None = None
        self._below: dict[str, list[RecordedRun]] = {}

    def open_run(
        self, *, name: str, tags: Mapping[str, str], params: Mapping[str, str], at: int | None = None
    ) -> RunIdentity:
        """Create the record of a pipeline run."""
        return self._open(name, None, tags, params, at=at)

    def find_run(self, run: str) -> Found | None:
        """The record of the pipeline run of that id."""
        self._reach()
        found = (
            key
            for key, known in self.runs.items()
            if known.parent is None and known.tags.get("dagbook.run") == run
        )
        return next(map(self._found, found), None)

    def attempts_of(self, run: str, mlflow_run_id: str) -> Sequence[Found]:
        """The records directly below."""
        self._reach()
        return [
            self._found(key)
            for key, known in self.runs.items()
            if known.parent == mlflow_run_id and known.tags.get("dagbook.run") == run
        ]

    def reopen_run(self, *, experiment: str, mlflow_run_id: str) -> RunIdentity | None:
        """Have the record of a pipeline run going on again."""
        self._reach()
        if mlflow_run_id not in self.runs:
            return None
        self.runs[mlflow_run_id].status = "RUNNING"
        return RunIdentity(tracking_uri="memory:", experiment=experiment, mlflow_run_id=mlflow_run_id)

    def open_step(
        self,
        *,
        parent: RunIdentity,
        name: str,
        experiment: str | None,
        tags: Mapping[str, str],
        params: Mapping[str, str],
        at: int | None = None,
    ) -> RunIdentity:
        """Create the record of an attempt."""
        return self._open(name, parent.mlflow_run_id, tags, params, experiment or parent.experiment, at)

    def log(self, mlflow_run_id: str, *, metrics: Mapping[str, float], artifacts: Sequence[Path]) -> None:
        """Add to a record."""
        self._reach()
        self.runs[mlflow_run_id].metrics.update(metrics)
        self.runs[mlflow_run_id].artifacts.extend(path.name for path in artifacts)

    def deliver(self, outbox: Path, mlflow_run_id: str) -> bool:
        """Take the metrics of an outbox, all at once."""
        self._reach()
        reader = OutboxReader(outbox)
        for name in reader.files():
            for line in reader.lines(name):
                if line.record is not None and line.record.get("kind") == "metric":
                    self.runs[mlflow_run_id].metrics.update(line.record["values"])
        return True

    def close(self, mlflow_run_id: str, status: str, at: int | None = None) -> None:
        """Set the final status, of the record and of what is still open below it."""
        self._reach()
        self.runs[mlflow_run_id].status = status
        self.runs[mlflow_run_id].ended = at
        for run in self._below.get(mlflow_run_id, ()):
            if run.status == "RUNNING":
                run.status = status

    def _open(
        self,
        name: str,
        parent: str | None,
        tags: Mapping[str, str],
        params: Mapping[str, str],
        experiment: str = "memory",
        at: int | None = None,
    ) -> RunIdentity:
        self._reach()
        run_id = f"run-{len(self.runs) + 1}"
        self.runs[run_id] = RecordedRun(name, parent, dict(tags), dict(params), began=at)
        if parent is not None:
            self._below.setdefault(parent, []).append(self.runs[run_id])
        return RunIdentity(
            tracking_uri="memory:", experiment=experiment, mlflow_run_id=run_id, env={"MLFLOW_RUN_ID": run_id}
        )

    def _found(self, run_id: str) -> Found:
        known = self.runs[run_id]
        step = known.tags.get("dagbook.step")
        return Found(
            identity=RunIdentity(tracking_uri="memory:", experiment="memory", mlflow_run_id=run_id),
            status=known.status,
            metrics=frozenset(known.metrics),
            place=(step, int(known.tags.get("dagbook.attempt", "0"))) if step else None,
        )

    def _reach(self) -> None:
        if self.away is not None:
            raise TrackerAway(self.away)
