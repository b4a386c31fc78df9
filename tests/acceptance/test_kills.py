"""Whatever is killed: the states are true, what was published stays, nothing is left running."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from dagbook.engine.leftovers import RUN, STEP, marked
from tests.acceptance.project import WRITE_PID, Project, finish, wait_until

pytestmark = pytest.mark.kernel

# Node `a` publishes; node `b` says who it is and sleeps, unless there is a file `go`.
SLEEPS = f"{WRITE_PID}print('here', flush=True)\nwhile not os.path.exists('go'):\n    time.sleep(0.1)"


@pytest.fixture
def sleeping(project: Project) -> Project:
    """A pipeline whose node `b` sleeps; `c` waits for it."""
    project.notebook("a.ipynb", "import dagbook", "dagbook.output(total=42)")
    project.notebook("b.ipynb", "print('before')", SLEEPS, "print('after')")
    project.pipeline("pipeline: p\nnodes:\n  b: {notebook: b.ipynb}\n  c: {notebook: a.ipynb, needs: b}\n")
    return project


@pytest.fixture
def sleeping_after(sleeping: Project) -> Project:
    """The same after a node `a`, which publishes."""
    sleeping.pipeline(
        "pipeline: p\nnodes:\n  a: {notebook: a.ipynb}\n"
        "  b: {notebook: b.ipynb, needs: a}\n  c: {notebook: a.ipynb, needs: b}\n"
    )
    return sleeping


def states(shown: dict[str, Any]) -> dict[str, str]:
    return {step["step"]: step["state"] for step in shown["steps"]}


def mlflow_statuses(shown: dict[str, Any]) -> dict[str, str]:
    """Status of the run (under "") and of each step in the store, by MLflow's own client."""
    from mlflow import MlflowClient

    client = MlflowClient(tracking_uri=shown["tracking_uri"])
    ids = {"": shown["mlflow_run_id"], **{step["step"]: step["mlflow_run_id"] for step in shown["steps"]}}
    return {name: client.get_run(run).info.status for name, run in ids.items() if run}


def cells_of(step: dict[str, Any]) -> list[dict[str, Any]]:
    cells: list[dict[str, Any]] = json.loads(Path(step["notebook"]).read_text("utf-8"))["cells"]
    return cells


def nothing_runs(project: Project, seconds: float = 5) -> None:
    wait_until(lambda: not project.leftovers(), seconds)


def test_a_killed_kernel_is_killed_everywhere_and_keeps_what_ran(sleeping_after: Project):
    process = sleeping_after.start("run", "p.pipeline.yaml", "--json")
    kernel = sleeping_after.kernel_pid()
    # What a kernel printed is lost with it until it was sent, and that is not what is tested here.
    sleeping_after.seen(sleeping_after.the_run(), "here")
    os.kill(kernel, signal.SIGKILL)
    answer = finish(process)
    assert answer.code == 1
    assert answer.json["state"] == "failed"
    assert states(answer.json) == {"a": "succeeded", "b": "killed", "c": "skipped"}
    step = answer.step("b")
    assert "signal 9 (SIGKILL)" in step["error"]["value"]
    assert step["error"]["cell"] == 2
    cells = cells_of(step)
    assert [cell["metadata"]["papermill"]["status"] for cell in cells] == ["completed", "died", "not-run"]
    assert [bool(cell["outputs"]) for cell in cells] == [True, True, False]
    assert cells[2]["execution_count"] is None
    assert mlflow_statuses(answer.json) == {"": "FAILED", "a": "FINISHED", "b": "FAILED"}
    nothing_runs(sleeping_after)


@pytest.mark.parametrize("kernels", ["--warm", "--cold"])
def test_a_killed_worker_fails_its_step_alone_and_takes_its_kernel_along(sleeping: Project, kernels: str):
    process = sleeping.start("run", "p.pipeline.yaml", "--json", kernels)
    kernel = sleeping.kernel_pid()
    (worker,) = (found for found in marked({RUN: sleeping.the_run(), STEP: "b"}) if found.pid != kernel)
    worker.kill()
    answer = finish(process)
    assert answer.code == 1
    assert states(answer.json) == {"b": "killed", "c": "skipped"}
    error = answer.step("b")["error"]
    assert (error["name"], error["value"]) == ("WorkerDied", "its worker was killed by signal 9 (SIGKILL)")
    assert error["remedy"]
    assert mlflow_statuses(answer.json)["b"] == "FAILED"
    nothing_runs(sleeping)


