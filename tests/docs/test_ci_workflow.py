"""The workflow on the page about CI, step by step as GitHub takes them: a failure is told at its place."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from ruamel.yaml import YAML

from tests.architecture.sources import ROOT
from tests.docs.pages import fences

pytestmark = pytest.mark.kernel

PAGE = ROOT / "docs" / "howto" / "run-in-ci.md"
HERE_ALREADY = "pip install"


def steps() -> list[dict[str, Any]]:
    """The steps of the workflow that run something of ours."""
    (workflow,) = [fence.body for fence in fences(PAGE.read_text("utf-8")) if "jobs:" in fence.body]
    (job,) = YAML(typ="safe", pure=True).load(workflow)["jobs"].values()
    return [step for step in job["steps"] if "run" in step and HERE_ALREADY not in step["run"]]


def taken(folder: Path) -> dict[str, subprocess.CompletedProcess[str]]:
    """What each step came to: after one that failed only those are taken that ask for it."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done: dict[str, subprocess.CompletedProcess[str]] = {}
    for step in steps():
        failed = any(one.returncode for one in done.values())
        if {None: not failed, "failure()": failed, "always()": True}[step.get("if")]:
            done[step["run"]] = subprocess.run(
                ["bash", "-e", "-o", "pipefail", "-c", step["run"]], cwd=folder,
                env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False, timeout=300,
            )  # fmt: skip
    return done


@pytest.mark.skipif(shutil.which("jq") is None, reason="there is no jq on this machine")
@pytest.mark.parametrize(("last", "wrong"), [("rows > 0", False), ("1 / 0  # of all things", True)])
def test_a_failure_becomes_a_note_and_a_report_is_left(tmp_path: Path, last: str, *, wrong: bool):
    (tmp_path / ".dagbook").mkdir()
    cells = [new_code_cell("rows: int = 10", metadata={"tags": ["parameters"]}), new_code_cell(last)]
    notebook = new_notebook(cells=cells)
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, tmp_path / "train.ipynb")
    (tmp_path / "churn.pipeline.yaml").write_text(
        "pipeline: churn\nparams: {rows: 10}\nnodes:\n"
        "  train: {notebook: train.ipynb, params: {rows: '${params.rows}'}}\n"
    )

    done = taken(tmp_path)

    assert [one.returncode for one in done.values() if one.returncode] == ([1] if wrong else []), done
    notes = [line for one in done.values() for line in one.stdout.splitlines() if line.startswith("::error")]
    told = "::error title=train failed, cell 3::ZeroDivisionError: division by zero"
    assert notes == ([told] if wrong else [])
    for left in re.findall(r"^ +(\w+\.\w+)$", PAGE.read_text("utf-8"), re.MULTILINE):
        assert (tmp_path / left).stat().st_size > 0
