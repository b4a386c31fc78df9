"""The most memory that this process holds while something runs, as far as it can be seen from inside."""

from __future__ import annotations

import resource
import sys
import threading
from pathlib import Path
from typing import Final

_EVERY: Final = 0.1
_STATM: Final = Path("/proc/self/statm")


class PeakMemory:
    """Looks ten times a second. What the system itself remembers counts where it grew meanwhile."""

    def __init__(self) -> None:
        self._before = _highest_ever()
        self._seen = _resident()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, name="peak memory", daemon=True)
        self._thread.start()

    def stop(self) -> int:
        """Bytes."""
        self._over.set()
        highest = _highest_ever()
        return highest if highest > self._before else max(self._seen, _resident())

    def _look(self) -> None:
        while not self._over.wait(_EVERY):
            self._seen = max(self._seen, _resident())


def _resident() -> int:
    try:
        return int(_STATM.read_text().split()[1]) * resource.getpagesize()
    except (OSError, ValueError, IndexError):
        return 0


def _highest_ever() -> int:
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
