"""The records that MLflow has of one of our runs, found again by their tags."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from dagbook.engine.ports import Found, RunIdentity
from dagbook.trackers.store import PARENT_TAG, MlflowStore

_PAGE: Final = 500
_STEP: Final = "dagbook.step"


class RunRecords:
    """Records in one store."""

    def __init__(self, store: MlflowStore) -> None:
        self._store = store

    def of_run(self, run: str) -> Found | None:
        """The record of the pipeline run of that id; the oldest, should there be several."""
        found = [
            record
            for record in self._of(run)
            if PARENT_TAG not in record.data.tags and _STEP not in record.data.tags
        ]
        return self._found(min(found, key=lambda record: record.info.start_time)) if found else None

    def below(self, run: str, mlflow_run_id: str) -> list[Found]:
        """The records directly below the one of a pipeline run."""
        return [
            self._found(record)
            for record in self._of(run)
            if record.data.tags.get(PARENT_TAG) == mlflow_run_id
        ]

    def metrics_of(self, mlflow_run_id: str) -> dict[str, float]:
        """The metrics of a record, the last value of each.

        Raises:
            TrackerAway: the store does not answer, or has no such record.
        """
        return self._store.reach(lambda: dict(self._store.client().get_run(mlflow_run_id).data.metrics))

    def delete(self, run: str) -> int:
        """Delete every record of the run, as MLflow does: they can be restored until `mlflow gc`. How many.

        Raises:
            TrackerAway: the store does not answer; some may be deleted.
        """

        def work() -> int:
            found = list(self._of(run))
            for record in found:
                self._store.client().delete_run(record.info.run_id)
            return len(found)

        return self._store.reach(work)

    def _found(self, record: Any) -> Found:
        tags = record.data.tags
        step = tags.get(_STEP)
        experiment = self._store.client().get_experiment(record.info.experiment_id).name
        self._store.experiment_id(experiment)
        return Found(
            identity=RunIdentity(
                tracking_uri=self._store.uri, experiment=experiment, mlflow_run_id=record.info.run_id
            ),
            status=record.info.status,
            metrics=frozenset(record.data.metrics),
            place=(step, int(tags.get("dagbook.attempt", "0"))) if step else None,
        )

    def _of(self, run: str) -> Iterator[Any]:
        """Every record with the run's tag, in whatever experiment; deleted ones are not found."""
        client = self._store.client()
        experiments = [experiment.experiment_id for experiment in self._pages(client.search_experiments)]
        if experiments:
            yield from self._pages(
                client.search_runs, experiment_ids=experiments, filter_string=f"tags.`dagbook.run` = '{run}'"
            )

    @staticmethod
    def _pages(search: Any, **wanted: Any) -> Iterator[Any]:
        token = None
        while True:
            page = search(**wanted, max_results=_PAGE, page_token=token)
            yield from page
            token = page.token
            if not token:
                return
