"""Reads runs from the project's MLflow store. Imports MLflow when first asked; writes nothing.

MLflow's own settings are set for the time of a look only: the notebook's own MLflow calls keep theirs.
"""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from dagbook.errors import EnvironmentFault, Finding, InvalidInput
from dagbook.trackers.record_page import record_page

SOURCE: Final = "mlflow.source.name"
_PURPOSE: Final = "mlflow.data.context"
COMMIT: Final = "mlflow.source.git.commit"
_MOST_EXPERIMENTS: Final = 1000
_NOISY: Final = ("alembic", "mlflow.store.db.utils", "mlflow.utils.uv_utils")
# One call to a dead server would hold the cell for minutes.
_IMPATIENT: Final = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1", "MLFLOW_HTTP_REQUEST_TIMEOUT": "5"}


@dataclass(frozen=True, kw_only=True)
class TrackedRun:
    """One MLflow run. `status` is MLflow's, in lower case; `started` is ISO 8601.

    `inputs` are the data sets that were logged: name, with what it was for (`training`) → digest.
    """

    id: str
    name: str
    status: str
    started: str | None = None
    seconds: float | None = None
    experiment: str = ""
    params: Mapping[str, str] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    inputs: Mapping[str, str] = field(default_factory=dict)

    @property
    def pipeline(self) -> str:
        """The pipeline in a run of which this was made; empty for what a person tracked."""
        return self.tags.get("dagbook.pipeline", "")


class TrackedRuns:
    """The runs of one store.

    Args:
        uri: of the store.
        project: runs of other projects in the same store are passed over.
        database: the file of the store that is embedded in the project; None for another store.
    """

    def __init__(self, uri: str, project: Path, database: Path | None = None) -> None:
        self.uri = uri
        self._project = project
        self._database = database

    def find(self, filter_string: str, notebook: Path | None, limit: int) -> list[TrackedRun]:
        """Runs that fit MLflow's filter, newest first: those of the notebook, or of the project.

        Raises:
            InvalidInput: MLflow does not understand the filter.
            EnvironmentFault: the store cannot be reached.
        """
        if self._database is not None and not self._database.exists():
            return []  # to look would make one, which takes seconds
        with self._reached() as client:
            experiments = {
                found.experiment_id: found.name
                for found in client.search_experiments(max_results=_MOST_EXPERIMENTS)
            }
            found: dict[str, Any] = {}
            for source in self._sources(notebook):
                asked = " and ".join(part for part in (filter_string.strip(), source) if part)
                for run in client.search_runs(
                    list(experiments), asked, max_results=limit, order_by=["attributes.start_time DESC"]
                ):
                    found[run.info.run_id] = run
            runs = sorted(found.values(), key=lambda run: run.info.start_time or 0, reverse=True)
            return [_tracked(run, experiments) for run in runs[:limit]]

    def get(self, run_id: str) -> TrackedRun | None:
        """The run of that whole id, if there is one."""
        if self._database is not None and not self._database.exists():
            return None
        from mlflow.exceptions import MlflowException

        with self._reached() as client:
            try:
                run = client.get_run(run_id)
            except MlflowException as error:
                if error.error_code == "RESOURCE_DOES_NOT_EXIST":
                    return None
                raise
            return _tracked(run, {run.info.experiment_id: run.info.experiment_id})

    def link(self, run: TrackedRun) -> str | None:
        """Where MLflow's own page of the run is, for a store that is a server."""
        return record_page(self.uri, run.experiment, run.id)

    def _sources(self, notebook: Path | None) -> list[str]:
        """Filters by where a run comes from, of which any may fit (MLflow knows no `or`)."""
        if notebook is None:
            if self._database is not None:
                return [""]
            return [f"tags.`{SOURCE}` LIKE {_quoted(f'{self._project}/%')}"]
        whole = f"tags.`{SOURCE}` = {_quoted(str(notebook))}"
        # What a notebook's own `mlflow.start_run()` opens knows the file's name alone.
        return [whole, f"tags.`{SOURCE}` = {_quoted(notebook.name)}"] if self._database else [whole]

    @contextmanager
    def _reached(self) -> Iterator[Any]:
        """A client; whatever MLflow and what lies below it may raise is made one error of ours."""
        before = {name: os.environ.get(name) for name in (*_IMPATIENT, "MLFLOW_DISABLE_TELEMETRY")}
        os.environ.update({name: os.environ.get(name, value) for name, value in _IMPATIENT.items()})
        os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
        levels = {name: logging.getLogger(name).level for name in _NOISY}
        try:
            for name in _NOISY:
                logging.getLogger(name).setLevel(logging.WARNING)
            with warnings.catch_warnings():
                # Of what other packages lack; it is not the notebook that asked for them.
                warnings.simplefilter("ignore")
                from mlflow import MlflowClient

            yield MlflowClient(tracking_uri=self.uri, registry_uri=self.uri)
        except Exception as error:
            raise _said(error, self.uri) from error
        finally:
            for name, level in levels.items():
                logging.getLogger(name).setLevel(level)
            for name, value in before.items():
                if value is None:
                    os.environ.pop(name, None)
                else:
                    os.environ[name] = value


