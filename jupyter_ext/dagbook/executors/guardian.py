"""Ends what a dead driver left running. `python -m dagbook.executors.guardian RUN`, with a pipe as its input.

The driver holds the other end of the pipe: when it is gone, however it died, reading ends, and every process
that carries the run's mark in its environment is ended. A driver that ends well says so first.
"""

from __future__ import annotations

import subprocess
import sys

from dagbook.engine.leftovers import RUN, end_marked

_WELL = b"well\n"
# Workers are told by the kernel and save their notebooks first.
_GRACE = 3.0


class Guardian:
    """The driver's side: start it before the first worker, release it after the last."""

    def __init__(self, run: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "dagbook.executors.guardian", run],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def release(self) -> None:
        """Everything ended in order; nothing to guard any more."""
        if self._process.stdin is not None:
            try:
                self._process.stdin.write(_WELL)
                self._process.stdin.close()
            except OSError:
                pass  # it was killed; the sweep at the end of each attempt remains
        self._process.wait()


def watch(run: str) -> None:
    """Wait for the driver's end, and sweep unless it ended well."""
    if sys.stdin.buffer.read() != _WELL:
        end_marked({RUN: run}, grace=_GRACE)


if __name__ == "__main__":
    watch(sys.argv[1])
