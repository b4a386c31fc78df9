"""The examples, copied out of the checkout and run from the shell."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from mlflow import MlflowClient
from mlflow.entities import Run as MlflowRun
from nbclient import NotebookClient

from tests.conftest import ROOT

EXAMPLES = ROOT / "examples"


@dataclass(frozen=True)
class Example:
    """A copy of an example, and what `run --json` said of it."""

    folder: Path
    file: str
    shown: dict[str, Any]
    before: dict[str, str]

    def step(self, name: str) -> dict[str, Any]:
        return next(step for step in self.shown["steps"] if step["step"] == name)

    def record(self, mlflow_run_id: str) -> MlflowRun:
        return MlflowClient(self.shown["tracking_uri"]).get_run(mlflow_run_id)


def run_example(place: Path, name: str, file: str, *words: str) -> Example:
    folder = place / name
    # What a person left in the checkout by running the example there is no part of it.
    shutil.copytree(EXAMPLES / name, folder, ignore=shutil.ignore_patterns(".dagbook", "data", "__pycache__"))
    before = digests(folder)
    done = dagbook(folder, "run", file, "--json", *words)
    assert done.returncode == 0, done.stderr + done.stdout[-3000:]
    return Example(folder=folder, file=file, shown=json.loads(done.stdout), before=before)


def dagbook(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    # The suite's own MPLBACKEND would keep figures out of the notebooks.
    env = {name: value for name, value in os.environ.items() if name != "MPLBACKEND"}
    return subprocess.run(
        [sys.executable, "-m", "dagbook", *words],
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


def digests(folder: Path) -> dict[str, str]:
    """What the author wrote, by its content; not what a run leaves beside it."""
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.iterdir())
        if path.is_file()
    }


def run_alone(source: Path, name: str, place: Path) -> None:
    """As in Jupyter: cell after cell, with its defaults and without us around it."""
    folder = place / source.name
    shutil.copytree(source, folder, ignore=shutil.ignore_patterns(".dagbook", "data"))
    document = nbformat.read(folder / f"{name}.ipynb", as_version=4)
    NotebookClient(
        document, timeout=120, kernel_name="python3", resources={"metadata": {"path": folder}}
    ).execute()
