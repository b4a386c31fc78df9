"""Ends what a kernel does when it is beyond a limit or somebody asks: gently first, where that is wise."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from dagbook.runners.ending import Ending
from dagbook.runners.kernel_life import KernelLife
from dagbook.runners.memory import in_words

# Seconds after the first step at which the next ones are taken.
_TERMINATE_AFTER: Final = 3.0
_KILL_AFTER: Final = 4.5
_KILL_STOPPED_AFTER: Final = 1.0

_Steps = list[tuple[float, signal.Signals | None]]
_GENTLY: Final[_Steps] = [(0.0, None), (_TERMINATE_AFTER, signal.SIGTERM), (_KILL_AFTER, signal.SIGKILL)]
_SOON: Final[_Steps] = [(0.0, signal.SIGTERM), (_KILL_STOPPED_AFTER, signal.SIGKILL)]
# Whoever takes more memory than it may have takes more with every moment that it is given.
_AT_ONCE: Final[_Steps] = [(0.0, signal.SIGKILL)]


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """What one attempt may take; None where there is no limit.

    Attributes:
        timeout: seconds for all cells together, from the kernel's first reply on.
        cell_timeout: seconds for each cell.
        memory: bytes, for the kernel and all that it started.
    """

    timeout: float | None = None
    cell_timeout: float | None = None
    memory: int | None = None


class Deadline:
    """Watches one notebook; `enforce` is called a few times a second while a cell runs."""

    def __init__(self, kernel: KernelLife, *, bounds: Bounds, stop_asked: Callable[[], bool]) -> None:
        self._kernel = kernel
        self._bounds = bounds
        self._end = None if bounds.timeout is None else time.monotonic() + bounds.timeout
        self._cell_end: float | None = None
        self._stop_asked = stop_asked
        self._since = 0.0
        self._next: _Steps = []
        self._reason: Literal["timed-out", "cell-timed-out", "outgrown", "stopped"] | None = None
        self._taken = 0

    def cell_begins(self) -> None:
        """Another cell is about to run."""
        seconds = self._bounds.cell_timeout
        self._cell_end = None if seconds is None else time.monotonic() + seconds

    async def enforce(self) -> None:
        """Take the next step if it is time for it."""
        now = time.monotonic()
        if self._reason != "stopped" and self._stop_asked():
            self._begin("stopped", _SOON)
        elif self._reason not in {"stopped", "outgrown"} and self._is_outgrown():
            self._begin("outgrown", _AT_ONCE)
        elif self._reason is None and self._end is not None and now >= self._end:
            self._begin("timed-out", _GENTLY)
        elif self._reason is None and self._cell_end is not None and now >= self._cell_end:
            self._begin("cell-timed-out", _GENTLY)
        while self._next and time.monotonic() >= self._since + self._next[0][0]:
            _, number = self._next.pop(0)
            await (self._kernel.interrupt() if number is None else self._kernel.send(number))

    def ending(self, index: int) -> Ending | None:
        """How the notebook ended at the cell with this index; None when nobody ended it from here."""
        bounds = self._bounds
        match self._reason:
            case "stopped":
                return Ending(how="stopped", index=index, name="Stopped", value="asked to stop")
            case "timed-out":
                value = f"the notebook ran longer than {bounds.timeout:g} s"
                return Ending(how="timed-out", index=index, name="TimedOut", value=value)
            case "cell-timed-out":
                value = f"the cell ran longer than {bounds.cell_timeout:g} s"
                return Ending(how="timed-out", index=index, name="TimedOut", value=value)
            case "outgrown":
                value = (
                    f"its processes took {in_words(self._taken)} of memory, "
                    f"and `resources` allow {in_words(bounds.memory or 0)}"
                )
                return Ending(how="died", index=index, name="MemoryLimit", value=value)
        return None

    def _is_outgrown(self) -> bool:
        limit = self._bounds.memory
        if limit is None or self._kernel.memory_now <= limit:
            return False
        self._taken = self._kernel.memory_now
        return True

    def _begin(
        self, reason: Literal["timed-out", "cell-timed-out", "outgrown", "stopped"], steps: _Steps
    ) -> None:
        self._reason = reason
        self._since = time.monotonic()
        self._next = list(steps)
