"""The papermill engine `dagbook`: what papermill's own does, with the truth in the notebook it leaves.

`papermill --engine dagbook in.ipynb out.ipynb` works too; a run of ours hands it an `Execution` besides.
"""

from __future__ import annotations

from typing import Any

from nbformat import NotebookNode
from papermill.engines import NBClientEngine
from papermill.log import logger

from dagbook.runners.client import CellClient
from dagbook.runners.execution import Execution
from dagbook.runners.true_record import TrueRecord

NAME = "dagbook"


class DagbookEngine(NBClientEngine):  # type: ignore[misc]  # papermill ships no types
    """Executes a notebook; see `Execution` for what it can be told and what it tells."""

    @classmethod
    def execute_notebook(  # noqa: PLR0913, PLR0917  # papermill's signature
        cls,
        nb: Any,
        kernel_name: str,
        output_path: str | None = None,
        progress_bar: Any = True,  # noqa: FBT002
        log_output: bool = False,  # noqa: FBT001, FBT002
        autosave_cell_every: int = 30,
        execution: Execution | None = None,
        **kwargs: Any,
    ) -> Any:
        """Execute `nb` in kernel `kernel_name`; papermill calls this."""
        record = TrueRecord(
            nb,
            file=execution.file if execution else None,
            metadata=execution.metadata if execution else None,
            output_path=output_path,
            progress_bar=progress_bar,
            log_output=log_output,
            autosave_cell_every=autosave_cell_every,
        )
        if execution is not None:
            execution.nb = nb
        record.notebook_start()
        try:
            if execution is None:
                cls.execute_managed_notebook(record, kernel_name, log_output=log_output, **kwargs)
            else:
                CellClient(record, execution, kernel_name=kernel_name, log=logger).execute()
        finally:
            record.notebook_complete()
        # Papermill puts cells with an error message into what it gets back; the record has none of them.
        return NotebookNode({**nb, "cells": list(nb.cells)})
