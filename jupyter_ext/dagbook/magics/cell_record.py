"""What one cell (or one `with` block) adds to a run: outputs, duration, peak memory, source, how it ended."""

from __future__ import annotations

import asyncio
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from dagbook.engine.outbox import FILES
from dagbook.magics.displays import DisplayCapture
from dagbook.magics.live_run import LiveRun
from dagbook.magics.logbook import CellNow
from dagbook.magics.peak_memory import PeakMemory
from dagbook.magics.secret_texts import masked

_MOST_OUTPUTS: Final = 100
_LARGEST_OUTPUT: Final = 20_000_000
_LONGEST_ERROR: Final = 1000


class CellRecord:
    """In force from its making until `end`.

    Args:
        run: what is recorded goes to it.
        cell: the cell that runs.
        shell: whose displays are to be seen; None outside IPython.
    """

    def __init__(self, run: LiveRun, cell: CellNow, shell: Any) -> None:
        self._run = run
        self._cell = cell
        self._shell = shell
        self._outputs: dict[str, str] = {}
        self._count = 0
        self._label = f"{len(run.cells) + 1:02d}-{cell.id or f'In{cell.number}'}"
        self._figures = _open_figures()
        if cell.source:
            run.append(
                {
                    "kind": "text",
                    "name": f"cells/{self._label}.py",
                    "text": masked(cell.source),
                    "cell": cell.id,
                }
            )
        self._capture = DisplayCapture(shell, self._take) if shell is not None else None
        self._memory = PeakMemory()
        self._began = time.monotonic()
        self._at = time.time()

    def end(self, status: str, error: BaseException | None) -> dict[str, Any]:
        """Stop looking; what the cell contributed, as it is kept in `cells.json`."""
        seconds = time.monotonic() - self._began
        peak = self._memory.stop()
        if self._capture:
            self._capture.stop()
        with suppress(Exception):  # figures are the user's; to draw them may fail in any way
            self._take_figures()
        told = {
            "cell": self._cell.id,
            "number": self._cell.number,
            "status": status,
            "began": round(self._at, 3),
            "seconds": round(seconds, 3),
            "peak_memory_bytes": peak,
            "outputs": self._count,
            **({"error": error_text(error)} if error else {}),
        }
        self._run.cells.append(told)
        if status != "FINISHED":
            self._run.failed = True
        return told

    def _take(self, suffix: str, content: bytes, display_id: str | None) -> None:
        name = self._outputs.get(display_id or "")
        if name is None:
            if self._count >= _MOST_OUTPUTS:
                return
            self._count += 1
            name = f"{self._label}-{self._count}{suffix}"
            if display_id:
                self._outputs[display_id] = name
        if len(content) <= _LARGEST_OUTPUT:
            self._keep(name, content)

    def _keep(self, name: str, content: bytes) -> None:
        path = self._run.outbox.new_file(name)
        path.write_bytes(content)
        self._run.artifacts += 1
        self._run.append({"kind": "artifact", "path": relative(path), "to": "outputs", "cell": self._cell.id})

    def _take_figures(self) -> None:
        """Figures that nothing has displayed: those that are new and still open, taken as they are."""
        plt: Any = sys.modules.get("matplotlib.pyplot")
        for number in sorted(_open_figures() - self._figures):
            path = self._run.outbox.new_file(f"{self._label}-figure-{number}.png")
            plt.figure(number).savefig(path)
            self._count += 1
            self._run.artifacts += 1
            self._run.append(
                {"kind": "artifact", "path": relative(path), "to": "outputs", "cell": self._cell.id}
            )


def status_of(error: BaseException | None) -> str:
    """MLflow's word for how code ended."""
    if error is None or (isinstance(error, SystemExit) and error.code in {None, 0}):
        return "FINISHED"
    return "KILLED" if isinstance(error, KeyboardInterrupt | asyncio.CancelledError) else "FAILED"


def error_text(error: BaseException) -> str:
    """An exception in one line, without secrets."""
    return masked(f"{type(error).__name__}: {error}")[:_LONGEST_ERROR]


def relative(path: Path) -> str:
    """A file of the outbox as its records name it."""
    return f"{FILES}/{path.parent.name}/{path.name}"


def _open_figures() -> set[int]:
    plt: Any = sys.modules.get("matplotlib.pyplot")
    return set() if plt is None else set(plt.get_fignums())
