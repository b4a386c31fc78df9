"""How much memory a kernel and its children take, seen from outside. Knows nothing of what they do."""

from __future__ import annotations

from pathlib import Path

import psutil

INTERVAL = 0.5
"""Seconds between two looks."""


class PeakMemory:
    """The most resident memory, in bytes, that the tree of process `pid` was seen to have."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self.bytes: int | None = None

    def look(self) -> None:
        """Take a sample; when the process is gone, what was seen stays."""
        try:
            root = psutil.Process(self._pid)
            seen = sum(_resident(process) for process in (root, *root.children(recursive=True)))
        except psutil.Error:
            return
        self.bytes = max(self.bytes or 0, seen, self._peak_of_root()) or None

    def _peak_of_root(self) -> int:
        """What Linux itself remembers of the kernel's peak: it sees those between two looks as well."""
        try:
            status = Path(f"/proc/{self._pid}/status").read_text()
        except OSError:
            return 0
        for line in status.splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
        return 0


def _resident(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0
