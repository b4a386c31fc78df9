"""The records that MLflow has of one of our runs, found again by their tags."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from dagbook.trackers.store import MlflowStore

_PAGE: Final = 500


class RunRecords:
    """Records in one store.

    Args:
        tracking_uri: None for the store embedded in `state`.
        state: the project's `.dagbook/` folder.
    """

    def __init__(self, tracking_uri: str | None, state: Path) -> None:
        self._store = MlflowStore(tracking_uri, state)

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
