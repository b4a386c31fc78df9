"""One tracked stretch of work: a run from its opening to its end, whoever drew its limits.

`%%track`, `%track start … stop` and `dagbook.track` are all made of this.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from dagbook.magics.cell_record import CellRecord, error_text, status_of
from dagbook.magics.live_run import LiveRun
from dagbook.magics.logbook import Logbook
from dagbook.magics.mlflow_lead import MlflowLead
from dagbook.magics.mlflow_there import active_run_id, insists_on_another_experiment, is_autologging
from dagbook.magics.notebook_parameters import NotebookParameters
from dagbook.magics.quiet_line import note
from dagbook.magics.secret_texts import masked
from dagbook.magics.surroundings import Surroundings
from dagbook.magics.track_line import Asked
from dagbook.magics.variables import meant
from dagbook.notebook.mlflow_calls import MlflowCalls, mlflow_calls
from dagbook.trackers.record_page import record_page

# For a cell that calls MLflow itself: without the id its values would land in a run of their own.
_LONG_PATIENCE: Final = 20.0
_PATIENCE: Final = 5.0
_LITTLE_PATIENCE: Final = 1.0
_END_PATIENCE: Final = 3.0


class Tracked:
    """A run and all that is recorded of it without being asked. In force from its making until `end`.

    Args:
        book: the records of this process.
        asked: what the person wants of it.
        parameters: knows the parameters of the notebook.
        source: the code that is tracked, as far as it is known now.
    """

    def __init__(self, book: Logbook, asked: Asked, parameters: NotebookParameters, source: str = "") -> None:
        self._book = book
        self._asked = asked
        for wrong in asked.wrong:
            note(f"track: {wrong}")
        calls = _calls(source)
        experiment = asked.experiment or (None if calls.moves_experiment else calls.experiment)
        self.run: LiveRun = book.open_run(
            name=asked.name,
            experiment=experiment,
            tags={**book.inputs, **{name: masked(value) for name, value in asked.tags.items()}},
        )
        folder = book.notebook.parent if book.notebook else Path.cwd()
        self._surroundings = Surroundings(folder if folder.is_dir() else Path.cwd(), self._tell_of_git)
        self._log_parameters(parameters)
        self._adopt = not (calls.moves_experiment or calls.moves_store)
        self._told = book.wait_for_id(self.run, self._patience(source))
        if self._told is None and book.progress().error:
            note(book.waiting())
        elif self._told is None and "mlflow" in source:
            note("MLflow is slow to answer: what its own calls log in this cell goes to a run of their own")
        self._lead = self._lead_mlflow(source)
        self._began = time.monotonic()
        self._record: CellRecord | None = CellRecord(self.run, book.cell, book.shell)

    # --- cells --------------------------------------------------------------------------------------

    def cell_begins(self) -> None:
        """A cell of this run begins."""
        if self._told is None:
            self._lead_late(self._book.cell.source)
        self._lead.again()
        self._record = CellRecord(self.run, self._book.cell, self._book.shell)

    def cell_ends(self, error: BaseException | None) -> None:
        """The cell that began last is over."""
        if self._record is not None:
            self._record.end(status_of(error), error)
            self._record = None

    # --- the end ------------------------------------------------------------------------------------

    def end(self, error: BaseException | None, namespace: Mapping[str, Any] | None = None) -> str:
        """End the run with its true status; the line that says so, and the link in it."""
        run = self.run
        status = status_of(error)
        self.cell_ends(error)
        if namespace is not None:
            self._log_variables(namespace)
        seconds = time.monotonic() - self._began
        peaks = [cell["peak_memory_bytes"] for cell in run.cells]
        summary = {"duration_seconds": seconds, "peak_memory_bytes": float(max(peaks, default=0))}
        run.log_metrics(summary, None, None)
        run.append({"kind": "text", "name": "cells.json", "text": json.dumps(run.cells, indent=1)})
        if error is not None and status != "FINISHED":
            run.tag({"dagbook.error": error_text(error)})
        self._surroundings.wait()
        self._lead.end(status)
        self._book.close_run(run, status)
        self._book.wake()
        sent = self._book.wait_until_sent(_END_PATIENCE if self._book.progress().runs else _LITTLE_PATIENCE)
        self._say_end(status, seconds, sent=sent)
        return status

    def _say_end(self, status: str, seconds: float, *, sent: bool) -> None:
        run = self.run
        told = self._book.told_of(run) or {}
        name = run.name or told.get("name") or "run"
        counts = [
            counted(len(run.params), "param"),
            counted(len(run.metrics), "metric"),
            counted(run.artifacts, "artifact"),
        ]
        parts = [f"tracked {name}", status.lower(), *(part for part in counts if part), f"{seconds:.1f} s"]
        if told.get("id"):
            parts.append(f"run {told['id'][:8]}")
        is_away = not sent and bool(self._book.progress().error)
        if not sent and not is_away:
            parts.append("on its way to MLflow")
        note(" · ".join(parts), link_to(told))
        if is_away:
            note(self._book.waiting())

    # --- what is recorded by itself -----------------------------------------------------------------

    def _tell_of_git(self, tags: dict[str, str], patch: str) -> None:
        if tags:
            self.run.tag(tags)
        if patch:
            self.run.append({"kind": "text", "name": "changes.patch", "text": masked(patch)})

    def _log_parameters(self, parameters: NotebookParameters) -> None:
        shell = self._book.shell
        if shell is not None:
            found = parameters.values(self._book.notebook, shell.user_ns)
            cells = parameters.cells(self._book.notebook)
            for name, value in found.items():
                if name not in self._asked.params:
                    self.run.log_params({name: value}, cells.get(name))

    def _log_variables(self, namespace: Mapping[str, Any]) -> None:
        cell = self._book.cell.id
        for option, names in (("-p", self._asked.params), ("-m", self._asked.metrics)):
            there = {name: namespace[name] for name in names if name in namespace}
            for name in names:
                if name not in namespace:
                    note(f"track {option} {name}: there is no such variable{meant(name, self._book.shell)}")
            if option == "-p":
                self.run.log_params({name: masked(str(value)) for name, value in there.items()}, cell)
            else:
                self.run.log_metrics(there, None, cell)

    def _lead_mlflow(self, source: str) -> MlflowLead:
        told, adopt = self._told, self._adopt
        if told and insists_on_another_experiment(told.get("experiment_id", "")):
            adopt = False
            note(
                "what MLflow logs by itself goes to the experiment of mlflow.set_experiment, not to this run"
            )
        shown = str(self._book.notebook or "")
        was_active = active_run_id() is not None
        lead = MlflowLead(told, self.run.uri, shown, adopt=adopt)
        autologs = self._asked.autolog or "autolog(" in source or is_autologging()
        if told and adopt and (was_active or (autologs and "start_run" not in source)):
            try:
                lead.activate()
            except Exception as error:  # noqa: BLE001  # MLflow's; the cell runs all the same
                note(f"MLflow did not take up the run: {str(error).splitlines()[:1]}")
        if self._asked.autolog:
            _switch_on_autologging()
        return lead

    def _lead_late(self, source: str) -> None:
        """MLflow's name of the run did not come in time for the first cell; this one has another chance."""
        expected = "mlflow" in sys.modules or "mlflow" in source
        self._told = self._book.wait_for_id(self.run, _PATIENCE if expected else 0)
        if self._told is not None:
            self._lead.end("RUNNING")
            self._lead = self._lead_mlflow(source)

    def _patience(self, source: str) -> float:
        """How long to wait for MLflow's name of the run. Long only where its own calls are to be expected."""
        if "mlflow" in source or self._asked.autolog:
            return _LONG_PATIENCE
        return _PATIENCE if "mlflow" in sys.modules else _LITTLE_PATIENCE


def link_to(told: Mapping[str, str]) -> str | None:
    """MLflow's own page of a run, for a store that is a server."""
    if not told.get("id"):
        return None
    return record_page(told.get("uri", ""), told.get("experiment_id", ""), told["id"])


def _switch_on_autologging() -> None:
    try:
        import mlflow

        mlflow.autolog(silent=True)
    except Exception as error:  # noqa: BLE001  # MLflow's; the cell runs all the same
        note(f"track --autolog: MLflow could not switch it on: {str(error)[:200]}")


def _calls(source: str) -> MlflowCalls:
    cell = {"cell_type": "code", "id": "c", "metadata": {}, "source": source, "outputs": []}
    return mlflow_calls({"metadata": {"kernelspec": {"language": "python"}}, "cells": [cell]})


def counted(number: int, what: str) -> str:
    """`3 params`, `1 param`; nothing for none."""
    return "" if not number else f"{number} {what}{'' if number == 1 else 's'}"
