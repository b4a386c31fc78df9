"""What there is of this machine for steps: processors and memory that this process may use."""

from __future__ import annotations

import os
from pathlib import Path

import psutil

_CGROUP = Path("/sys/fs/cgroup")


def capacity(cgroup: Path = _CGROUP) -> tuple[float, int]:
    """Processors and bytes; a container's limits where they are narrower than the machine's."""
    cpu = float(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)
    memory = int(psutil.virtual_memory().total)
    quota, _, period = _read(cgroup / "cpu.max").partition(" ")
    if quota.isdigit() and period.isdigit() and int(period):
        cpu = min(cpu, int(quota) / int(period))
    limit = _read(cgroup / "memory.max")
    if limit.isdigit():
        memory = min(memory, int(limit))
    return cpu, memory


def _read(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""
