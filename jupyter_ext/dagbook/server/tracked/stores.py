"""Which MLflow stores a server shows, and in which of them a run is. For threads: it reads databases."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from dagbook import bootstrap
from dagbook.engine.ports import TrackerAway
from dagbook.errors import EnvironmentFault, Finding, InvalidInput, NotFound
from dagbook.server.projects import Projects
from dagbook.trackers.record_page import record_page
from dagbook.trackers.store import MlflowStore, embedded_uri

if TYPE_CHECKING:
    from mlflow.entities import Run

_RUN_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_UNKNOWN: Final = {"RESOURCE_DOES_NOT_EXIST", "NOT_FOUND"}
_WRONG: Final = {"INVALID_PARAMETER_VALUE", "BAD_REQUEST", "INVALID_STATE", "RESOURCE_ALREADY_EXISTS"}
_T = TypeVar("_T")


@dataclass(frozen=True, kw_only=True)
class TrackedStore:
    """One store, and the first project (its folder relative to the server's root) that records into it."""

    project: str
    folder: Path
    store: MlflowStore

    @property
    def embedded(self) -> bool:
        """Whether it is the project's own, which holds nothing of other projects."""
        return self.store.uri == embedded_uri(self.folder / ".dagbook")

    def ask(self, call: Callable[[Any], _T]) -> _T:
        """What `call` gives for MLflow's client.

        Raises:
            NotFound: MLflow knows nothing of that name.
            InvalidInput: MLflow does not take it.
            EnvironmentFault: the store does not answer.
        """
        try:
            return self.store.reach(lambda: call(self.store.client()))
        except TrackerAway as error:
            raise _said(error) from error

    def link(self, experiment: str, run: str) -> str | None:
        """Where MLflow's own page of a run is, for a store that is a server."""
        return record_page(self.store.uri, experiment, run)


class TrackedStores:
    """The stores of a server's projects."""

    def __init__(self, projects: Projects) -> None:
        self.projects = projects

    def all(self, beside: Path | None = None) -> list[TrackedStore]:
        """Every store once; that of the file `beside` first, whether or not its project is known."""
        found: dict[str, TrackedStore] = {}
        folders = [(project.name, project.folder) for project in self.projects.all()]
        if beside is not None:
            from dagbook.settings import project_of

            folder = project_of(beside)
            name = next((name for name, known in folders if known == folder), None)
            folders.insert(0, (name or folder.name, folder))
        for name, folder in folders:
            store = bootstrap.store(folder)
            if store is not None and store.uri not in found:
                found[store.uri] = TrackedStore(project=name, folder=folder, store=store)
        return list(found.values())

    def of_run(self, run_id: str) -> tuple[TrackedStore, Run]:
        """The run of that id, deleted ones too, and the store that has it.

        Raises:
            InvalidInput: that cannot be an id.
            NotFound: no store has it.
            EnvironmentFault: some store does not answer, and no other has it.
        """
        checked_id(run_id)
        away: EnvironmentFault | None = None
        for store in self.all():
            try:
                return store, store.ask(lambda client: client.get_run(run_id))
            except NotFound:
                continue
            except EnvironmentFault as fault:
                away = fault
        if away is not None:
            raise away
        raise NotFound(
            Finding(
                code="unknown-tracked-run", message=f"no store that this server shows has the run {run_id}",
                remedy="list the runs with GET dagbook/api/tracked/runs",
            )
        )  # fmt: skip


def checked_id(run_id: str) -> str:
    """The id. Raises InvalidInput."""
    if not _RUN_ID.fullmatch(run_id):
        raise InvalidInput(
            Finding(
                code="bad-tracked-run", message=f"{run_id[:80]!r} is no id of an MLflow run",
                remedy="an id is 32 letters and digits; list them with GET dagbook/api/tracked/runs",
            )
        )  # fmt: skip
    return run_id


def _said(error: TrackerAway) -> Exception:
    """MLflow's no in our words: it was asked for something wrong, or is not there to be asked."""
    cause = error.__cause__
    code = str(getattr(cause, "error_code", ""))
    reason = (str(cause).strip().splitlines() or [type(cause).__name__])[0][:300].rstrip(".")
    if code in _UNKNOWN:
        return NotFound(
            Finding(code="not-recorded", message=f"MLflow has no such thing: {reason}", remedy="list again")
        )
    if code in _WRONG and "API request to" not in reason:
        return InvalidInput(
            Finding(
                code="mlflow-refused", message=f"MLflow does not take this: {reason}",
                remedy="a filter reads like: metrics.acc > 0.9 and params.depth = '4'",
            )
        )  # fmt: skip
    return EnvironmentFault(
        Finding(
            code="tracking-away", message=f"MLflow's store does not answer: {error}",
            remedy="`dagbook doctor` says more; what was logged waits and is not lost",
        )
    )  # fmt: skip
