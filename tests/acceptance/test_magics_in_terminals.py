"""The magics where there is no notebook: plain IPython and `jupyter console`. Text in place of tables."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.live_kernel import Store, closed, no_senders
from tests.acceptance.project import Project, wait_until

pytestmark = pytest.mark.kernel

TYPED = """\
%load_ext dagbook
import dagbook
%track start typed --note "by hand"
%param lr=0.1
for i in range(3): dagbook.metric(loss=i)

%metric nonsense="text"
%track status
1 / 0
%track stop
%runs
exit
"""


@pytest.mark.parametrize("program", ["IPython", "jupyter_console"])
def test_a_terminal_tracks_as_a_notebook_does(project: Project, program: str):
    if find_spec(program) is None:
        pytest.skip(f"{program} is not installed")
    ran = subprocess.run(
        [sys.executable, "-m", program, "--simple-prompt"],
        input=TYPED,
        cwd=project.folder,
        env={**os.environ, **project.env, "TERM": "dumb"},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    said = ran.stdout
    assert "tracking typed until %track stop" in said, said + ran.stderr
    assert "metric nonsense is not logged: a metric is one number, this is a str" in said
    assert "tracking typed · 1 param · 1 metric (3 points)" in said
    assert "tracked typed · finished · 1 param" in said
    assert "division by zero" in said + ran.stderr
    assert "<table" not in said
    assert "dagbook/" not in said.replace(str(project.folder), "")
    database = project.folder / ".dagbook" / "mlflow.db"
    wait_until(lambda: closed(database), 90)
    no_senders(project.folder)
    run = in_store(database)["typed"]
    assert (run.info.status, run.data.params, run.data.metrics["loss"]) == ("FINISHED", {"lr": "0.1"}, 2.0)
    assert run.data.tags["mlflow.note.content"] == "by hand"


def test_a_cell_is_tracked_in_a_terminal_too(project: Project):
    ran = subprocess.run(
        [sys.executable, "-m", "IPython", "--ext=dagbook", "-c", "%%track cell -m acc\nacc = 0.5"],
        cwd=project.folder, env={**os.environ, **project.env}, capture_output=True, text=True, timeout=240,
        check=False,
    )  # fmt: skip
    assert "tracked cell · finished · 3 metrics" in ran.stdout, ran.stdout + ran.stderr
    database = project.folder / ".dagbook" / "mlflow.db"
    wait_until(lambda: closed(database), 90)
    no_senders(project.folder)
    assert in_store(database)["cell"].data.metrics["acc"] == 0.5


def in_store(database: Path) -> dict[str, Any]:
    return Store(f"sqlite:///{database}").runs()
