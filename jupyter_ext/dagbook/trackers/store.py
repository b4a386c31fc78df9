"""A connection to one MLflow store: made on first use, under a lock, with little patience; one kind of error.

MLflow is imported when it is needed: it costs seconds, and whoever only plans should not pay them.
"""

from __future__ import annotations

import fcntl
import gc
import logging
import os
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from dagbook.engine.ports import TrackerAway

if TYPE_CHECKING:
    from mlflow import MlflowClient

_T = TypeVar("_T")

_NOT_NEEDED: Final = ("pandas", "pyarrow", "scipy", "sklearn", "matplotlib", "pygments")

_DATABASE: Final = "mlflow.store.tracking.sqlalchemy_store"
_importing = threading.Lock()

PARENT_TAG: Final = "mlflow.parentRunId"
LONGEST_PARAM: Final = 6000
LONGEST_TAG: Final = 8000
# Without these one call to a dead server holds its caller for minutes (measured: 249 s).
_IMPATIENCE: Final = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1", "MLFLOW_HTTP_REQUEST_TIMEOUT": "5"}
# With a server, MLflow prints a link for each run that ends, in the middle of what we say.
_QUIET: Final = {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true"}


class MlflowStore:
    """One tracking store.

    Args:
        tracking_uri: None for the store embedded in `state`: SQLite, nothing to start.
        state: the project's `.dagbook/` folder.
    """

    def __init__(self, tracking_uri: str | None, state: Path) -> None:
        self.uri = tracking_uri or embedded_uri(state)
        self._embedded = self.uri == embedded_uri(state)
        self._state = state
        self._client: MlflowClient | None = None
        self._experiments: dict[str, str] = {}

    def client(self) -> MlflowClient:
        """MLflow's client; the first call imports MLflow and may make the database."""
        if self._client is None:
            for key, value in {**_IMPATIENCE, **_QUIET}.items():
                os.environ.setdefault(key, value)
            bring_mlflow(with_database="://" in self.uri and not self.uri.startswith(("http", "file")))
            from mlflow import MlflowClient

            # Alembic narrates every migration of a fresh database.
            for noisy in ("alembic", "mlflow.store.db.utils", "mlflow.utils.uv_utils"):
                logging.getLogger(noisy).setLevel(logging.WARNING)
            with self._alone():
                client = MlflowClient(tracking_uri=self.uri, registry_uri=self.uri)
                # The first look makes the database: ten processes at once on an empty one leave one alive.
                client.search_experiments(max_results=1)
            self._client = client
        return self._client

    def experiment_id(self, name: str) -> str:
        """The experiment of that name, made if there is none.

        Raises:
            TrackerAway: it was deleted.
        """
        if name not in self._experiments:
            client = self.client()
            with self._alone():
                found = client.get_experiment_by_name(name)
                if found is None:
                    place = (self._state / "artifacts").resolve().as_uri() if self._embedded else None
                    self._experiments[name] = client.create_experiment(name, artifact_location=place)
                elif found.lifecycle_stage == "deleted":
                    raise TrackerAway(
                        f"the experiment '{name}' was deleted in MLflow; restore it, or name another"
                    )
                else:
                    self._experiments[name] = found.experiment_id
        return self._experiments[name]

    def known_experiments(self) -> list[str]:
        """The ids of the experiments that were asked for."""
        return list(self._experiments.values())

    def reach(self, call: Callable[[], _T]) -> _T:
        """`call()`, with whatever MLflow and what lies below it may raise made one error of ours.

        Raises:
            TrackerAway: it did not work; says why.
        """
        try:
            return call()
        except TrackerAway:
            raise
        except Exception as error:  # MLflow, SQLAlchemy, requests, the file system: all mean "away"
            raise TrackerAway(f"{self.uri}: {reason_of(error)}") from error

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One process of this project at a time."""
        self._state.mkdir(parents=True, exist_ok=True)
        with (self._state / "mlflow.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def bring_mlflow(*, with_database: bool = False) -> None:
    """Import MLflow without pandas and the like, which it uses where they are: a third of its time.

    To be called before anything of MLflow's is imported. Threads may call it at once.

    Args:
        with_database: import its store in a database too.
    """
    wanted = ["mlflow", *([_DATABASE] if with_database else [])]
    with _importing:
        if all(name in sys.modules for name in wanted):
            return
        with _without(_NOT_NEEDED), _without_collection():
            for name in wanted:
                import_module(name)


@contextmanager
def _without(names: Iterable[str]) -> Iterator[None]:
    """What is not imported yet of `names` cannot be, as if it were not installed."""
    blocked = [name for name in names if name not in sys.modules]
    for name in blocked:
        sys.modules[name] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        for name in blocked:
            if sys.modules.get(name, ...) is None:
                del sys.modules[name]


@contextmanager
def _without_collection() -> Iterator[None]:
    """Thousands of classes are made, and none is garbage: to look for it is a sixth of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def reason_of(error: Exception) -> str:
    """The first line of what an error says."""
    reason = str(error).strip().splitlines() or [type(error).__name__]
    return reason[0][:300]


def embedded_uri(state: Path) -> str:
    """The URI of the store that needs nothing to be started; absolute, as nodes run in many folders."""
    return f"sqlite:///{(state / 'mlflow.db').resolve()}"
