"""Keeps a kernel for a person after a cell failed, and takes up what the person made of the notebook."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import nbformat
import psutil

from dagbook.engine.held import CONTINUED, read_decision
from dagbook.engine.ports import Report
from dagbook.run.events import StepHeld
from dagbook.run.facts import NodeError
from dagbook.runners.kernel_life import KernelLife
from dagbook.runners.masking import Mask

_LOOK_EVERY: Final = 0.2
_LITTLE_MEMORY: Final = 0.05
"""Of the machine's memory. With less than that left, the kernel's is needed more than its person."""


@dataclass(frozen=True, kw_only=True)
class Holding:
    """How long one attempt's kernel may be kept, and who is told.

    Attributes:
        folder: the attempt's, where the decision is left.
        seconds: after which the attempt fails as if nothing had been kept.
        stop_asked: whether somebody wants the attempt to end now.
    """

    step: str
    attempt: int
    folder: Path
    seconds: float
    report: Report
    stop_asked: Callable[[], bool]

    async def decided(self, kernel: KernelLife, error: NodeError, drain: Callable[[], None]) -> str | None:
        """Wait; who goes on with it, or None when nobody does.

        Args:
            kernel: stays alive meanwhile, unless it grows beyond its limit.
            error: of the cell that failed.
            drain: takes away what the kernel says to others.
        """
        until = time.monotonic() + self.seconds
        self.report(
            StepHeld(
                step=self.step,
                attempt=self.attempt,
                error=error,
                until=(datetime.now(UTC) + timedelta(seconds=self.seconds)).isoformat(timespec="seconds"),
                connection=str(kernel.manager.connection_file),
            )
        )
        while time.monotonic() < until and not self.stop_asked():
            decision = read_decision(self.folder)
            if decision is not None:
                return decision.by if decision.go_on else None
            if not await kernel.is_alive() or _outgrown(kernel):
                return None
            drain()
            await asyncio.sleep(_LOOK_EVERY)
        return None

    def taken_up(self, nb: Any, mask: Mask) -> None:
        """Put the person's cells into the executed notebook `nb`.

        Raises:
            OSError, ValueError: the person's notebook is gone, or is none.
        """
        document = nbformat.reads((self.folder / CONTINUED).read_text("utf-8"), as_version=4)
        before = {cell.get("id"): cell for cell in nb.cells}
        for cell in document["cells"]:
            if cell.cell_type == "code":
                cell["outputs"] = nbformat.from_dict(mask.data(cell.outputs))
            cell.metadata["papermill"] = _record_of(cell, before.get(cell.get("id")))
        nb["cells"] = document["cells"]
        nb.metadata.papermill["exception"] = any(
            cell.metadata.papermill["exception"] for cell in document["cells"]
        )


def _record_of(cell: Any, before: Any) -> dict[str, Any]:
    """Papermill's record of a cell: what ran unchanged keeps its own, and what a person ran has no times."""
    if before is not None and before.cell_type == cell.cell_type:
        known: dict[str, Any] = before.metadata.papermill
        same = before.source == cell.source and before.get("execution_count") == cell.get("execution_count")
        if same and known["status"] == "completed":
            return known
    ran = cell.cell_type != "code" or not cell.source.strip() or cell.get("execution_count") is not None
    raised = any(output["output_type"] == "error" for output in cell.get("outputs", ()))
    status = ("failed" if raised else "completed") if ran else "not-run"
    return {"status": status, "exception": raised, "start_time": None, "end_time": None, "duration": None}


def _outgrown(kernel: KernelLife) -> bool:
    kernel.look_at_memory()
    if kernel.memory_limit is not None and kernel.memory_now > kernel.memory_limit:
        return True
    memory = psutil.virtual_memory()
    return bool(memory.available < _LITTLE_MEMORY * memory.total)
