"""What this kernel has recorded: its outbox, the runs that are open, and the cell that runs now.

Imports neither MLflow nor anything else that is slow: whoever delivers is another process.
"""

from __future__ import annotations

import atexit
import os
import secrets
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from dagbook.engine.folders import OUTBOX
from dagbook.engine.outbox import NODE_RUN, Outbox, new_key
from dagbook.engine.outbox_reader import OutboxReader, Progress
from dagbook.engine.sending import holder, start_sender
from dagbook.engine.writer import this_process, user_name
from dagbook.magics.live_run import LiveRun, Say
from dagbook.magics.mlflow_there import (
    active_run_id,
    experiment_in_force,
    tracking_uri_in_force,
    uri_of_mlflow,
)
from dagbook.magics.place import notebook_path, place, told_by
from dagbook.magics.quiet_line import note
from dagbook.settings import project_of, read_settings
from dagbook.trackers.store import embedded_uri

_LOOK_EVERY: Final = 0.01
_START_AGAIN_AFTER: Final = 10.0
_AT_EXIT: Final = 3.0


@dataclass(frozen=True, kw_only=True)
class CellNow:
    """The cell that runs: its id where the front end told it, its number, its source."""

    id: str | None = None
    number: int = 0
    source: str = ""


class Logbook:
    """The records of one process.

    Args:
        shell: the IPython that runs us, or None.
        say: shows a line to the person.

    Attributes:
        inputs: what was bound by `%input`, as tags for the runs that follow.
    """

    def __init__(self, shell: Any = None, say: Say = note) -> None:
        self._say = say
        self._started_at = -_START_AGAIN_AFTER
        self._seen_size = 0
        self._own: LiveRun | None = None
        self._foreign: dict[str, LiveRun] = {}
        self._pid = os.getpid()
        self.cell = CellNow()
        self.shell = shell
        self.runs: list[LiveRun] = []
        self.inputs: dict[str, str] = {}
        self.notebook = notebook_path(session=told_by(shell))
        where = place(session=told_by(shell))
        self._embedded = embedded_uri(read_settings(project_of(Path.cwd())).state)
        self.in_run = where.in_run
        self._node_id = os.environ.get("MLFLOW_RUN_ID") if where.in_run else None
        self.project = project_of(Path.cwd())
        if where.in_run:
            folder = where.outputs.parent / OUTBOX
        else:
            made = f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(4)}"
            folder = read_settings(self.project).state / OUTBOX / made
        self.outbox = Outbox(folder, this_process(str(self.notebook or "")))
        self._reader = OutboxReader(folder)
        atexit.register(self.close)

    # --- where values go ----------------------------------------------------------------------------

    def current(self) -> LiveRun:
        """The run that a value belongs to.

        The one that the user's own MLflow code is in, else the innermost of ours, else the pipeline step's,
        else the notebook's own, which is opened for it.
        """
        active = active_run_id()
        if active is not None:
            run = self._foreign.get(active)
            return run if run is not None else self._adopt(active)
        return self.runs[-1] if self.runs else self._notebooks_own()

    def active(self) -> LiveRun | None:
        """The innermost open run of ours, if there is one; opens none."""
        return self.runs[-1] if self.runs else self._own

    def _adopt(self, active: str) -> LiveRun:
        """A run that the user's own code made in MLflow; or one of ours, which that code has taken up."""
        ids = {told.get("id"): key for key, told in self.progress().runs.items()}
        known = [*self.runs, *([self._own] if self._own else [])]
        run = next((run for run in known if run.key == ids.get(active)), None)
        if run is None and active == self._node_id:
            run = self._notebooks_own()
        if run is None:
            uri = uri_of_mlflow() or self._embedded
            run = LiveRun(key=f"mlflow:{active}", outbox=self.outbox, say=self._say, uri=uri, is_ours=False)
            run.append({"kind": "open", "id": active, "uri": uri})
        self._foreign[active] = run
        return run

    def _notebooks_own(self) -> LiveRun:
        if self._own is None:
            if self.in_run:
                self._own = LiveRun(key=NODE_RUN, outbox=self.outbox, say=self._say, is_ours=False)
            else:
                name = self.notebook.stem if self.notebook else None
                self._own = self._open(name=name, experiment=None, tags={}, parent=None)
                self._say("logging to a run of this notebook (%%track or %track start make others)")
        return self._own

    # --- runs ---------------------------------------------------------------------------------------

    def open_run(
        self, *, name: str | None, experiment: str | None = None, tags: Mapping[str, str] | None = None
    ) -> LiveRun:
        """Open a run; a child of the innermost that is open."""
        active = active_run_id()
        enclosing = self.current() if active or self.runs or self.in_run else None
        parent = enclosing.key if enclosing else None
        run = self._open(name=name, experiment=experiment, tags=tags or {}, parent=parent)
        self.runs.append(run)
        return run

    def _open(
        self, *, name: str | None, experiment: str | None, tags: Mapping[str, str], parent: str | None
    ) -> LiveRun:
        enclosing = self.runs[-1] if self.runs else None
        uri = enclosing.uri if enclosing else tracking_uri_in_force() or self._embedded
        run = LiveRun(key=new_key(), outbox=self.outbox, say=self._say, name=name or "", uri=uri)
        named, experiment_id = (experiment, None) if experiment else experiment_in_force()
        source = str(self.notebook) if self.notebook else str(Path(sys.argv[0]).resolve())
        told = {
            "mlflow.source.name": source,
            "mlflow.source.type": "NOTEBOOK" if self.notebook else "LOCAL",
            "mlflow.user": user_name(),
            **({"dagbook.cell": self.cell.id} if self.cell.id else {}),
        }
        run.append(
            {
                "kind": "open",
                "name": name,
                "uri": uri,
                "experiment": named or (None if experiment_id else self._default_experiment()),
                "experiment_id": experiment_id,
                "parent": parent,
                "tags": {**told, **tags},
            }
        )
        self.wake()
        return run

    def close_run(self, run: LiveRun, status: str) -> None:
        """End a run, and those opened in it that are still open, with MLflow's word for how it went."""
        if run in self.runs:
            at = self.runs.index(run)
            for inner in reversed(self.runs[at:]):
                inner.append({"kind": "close", "status": status})
            del self.runs[at:]
        elif run is self._own:
            run.append({"kind": "close", "status": status})
            self._own = None
        self._foreign = {active: kept for active, kept in self._foreign.items() if not kept.is_ours}

    def _default_experiment(self) -> str:
        return self.notebook.stem if self.notebook else self.project.name or "Default"

    def took(self, name: str, origin: str) -> None:
        """The notebook bound what another one published: the open run knows of it, and those to come."""
        tag = {f"dagbook.input.{name}": origin}
        self.inputs.update(tag)
        going_on = self.active()
        if going_on is not None:
            going_on.tag(tag)

    # --- delivery -----------------------------------------------------------------------------------

    def begin(self) -> None:
        """Show that we are there and start a sender, so that MLflow is imported before it is needed."""
        self.outbox.begin()
        self.wake()

    def wake(self) -> None:
        """See to it that somebody delivers. In a pipeline the run's driver does."""
        if self.in_run:
            return
        root = self.outbox.folder.parent
        if time.monotonic() - self._started_at > _START_AGAIN_AFTER and holder(root) is None:
            with suppress(OSError):
                start_sender(root)
            self._started_at = time.monotonic()

    def wake_if_waiting(self) -> None:
        """After a cell: if it logged something, somebody must be there to deliver it."""
        size = self.outbox.size()
        if size > self._seen_size:
            self._seen_size = size
            self.wake()

    def progress(self) -> Progress:
        """How far delivery has got."""
        return self._reader.progress()

    def told_of(self, run: LiveRun) -> dict[str, str] | None:
        """What the store calls the run: `id`, `experiment_id`, `name`, `uri`; None until it is made there."""
        return self.progress().runs.get(run.key)

    def wait_for_id(self, run: LiveRun, seconds: float) -> dict[str, str] | None:
        """What the store calls the run; None when that does not come in time."""
        self._wait(lambda: self.told_of(run) is not None or bool(self.progress().error), seconds)
        return self.told_of(run)

    def wait_until_sent(self, seconds: float) -> bool:
        """Whether everything that this process wrote is delivered, after at most `seconds`."""
        size = self.outbox.size()
        self._wait(lambda: self._sent(size) or bool(self.progress().error), seconds)
        return self._sent(size)

    def waiting(self) -> str:
        """How many records wait and why, as a line; empty when none does."""
        progress = self.progress()
        count = self._reader.waiting(progress)
        if not count:
            return ""
        if progress.error:
            return f"MLflow is away ({progress.error}); {count} records wait, `dagbook sync` sends them"
        return f"{count} records are on their way"

    def _sent(self, size: int) -> bool:
        return self.progress().offsets.get(self.outbox.file, 0) >= size

    def _wait(self, done: Callable[[], bool], seconds: float) -> None:
        deadline = time.monotonic() + seconds
        with suppress(KeyboardInterrupt):  # whoever interrupts a wait of ours wants to go on
            while not done() and time.monotonic() < deadline:
                time.sleep(_LOOK_EVERY)

    def close(self) -> None:
        """The process ends in good order: end what is open with the status it has, and wait a little."""
        atexit.unregister(self.close)
        if os.getpid() != self._pid:
            return
        open_runs = [*self.runs, *([self._own] if self._own and self._own.is_ours else [])]
        with suppress(OSError):
            for run in reversed(open_runs):
                run.tag({"dagbook.ended": "its kernel ended"})
                self.close_run(run, "FAILED" if run.failed else "FINISHED")
            if open_runs and not self.in_run:
                self.wake()
                self.wait_until_sent(_AT_EXIT)


_now: list[Logbook] = []


def logbook() -> Logbook:
    """The one of this process."""
    if not _now:
        ipython = sys.modules.get("IPython")
        _now.append(Logbook(ipython.get_ipython() if ipython is not None else None))
    return _now[0]


def forget() -> None:
    """End the logbook of this process; the next use begins another."""
    while _now:
        _now.pop().close()
