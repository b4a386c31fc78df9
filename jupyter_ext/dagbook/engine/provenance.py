"""What a model's version says of the run that made it, beyond what the run's record in MLflow says."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Final

from dagbook.engine.folders import ENVIRONMENT
from dagbook.engine.surroundings import read_surroundings

_LOGS_A_MODEL: Final = ("log_model(", "%register", "autolog(")


def made_with(folder: Path) -> dict[str, str]:
    """Python, and a digest of the packages, of a run; they themselves are in its folder."""
    made_in = read_surroundings(folder)
    told = {}
    if python := made_in.facts.get("Python"):
        told["dagbook.python"] = python
    if made_in.packages:
        digest = hashlib.sha256((folder / ENVIRONMENT).read_bytes()).hexdigest()
        told["dagbook.environment"] = f"sha256:{digest}"
    return told


def cell_that_logs(notebook: Path) -> dict[str, str]:
    """The id of the cell, in an executed notebook, that logs the model, as far as it is seen."""
    try:
        cells = json.loads(notebook.read_text("utf-8"))["cells"]
    except (OSError, ValueError, KeyError):
        return {}
    for sign in _LOGS_A_MODEL:
        for cell in reversed(cells):
            if cell.get("cell_type") == "code" and sign in "".join(cell.get("source", "")):
                return {"dagbook.cell": str(cell.get("id", ""))} if cell.get("id") else {}
    return {}
