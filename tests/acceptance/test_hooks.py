"""Hooks of real runs: notebooks in real kernels, messages to a real receiver, and no secret left behind."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.acceptance.notebooks import parameters
from tests.acceptance.project import Project, refused
from tests.acceptance.receiver import receiving
from tests.needs import needs

PIPELINE = """
pipeline: p
nodes:
  n: {notebook: n.ipynb}
on:
"""
FAILS = "rows = []\nrows[3]\n"


def hook_of(shown: dict, name: str) -> dict:
    return next(hook for hook in shown["hooks"] if hook["hook"] == name)


@pytest.mark.kernel
def test_a_failure_is_told_with_step_cell_and_error_and_its_address_is_written_nowhere(project: Project):
    needs("apprise")
    project.notebook("n.ipynb", "x = 1", FAILS)
    with receiving() as receiver:
        project.pipeline(
            f"{PIPELINE}  failure: [notify: 'json://ada:${{env.HOOK_TOKEN}}@127.0.0.1:{receiver.port}/T0kenInFile']\n"
        )
        project.env["HOOK_TOKEN"] = "s3cr3t-of-ada"
        ran = project.dagbook("run", "p.pipeline.yaml")
        assert ran.code == 1, ran
        (posted,) = receiver.posted
    run = project.the_run()
    assert posted["title"] == "p failed: n"
    for part in (
        run,
        "Step n failed in cell 2",
        "IndexError: list index out of range",
        f"dagbook show {run}",
    ):
        assert part in posted["message"]
    shown = project.show().json
    hook = hook_of(shown, "on.failure")
    assert (hook["state"], hook["what"], shown["state"]) == ("succeeded", "json", "failed")
    written = b"".join(
        path.read_bytes() for path in (project.folder / ".dagbook").rglob("*") if path.is_file()
    )
    for secret in (b"s3cr3t-of-ada", b"T0kenInFile"):
        assert secret not in written


@pytest.mark.kernel
@pytest.mark.parametrize("trouble", ["refuses", "is not there"])
def test_a_service_that_does_not_take_it_fails_no_run_and_is_shown(project: Project, trouble: str):
    needs("apprise")
    project.single("x = 1")
    with receiving(status=500) as receiver:
        port = receiver.port
        if trouble == "refuses":
            ran = _run_telling(project, port)
    if trouble == "is not there":
        ran = _run_telling(project, port)
    assert ran.code == 0, ran
    assert "NotifyFailed" in ran.said
    hook = hook_of(project.show().json, "on.success")
    assert (hook["state"], hook["error"]["name"]) == ("failed", "NotifyFailed")
    assert "T0ken" not in json.dumps(hook)


def _run_telling(project: Project, port: int):
    project.pipeline(f"{PIPELINE}  success: [notify: 'json://127.0.0.1:{port}/T0ken']\n")
    return project.dagbook("run", "p.pipeline.yaml")


@pytest.mark.kernel
def test_hook_notebooks_get_what_they_declare_and_their_failure_changes_nothing(project: Project):
    project.notebook("n.ipynb", FAILS)
    project.notebook(
        "alert.ipynb",
        parameters("failed_step = ''\nfailed_cell = 0\nerror = ''\nstate = ''\n"),
        "from pathlib import Path\nPath('alert.txt').write_text("
        "f'{state}|{failed_step}|{failed_cell}|{error}')",
    )
    project.notebook("cleanup.ipynb", parameters("which: str = ''\n"), "print('cleaning', which)", "1 / 0")
    project.pipeline(
        f"{PIPELINE}  failure: alert.ipynb\n"
        "  exit: {notebook: cleanup.ipynb, params: {which: '${run.id}'}}\n"
    )
    ran = project.dagbook("run", "p.pipeline.yaml")
    assert ran.code == 1, ran
    assert "ZeroDivisionError" in ran.said
    told = (project.folder / "alert.txt").read_text()
    assert told == "failed|n|1|IndexError: list index out of range"
    shown = project.show().json
    assert shown["state"] == "failed"
    assert hook_of(shown, "on.failure")["state"] == "succeeded"
    cleanup = hook_of(shown, "on.exit")
    assert (cleanup["state"], cleanup["error"]["cell"]) == ("failed", 4)
    executed = Path(cleanup["notebook"]).read_text("utf-8")
    assert f"cleaning {project.the_run()}" in executed
    assert "on.exit" in project.dagbook("show").out


def test_a_hook_that_cannot_work_is_refused_before_anything_runs(project: Project):
    needs("apprise")
    project.single("x = 1")
    project.notebook("a.ipynb", parameters("n: int = 0\n"))
    project.pipeline(
        f"{PIPELINE}  exit:\n    - missing.ipynb\n    - {{notebook: a.ipynb, params: {{m: 1}}}}\n"
        "    - notify: nosuchservice://h\n"
    )
    answer = project.dagbook("run", "p.pipeline.yaml")
    refused(
        answer, "p.pipeline.yaml:7:", "no such notebook", "p.pipeline.yaml:8:", "'m'", "p.pipeline.yaml:9:"
    )
    assert project.run_ids() == []
