"""`python -m tests.faults.cheap_drive FOLDER [AGAIN]`: a driver with cheap workers and no MLflow.

Journal, lock, guardian, cache and executor are the real ones.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from dagbook import bootstrap
from dagbook.api.driver import drive
from dagbook.executors.workers import Workers
from dagbook.trackers.memory import MemoryTracker

WORKER = Path(__file__).with_name("cheap_worker.py")


def cheap_parts() -> None:
    """Have drivers of this process use them."""
    parts: dict[str, Any] = {
        "workers": lambda *_: Workers([sys.executable, "-S", str(WORKER)]),
        "MlflowTracker": lambda *_: MemoryTracker(),
    }
    for name, part in parts.items():
        setattr(bootstrap, name, part)


if __name__ == "__main__":
    cheap_parts()
    drive(Path(sys.argv[1]), lambda: None, Path(sys.argv[2]) if sys.argv[2:] else None)