@pytest.mark.parametrize("also_guardian", [False, True], ids=["driver", "driver and guardian"])
def test_a_killed_driver_leaves_an_interrupted_run_and_the_next_run_reuses(
    sleeping_after: Project, also_guardian: bool
):
    process = sleeping_after.start("run", "p.pipeline.yaml")
    sleeping_after.kernel_pid()
    run = sleeping_after.the_run()
    driver = sleeping_after.driver(run)
    if also_guardian:
        (guardian,) = [child for child in driver.children() if "guardian" in " ".join(child.cmdline())]
        guardian.kill()
    driver.kill()
    nothing_runs(sleeping_after)
    answer = finish(process)
    assert answer.code == 3
    assert f"the driver of run {run} died" in answer.err
    assert "finished steps are reused" in answer.err
    assert "Traceback" not in answer.said
    shown = sleeping_after.show(run).json
    assert shown["state"] == "interrupted"
    assert states(shown) == {"a": "succeeded", "b": "lost", "c": "pending"}
    assert "interrupted" in sleeping_after.dagbook("show", run).out
    assert "lost" in sleeping_after.dagbook("logs", run, "b").said

    (sleeping_after.folder / "go").touch()
    again = sleeping_after.dagbook("run", "p.pipeline.yaml", "--json")
    assert again.code == 0
    assert states(again.json) == {"a": "reused", "b": "succeeded", "c": "reused"}
    assert again.step("a")["outputs"] == {"total": 42}


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_to_the_command_cancels_in_order(sleeping: Project, number: signal.Signals, code: int):
    process = sleeping.start("run", "p.pipeline.yaml")
    sleeping.kernel_pid()
    began = time.monotonic()
    process.send_signal(number)
    answer = finish(process, 20)
    assert time.monotonic() - began < 15
    assert answer.code == code
    assert "Cancelling" in answer.err
    assert "Traceback" not in answer.said
    shown = sleeping.show().json
    assert shown["state"] == "cancelled"
    assert states(shown) == {"b": "cancelled", "c": "cancelled"}
    assert mlflow_statuses(shown) == {"": "KILLED", "b": "KILLED"}
    cells = cells_of(shown["steps"][0])
    assert [cell["metadata"]["papermill"]["status"] for cell in cells] == ["completed", "died", "not-run"]
    nothing_runs(sleeping)


def test_a_second_ctrl_c_ends_it_at_once(project: Project):
    project.single("import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)", SLEEPS)
    process = project.start("run", "p.pipeline.yaml")
    project.kernel_pid()
    process.send_signal(signal.SIGINT)
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    assert finish(process, 10).code == 130
    nothing_runs(project, 10)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGHUP])
def test_without_its_terminal_a_run_goes_on_and_succeeds(sleeping: Project, number: signal.Signals):
    process = sleeping.start("run", "p.pipeline.yaml")
    sleeping.kernel_pid()
    run = sleeping.the_run()
    os.killpg(process.pid, number)
    finish(process)
    time.sleep(0.5)
    assert sleeping.show(run).json["state"] == "running"
    (sleeping.folder / "go").touch()
    wait_until(lambda: sleeping.show(run).json["state"] == "succeeded", 60)
    nothing_runs(sleeping)


def test_a_cancelled_run_is_cancelled_for_whoever_follows_it(sleeping: Project):
    follower = sleeping.start("run", "p.pipeline.yaml", "--json")
    sleeping.kernel_pid()
    run = sleeping.the_run()
    cancelled = sleeping.dagbook("cancel", run, "--json")
    assert cancelled.code == 0
    assert cancelled.json == {"run": run, "state": "cancelled"}
    answer = finish(follower)
    assert answer.code == 5
    assert states(answer.json) == {"b": "cancelled", "c": "cancelled"}
    again = sleeping.dagbook("cancel", run)
    assert again.code == 0
    nothing_runs(sleeping)


def test_children_of_a_notebook_end_with_it_also_those_in_a_session_of_their_own(project: Project):
    project.single(
        "import subprocess, sys\nfrom pathlib import Path\n"
        "sleep = [sys.executable, '-c', 'import time; time.sleep(120)']\n"
        "child = subprocess.Popen(sleep, start_new_session=True)\n"
        "Path('child.pid').write_text(str(child.pid))"
    )
    answer = project.dagbook("run", "p.pipeline.yaml", "--json")
    assert answer.code == 0
    child = project.kernel_pid("child.pid")
    assert not psutil.pid_exists(child) or psutil.Process(child).status() == psutil.STATUS_ZOMBIE
    assert any("left behind" in warning for warning in answer.step("n")["warnings"])


def test_two_drivers_never_drive_one_run(sleeping: Project):
    process = sleeping.start("run", "p.pipeline.yaml")
    sleeping.kernel_pid()
    run = sleeping.the_run()
    second = sleeping.dagbook("drive", str(sleeping.runs / run))
    assert second.code == 4
    assert "another driver holds this run" in second.err
    assert str(sleeping.driver(run).pid) in second.err
    assert "Fix: " in second.err
    process.send_signal(signal.SIGINT)
    assert finish(process).code == 130


def test_a_detached_run_is_there_and_can_be_cancelled(sleeping: Project):
    answer = sleeping.dagbook("run", "p.pipeline.yaml", "--detach")
    assert answer.code == 0
    run = answer.out.split()[0]
    assert sleeping.show(run).json["state"] == "running"
    sleeping.kernel_pid()
    assert sleeping.dagbook("cancel", run).code == 0
    assert sleeping.show(run).json["state"] == "cancelled"
    nothing_runs(sleeping)
