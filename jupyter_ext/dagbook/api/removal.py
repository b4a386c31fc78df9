"""Removing runs for good: the folder, and if asked their records in MLflow."""

from __future__ import annotations

import shutil
from dataclasses import dataclass

from dagbook import bootstrap
from dagbook.api.run import Run, run_of
from dagbook.engine.content import size_of
from dagbook.engine.folders import gone_folder
from dagbook.engine.ports import TrackerAway
from dagbook.errors import EnvironmentFault, Finding
from dagbook.journals.lock import DriverLock


@dataclass(frozen=True, kw_only=True)
class Removed:
    """What was removed: the folder's bytes, and how many records MLflow had."""

    run: str
    bytes: int
    records: int = 0


def rm(run: Run | str, *, mlflow: bool = False) -> Removed:
    """Remove a run that is over: its folder, with everything that its steps published.

    Results that are kept for reuse are copies, and stay.

    Args:
        run: the run, or its id.
        mlflow: also delete its records in MLflow, from where they can be restored until `mlflow gc`.

    Raises:
        RunBusy: a driver is at it.
        NotFound: there is no such run.
        EnvironmentFault: the folder cannot be removed, or MLflow does not answer; then nothing was removed.
    """
    run = run_of(run)
    folder = run.folder
    # Held while the folder vanishes, so that nobody takes the run up meanwhile.
    lock = DriverLock(folder)
    try:
        lock.acquire()
        records = _delete_records(run) if mlflow else 0
        size = size_of(folder)
        gone = gone_folder(folder)
        folder.rename(gone)
        # From here on nobody sees the run; what is left after a crash `gc` clears away.
        shutil.rmtree(gone)
    except OSError as error:
        raise EnvironmentFault(
            Finding(
                code="not-removed",
                message=f"run {run.id} cannot be removed: {error.strerror or error}",
                remedy="allow writing there, then try again",
                file=str(error.filename or folder),
            )
        ) from error
    finally:
        lock.release()
    return Removed(run=run.id, bytes=size, records=records)


def _delete_records(run: Run) -> int:
    state = run.state
    around = bootstrap.settings(run.folder)
    try:
        return bootstrap.run_records(around, state.tracking_uri).delete(run.id)
    except TrackerAway as error:
        raise EnvironmentFault(
            Finding(
                code="tracking-away",
                message=f"the records of run {run.id} cannot be deleted in MLflow: {error}",
                remedy="start the tracking server, or remove the run without its records",
            )
        ) from error
