"""Runs in MLflow: a pipeline run as parent, each attempt of a step as its child, with true final statuses.

MLflow is imported on first use: it costs seconds, and whoever only plans should not pay them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from dagbook.engine.outbox import NODE_RUN
from dagbook.engine.outbox_reader import OutboxReader
from dagbook.engine.ports import Found, RunIdentity
from dagbook.trackers.delivery import Delivery
from dagbook.trackers.refusal import is_refusal
from dagbook.trackers.run_records import RunRecords
from dagbook.trackers.store import LONGEST_PARAM, LONGEST_TAG, PARENT_TAG, MlflowStore, embedded_uri

__all__ = ["MlflowTracker", "embedded_uri"]

_T = TypeVar("_T")


class MlflowTracker:
    """The tracking store of a project.

    Args:
        tracking_uri: None for the store embedded in `state`: SQLite, nothing to start.
        state: the project's `.dagbook/` folder.
        experiment: name of the experiment that holds the pipeline's runs.
    """

    def __init__(self, tracking_uri: str | None, state: Path, experiment: str) -> None:
        self._store = MlflowStore(tracking_uri, state)
        self._records = RunRecords(self._store)
        self._experiment = experiment
        self._deliveries: dict[Path, Delivery] = {}

    def open_run(
        self, *, name: str, tags: Mapping[str, str], params: Mapping[str, str], at: int | None = None
    ) -> RunIdentity:
        """Create the record of a pipeline run."""
        return self._reach(lambda: self._open(self._experiment, name, dict(tags), params, at))

    def find_run(self, run: str) -> Found | None:
        """The record of the pipeline run of that id."""
        return self._reach(lambda: self._records.of_run(run))

    def attempts_of(self, run: str, mlflow_run_id: str) -> Sequence[Found]:
        """The records directly below it."""
        return self._reach(lambda: self._records.below(run, mlflow_run_id))

    def reopen_run(self, *, experiment: str, mlflow_run_id: str) -> RunIdentity | None:
        """Have the record of a pipeline run going on again; None when it was deleted, or is elsewhere."""

        def reopen() -> RunIdentity | None:
            from mlflow.exceptions import MlflowException

            client = self._store.client()
            try:
                known = client.get_run(mlflow_run_id)
            except MlflowException as error:
                if is_refusal(error):
                    return None
                raise
            if known.info.lifecycle_stage == "deleted":
                return None
            self._store.experiment_id(experiment)
            client.update_run(mlflow_run_id, status="RUNNING")
            return RunIdentity(
                tracking_uri=self._store.uri, experiment=experiment, mlflow_run_id=mlflow_run_id
            )

        return self._reach(reopen)

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
        """Create the record of an attempt, a child of `parent`.

        Args:
            parent: the pipeline run.
            name: how people will see it.
            experiment: another experiment than the pipeline's, when the notebook insists on one.
            tags: MLflow tags.
            params: name → text.
            at: when it began, in milliseconds since 1970; now when None.
        """
        tagged = {**tags, PARENT_TAG: parent.mlflow_run_id}
        return self._reach(lambda: self._open(experiment or parent.experiment, name, tagged, params, at))

    def log(self, mlflow_run_id: str, *, metrics: Mapping[str, float], artifacts: Sequence[Path]) -> None:
        """Add metrics (step 0) and artifacts to a record."""

        def send() -> None:
            client = self._store.client()
            for name, value in metrics.items():
                client.log_metric(mlflow_run_id, name, value)
            for path in artifacts:
                if path.is_dir():
                    client.log_artifacts(mlflow_run_id, str(path), path.name)
                elif path.exists():
                    client.log_artifact(mlflow_run_id, str(path))

        self._reach(send)

    def close(self, mlflow_run_id: str, status: str, at: int | None = None) -> None:
        """Set the final status, and that of runs below it that died with their kernel."""

        def send() -> None:
            client = self._store.client()
            for run_id in self._left_open(mlflow_run_id):
                client.set_terminated(run_id, "KILLED" if status == "FINISHED" else status)
            client.set_terminated(mlflow_run_id, status, end_time=at)

        self._reach(send)

    def deliver(self, outbox: Path, mlflow_run_id: str) -> bool:
        """Send what the notebook put into its outbox; whether nothing is left."""
        if outbox not in self._deliveries:
            known = {NODE_RUN: {"id": mlflow_run_id, "uri": self._store.uri}}
            self._deliveries[outbox] = Delivery(OutboxReader(outbox), lambda _uri: self._store, known)
        return not self._reach(self._deliveries[outbox].send)

    def _left_open(self, mlflow_run_id: str) -> list[str]:
        client = self._store.client()
        experiments = self._store.known_experiments()
        found = client.search_runs(
            experiments, f"tags.`{PARENT_TAG}` = '{mlflow_run_id}' and attributes.status = 'RUNNING'"
        )
        return [run.info.run_id for run in found]

    def _open(
        self, experiment: str, name: str, tags: dict[str, str], params: Mapping[str, str], at: int | None
    ) -> RunIdentity:
        client = self._store.client()
        from mlflow.entities import Param, RunTag

        experiment_id = self._store.experiment_id(experiment)
        tags = {key: value[:LONGEST_TAG] for key, value in tags.items()}
        run = client.create_run(experiment_id, start_time=at, tags=tags, run_name=name)
        run_id: str = run.info.run_id
        shown = [Param(key, value[:LONGEST_PARAM]) for key, value in params.items()]
        cut = {key: value for key, value in params.items() if len(value) > LONGEST_PARAM}
        notes = [RunTag(f"dagbook.cut.{key}", f"{len(value)} characters, cut") for key, value in cut.items()]
        if shown or notes:
            client.log_batch(run_id, params=shown, tags=notes)
        return RunIdentity(
            tracking_uri=self._store.uri,
            experiment=experiment,
            mlflow_run_id=run_id,
            env=self._environment(experiment_id, run_id, tags),
        )

    def _environment(self, experiment_id: str, run_id: str, tags: Mapping[str, str]) -> dict[str, str]:
        """What leads plain MLflow calls in a kernel to the run: all of it is needed (tried)."""
        below = {PARENT_TAG: run_id} | {key: tags[key] for key in tags if key.startswith("dagbook.")}
        return {
            "MLFLOW_TRACKING_URI": self._store.uri,
            "MLFLOW_EXPERIMENT_ID": experiment_id,
            "MLFLOW_RUN_ID": run_id,
            "MLFLOW_RUN_CONTEXT": json.dumps(below),
            "IPYNB_FILE": tags.get("mlflow.source.name", ""),
        }

    def _reach(self, call: Callable[[], _T]) -> _T:
        return self._store.reach(call)
