"""The names of things inside a run folder, and the order of run folders. The one place that knows."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

JOURNAL = "journal.jsonl"
PLAN = "plan.json"
CANCEL = "cancel"
DRIVER_LOG = "driver.log"
REQUEST = "request.json"
RESULT = "result.json"
SKIPPED = "skipped.json"
"""In a step's folder, where another scheduler had it started and it did not run: why."""
NOTEBOOK = "notebook.ipynb"
"""The executed one, in its attempt's folder."""
LOG = "log"
OUTBOX = "outbox"
ADDRESSES = "addresses.json"
"""Whom hooks tell: for the driver alone, and gone with the run's end."""
SCHEDULER = "scheduler"
"""There while another scheduler runs the run; says which. As old as the last word of one of its processes."""
CLAIMS = "claims"
"""Of such a run: a lock for each step, held by the process that is at it."""
SUBMISSION = "submission.json"
"""Of a run that was submitted to another scheduler: where to."""
POD = "pod.json"
"""In an attempt's folder of such a run: which attempt there it is."""
SURROUNDINGS = "surroundings.json"
PATCH = "changes.patch"
ENVIRONMENT = "environment.txt"
SOURCES = "sources.json"

_RUN_ID = re.compile(r"[0-9]{8}-[0-9]{6}-[0-9a-f]{6,}")


def environments_of(project: Path) -> Path:
    """Where a project keeps the environments of nodes that have one of their own."""
    return project / ".dagbook" / "environments"


def new_run_id() -> str:
    """An id that sorts by the millisecond it was made in, UTC, and that nobody else makes."""
    now = datetime.now(UTC)
    return f"{now:%Y%m%d-%H%M%S}-{now.microsecond // 1000:03x}{secrets.token_hex(3)}"


def new_to_old(runs: Path) -> Iterator[Path]:
    """Run folders, newest first; whatever else lies there is passed over."""
    try:
        folders = [entry for entry in runs.iterdir() if _RUN_ID.fullmatch(entry.name)]
    except OSError:
        return
    yield from sorted(folders, key=lambda folder: folder.name, reverse=True)


def gone_folder(folder: Path) -> Path:
    """What a run's folder is renamed to while it is removed: no run any more, for whoever looks."""
    return folder.with_name(f".gone-{folder.name}")


def half_gone(runs: Path) -> list[Path]:
    """What is left of runs whose removal was cut off."""
    return sorted(runs.glob(".gone-*"))


def step_folder(step: str) -> str:
    """The folder of a step: `train[0]` → `train.0`, which no shell mistakes for a pattern."""
    return step.replace("[", ".").removesuffix("]")


def attempt_folder(step: str, attempt: int) -> str:
    """The folder of one attempt, relative to the run folder; never used twice."""
    return f"{step_folder(step)}/{attempt}"


def frozen_notebook(node: str) -> str:
    """The copy of a node's notebook as it was when the run was planned, relative to the run folder."""
    return f"notebooks/{node}.ipynb"
