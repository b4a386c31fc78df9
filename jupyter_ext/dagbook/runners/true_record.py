"""Papermill's record of an execution, in the notebook's metadata, with what really happened to each cell."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill.engines import NotebookExecutionManager

from dagbook.runners.notebook_file import NotebookFile

Status = Literal["completed", "failed", "timed-out", "died", "not-run"]


class TrueRecord(NotebookExecutionManager):  # type: ignore[misc]  # papermill ships no types
    """Sets each cell's `metadata.papermill.status` and saves the notebook at sensible intervals.

    Papermill's own marks every cell completed when the kernel dies or time is up, and saves twice per cell.
    """

    def __init__(
        self,
        nb: Any,
        *,
        file: NotebookFile | None = None,
        metadata: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(nb, **kwargs)
        if file is None and self.output_path and "://" not in str(self.output_path):
            file = NotebookFile(Path(self.output_path))
        self._file = file
        self._metadata = metadata or {}
        self.before_save: Callable[[], None] = lambda: None

    def notebook_start(self, **kwargs: Any) -> None:
        """Begin: no cell has run."""
        self.nb.metadata.papermill.update(self._metadata)
        super().notebook_start(**kwargs)

    def save(self, **_kwargs: Any) -> None:
        """Papermill asks for this around every cell; it is done when it is due."""
        if self._file is None:
            super().save()
        else:
            self.autosave_cell()

    def autosave_cell(self) -> None:
        """Save if it is due. Called for everything that is heard from the kernel."""
        if self._file is not None and self._file.is_due():
            self.before_save()
            # A full disk now may have room at the end; the last save is the one that counts.
            with contextlib.suppress(OSError):
                self._file.save(self.nb)

    def save_now(self) -> None:
        """Save, for somebody is about to look."""
        if self._file is not None:
            self.before_save()
            with contextlib.suppress(OSError):
                self._file.save(self.nb)

    def passed(self, cell: Any) -> None:
        """A cell with nothing to execute was reached."""
        cell.metadata.papermill["status"] = "completed"

    def cell_complete(self, cell: Any, cell_index: int | None = None, **kwargs: Any) -> None:
        """The cell ended, well or by whatever exception is under way."""
        status = _status_after(sys.exc_info()[1])
        if status is not None:
            self.cell_ended(cell, status)
        else:
            super().cell_complete(cell=cell, cell_index=cell_index, **kwargs)

    def cell_ended(self, cell: Any, status: Status) -> None:
        """The cell ended as `status` says."""
        cell.metadata.papermill["exception"] = status != "completed"
        cell.metadata.papermill["status"] = self.COMPLETED if status == "completed" else self.FAILED
        super().cell_complete(cell=cell)
        cell.metadata.papermill["status"] = status
        if status != "completed":
            self.nb.metadata.papermill["exception"] = True

    def notebook_complete(self, **_kwargs: Any) -> None:
        """The end: what did not run is marked so, and the notebook is saved.

        Raises:
            OSError: it could not be saved.
        """
        self.end_time = self.now()
        own = self.nb.metadata.papermill
        own["end_time"] = self.end_time.isoformat()
        own["duration"] = (self.end_time - self.start_time).total_seconds()
        for cell in self.nb.cells:
            if cell.metadata.papermill["status"] in {self.PENDING, self.RUNNING}:
                cell.metadata.papermill["status"] = "not-run"
        self.complete_pbar()
        self.cleanup_pbar()
        self.before_save()
        if self._file is None:
            super().save()
        else:
            self._file.save(self.nb)


def _status_after(error: BaseException | None) -> Status | None:
    if isinstance(error, DeadKernelError):
        return "died"
    return "timed-out" if isinstance(error, CellTimeoutError) else None
