"""The executed notebooks of two recorded runs, cell by cell."""

from __future__ import annotations

from typing import Any, Final

from dagbook.errors import Finding, InvalidInput, NotFound
from dagbook.notebook.difference import cell_changes
from dagbook.server.tracked.artifacts import listed, notebook
from dagbook.server.tracked.stores import TrackedStores

_TWO: Final = 2
_EXECUTED: Final = "notebook.ipynb"
"""What Dagbook calls it; other tools call it as they like."""


def compared(stores: TrackedStores, runs: list[str]) -> dict[str, Any]:
    """`{"left": {"run", "path"}, "right": …, "cells": [change, …]}`.

    Raises:
        InvalidInput: not two runs were named.
        NotFound: there is no such run, or one has kept no notebook.
        EnvironmentFault: a store does not answer.
    """
    if len(runs) != _TWO:
        raise InvalidInput(
            Finding(
                code="which-runs", message=f"{len(runs)} runs were named",
                remedy="name two: ?run=RUN&run=RUN",
            )
        )  # fmt: skip
    paths = [_executed(stores, run) for run in runs]
    left, right = (notebook(stores, run, path) for run, path in zip(runs, paths, strict=True))
    sides = [{"run": run, "path": path} for run, path in zip(runs, paths, strict=True)]
    return {
        "left": sides[0],
        "right": sides[1],
        "cells": [change.to_json() for change in cell_changes(left, right)],
    }


def _executed(stores: TrackedStores, run: str) -> str:
    """Where the executed notebook is among a run's artifacts."""
    found = [str(entry["path"]) for entry in listed(stores, run, "")["entries"] if not entry["folder"]]
    notebooks = [path for path in found if path.endswith(".ipynb")]
    if not notebooks:
        raise NotFound(
            Finding(
                code="no-notebook", message=f"run {run} has kept no executed notebook",
                remedy="steps of pipelines and runs in background keep theirs; a tracked cell does not",
            )
        )  # fmt: skip
    return _EXECUTED if _EXECUTED in notebooks else notebooks[0]
