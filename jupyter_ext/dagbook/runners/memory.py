"""How much memory a kernel and its children take, seen from outside. Knows nothing of what they do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psutil

INTERVAL = 0.5
"""Seconds between two looks."""

_UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB")
_STEP = 1024


class Memory:
    """What the tree of process `pid` takes, in bytes.

    Attributes:
        now: at the last look. Pages that its processes share count once.
        peak: the most resident memory that it was seen to have; None before the first look.
    """

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self.now = 0
        self.peak: int | None = None

    def look(self, limit: int | None = None) -> None:
        """Take a sample; when the process is gone, what was seen stays.

        Args:
            limit: what it may take. To count shared pages once is dear, and done only beyond it.
        """
        try:
            root = psutil.Process(self._pid)
            tree = (root, *root.children(recursive=True))
            self.now = sum(_resident(process) for process in tree)
            self.peak = max(self.peak or 0, self.now, self._peak_of_root()) or None
            if limit is not None and self.now > limit and len(tree) > 1:
                self.now = sum(_share(process) for process in tree)
        except psutil.Error:
            return

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


def in_words(size: float) -> str:
    """`1.5 GiB`."""
    unit = 0
    while size >= _STEP and unit < len(_UNITS) - 1:
        size, unit = size / _STEP, unit + 1
    return f"{size:.3g} {_UNITS[unit]}"


def _tree(root: psutil.Process) -> Iterator[psutil.Process]:
    """The process and all below it."""
    yield root
    if not Path(f"/proc/{root.pid}/task/{root.pid}/children").exists():
        yield from root.children(recursive=True)  # looks at every process there is
        return
    for children in Path(f"/proc/{root.pid}/task").glob("*/children"):
        try:
            below = [psutil.Process(int(pid)) for pid in children.read_text().split()]
        except (OSError, psutil.Error):
            continue  # it ended meanwhile
        for process in below:
            yield from _tree(process)


def _resident(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0


def _share(process: psutil.Process) -> int:
    """Its own pages, and its part of those that it shares: a forked pool is no multiple of its parent."""
    try:
        found = process.memory_full_info()
    except psutil.Error:
        return _resident(process)
    return int(getattr(found, "pss", found.rss))
