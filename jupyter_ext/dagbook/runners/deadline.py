"""Ends what a kernel does when its time is up or somebody asks: gently first, then not."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from typing import Literal

from dagbook.runners.kernel_life import KernelLife

# Seconds after the first step at which the next ones are taken.
_TERMINATE_AFTER = 3.0
_KILL_AFTER = 4.5
_KILL_STOPPED_AFTER = 1.0


class Deadline:
    """Watches one notebook; `enforce` is called a few times a second while a cell runs."""

    def __init__(self, kernel: KernelLife, *, timeout: float | None, stop_asked: Callable[[], bool]) -> None:
        self._kernel = kernel
        self._end = None if timeout is None else time.monotonic() + timeout
        self._stop_asked = stop_asked
        self._since = 0.0
        self._next: list[tuple[float, signal.Signals | None]] = []
        self.reason: Literal["timed-out", "stopped"] | None = None

    async def enforce(self) -> None:
        """Take the next step if it is time for it."""
        if self.reason != "stopped" and self._stop_asked():
            self._begin("stopped", [(0.0, signal.SIGTERM), (_KILL_STOPPED_AFTER, signal.SIGKILL)])
        elif self.reason is None and self._end is not None and time.monotonic() >= self._end:
            self._begin(
                "timed-out",
                [(0.0, None), (_TERMINATE_AFTER, signal.SIGTERM), (_KILL_AFTER, signal.SIGKILL)],
            )
        while self._next and time.monotonic() >= self._since + self._next[0][0]:
            _, number = self._next.pop(0)
            await (self._kernel.interrupt() if number is None else self._kernel.send(number))

    def _begin(
        self, reason: Literal["timed-out", "stopped"], steps: list[tuple[float, signal.Signals | None]]
    ) -> None:
        self.reason = reason
        self._since = time.monotonic()
        self._next = steps
