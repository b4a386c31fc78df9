"""Ends what a dead process left running. `python -m dagbook.executors.guardian KEY=VALUE`, fed by a pipe.

A driver (or a worker of a cluster) holds the other end of the pipe: when it is gone, however it died, reading
ends, and every process that carries the mark in its environment is ended. Whoever ends well says so first.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping

from dagbook.engine.leftovers import end_marked

_WELL = b"well\n"
# Workers are told by the kernel and save their notebooks first.
_GRACE = 3.0


class Guardian:
    """The side of whoever is guarded: begin it before the first attempt, release it after the last.

    Args:
        mark: variables that every process has in its environment that is to be ended.
    """

    def __init__(self, mark: Mapping[str, str]) -> None:
        self._mark = mark
        self._process: subprocess.Popen[bytes] | None = None

    def begin(self) -> None:
        """From now on there may be something to end; safe to call twice."""
        if self._process is not None:
            return
        self._process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "dagbook.executors.guardian",
                *(f"{key}={value}" for key, value in self._mark.items()),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def release(self) -> None:
        """Everything ended in order; nothing to guard any more."""
        if self._process is None:
            return
        if self._process.stdin is not None:
            try:
                self._process.stdin.write(_WELL)
                self._process.stdin.close()
            except OSError:
                pass  # it was killed; the sweep at the end of each attempt remains
        self._process.wait()


def watch(mark: Mapping[str, str]) -> None:
    """Wait for the end of the guarded process, and sweep unless it ended well."""
    if sys.stdin.buffer.read() != _WELL:
        end_marked(mark, grace=_GRACE)


if __name__ == "__main__":
    watch(dict(argument.split("=", 1) for argument in sys.argv[1:]))
