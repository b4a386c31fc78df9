"""A new project runs as it is; Tab completes in the shells."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.acceptance.project import Project


@pytest.mark.kernel
def test_a_new_project_runs(project: Project):
    assert project.dagbook("new", "churn").code == 0
    answer = project.dagbook("run", "churn/churn.pipeline.yaml", "-p", "rows=50", "--json")
    assert answer.code == 0, answer
    steps = {step["step"]: step["outputs"] for step in answer.json["steps"]}
    assert set(steps) == {"prepare", "fit[0]", "fit[1]", "fit[2]"}
    assert len(steps["prepare"]["points"]) == 50
    assert steps["fit[0]"]["slope"] > steps["fit[2]"]["slope"] > 0


@pytest.mark.parametrize(
    ("typed", "offered"),
    [("dagbook resu", "resume"), ("dagbook run --onl", "--only"), ("dagbook schedule ad", "add")],
)
def test_bash_is_offered_what_can_come_next(typed, offered):
    words = typed.split()
    done = subprocess.run(
        [sys.executable, "-c", "from dagbook.cli.main import main; main(prog_name='dagbook')"],
        env={
            **os.environ,
            "_DAGBOOK_COMPLETE": "bash_complete",
            "COMP_WORDS": typed,
            "COMP_CWORD": str(len(words) - 1),
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert f"plain,{offered}" in done.stdout.split()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_is_told_how_to_ask(shell):
    done = subprocess.run(
        [sys.executable, "-m", "dagbook", "completion", shell],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0
    assert "_DAGBOOK_COMPLETE" in done.stdout