def runs_of(folder: Path) -> TrackedRuns:
    """The runs of the project that a folder belongs to."""
    from dagbook import bootstrap
    from dagbook.trackers.store import embedded_uri

    around = bootstrap.settings(folder)
    embedded = embedded_uri(around.state)
    # In a tracked cell the environment names the embedded store as if it were any other.
    if around.tracking_uri not in {None, embedded}:
        return TrackedRuns(str(around.tracking_uri), around.project)
    return TrackedRuns(embedded, around.project, around.state / "mlflow.db")


def _said(error: Exception, uri: str) -> Exception:
    reason = (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
    if getattr(error, "error_code", "") in {"INVALID_PARAMETER_VALUE", "BAD_REQUEST"}:
        return InvalidInput(
            Finding(
                code="runs-filter",
                message=f"MLflow does not understand the filter: {reason.rstrip('.')}",
                remedy="""write for example: metrics.acc > 0.9 and params.depth = '4'""",
            )
        )
    return EnvironmentFault(
        Finding(
            code="tracking-away",
            message=f"MLflow's store at {uri} does not answer: {reason.rstrip('.')}",
            remedy="`dagbook doctor` says more; what was logged waits and is not lost",
        )
    )


def _tracked(run: Any, experiments: Mapping[str, str]) -> TrackedRun:
    info, data = run.info, run.data
    started = datetime.fromtimestamp(info.start_time / 1000, UTC).isoformat() if info.start_time else None
    seconds = (info.end_time - info.start_time) / 1000 if info.end_time and info.start_time else None
    return TrackedRun(
        id=info.run_id,
        name=info.run_name or info.run_id[:8],
        status=str(info.status).lower(),
        started=started,
        seconds=seconds,
        experiment=info.experiment_id,
        params=dict(data.params),
        metrics=dict(data.metrics),
        tags={**data.tags, "experiment": experiments.get(info.experiment_id, info.experiment_id)},
        inputs=_data_sets(run),
    )


def _data_sets(run: Any) -> dict[str, str]:
    found: dict[str, str] = {}
    for logged in getattr(run.inputs, "dataset_inputs", None) or ():
        purpose = next((tag.value for tag in logged.tags if tag.key == _PURPOSE), "")
        name = f"{logged.dataset.name} ({purpose})" if purpose else logged.dataset.name
        digests = dict.fromkeys([*found.get(name, "").split(", "), logged.dataset.digest])
        found[name] = ", ".join(digest for digest in digests if digest)
    return found


def _quoted(text: str) -> str:
    """A text in MLflow's filter language, which knows no escapes."""
    return f'"{text}"' if "'" in text else f"'{text}'"
