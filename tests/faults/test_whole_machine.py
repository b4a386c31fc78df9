"""What happens to a whole machine: all is killed at once, it sleeps, files run out, many begin at once."""

from __future__ import annotations

import json
import os
import resource
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from dagbook.trackers.store import MlflowStore
from tests.acceptance.project import WRITE_PID, Project, finish, wait_until

pytestmark = pytest.mark.kernel

SLEEPS = f"{WRITE_PID}print('here', flush=True)\nwhile not os.path.exists('go'):\n    time.sleep(0.1)"


@pytest.fixture
def waiting(project: Project) -> Project:
    """A pipeline: `a` publishes, then `b` waits for a file `go`."""
    project.notebook("a.ipynb", "import dagbook", "dagbook.output(total=42)")
    project.notebook("b.ipynb", SLEEPS)
    project.pipeline("pipeline: p\nnodes:\n  a: {notebook: a.ipynb}\n  b: {notebook: b.ipynb, needs: a}\n")
    return project


def states(project: Project, run: str) -> dict[str, str]:
    return {step["step"]: step["state"] for step in project.show(run).json["steps"]}


def go_on(project: Project) -> None:
    (project.folder / "go").touch()


def test_a_run_whose_processes_are_all_killed_at_once_is_resumed(waiting: Project):
    process = waiting.start("run", "p.pipeline.yaml")
    waiting.kernel_pid()
    run = waiting.the_run()
    for one in waiting.leftovers():
        one.suspend()  # nobody sees the others die
    for one in waiting.leftovers():
        one.kill()
    finish(process)
    assert waiting.show(run).json["state"] == "interrupted"
    go_on(waiting)

    answer = waiting.dagbook("resume", run, "--json")

    assert answer.code == 0, answer
    assert {name: answer.step(name)["attempt"] for name in ("a", "b")} == {"a": 1, "b": 2}


def test_a_driver_that_stood_still_goes_on(waiting: Project):
    process = waiting.start("run", "p.pipeline.yaml", "--json")
    waiting.kernel_pid()
    run = waiting.the_run()
    driver = waiting.driver(run)
    driver.suspend()
    go_on(waiting)
    time.sleep(3)  # the worker ends meanwhile, and is not heard
    assert waiting.show(run).json["state"] == "running"
    driver.resume()
    answer = finish(process)
    assert answer.code == 0, answer
    assert answer.json["state"] == "succeeded"


def test_with_few_open_files_a_run_ends_truly(project: Project):
    project.single("print('x')")

    def few() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (24, 24))

    answer = project.dagbook("run", "p.pipeline.yaml", timeout=180, preexec_fn=few)

    assert "Traceback" not in answer.said, answer
    shown = project.dagbook("runs", "--json").json
    assert [run["state"] for run in shown] == ["succeeded"] if answer.code == 0 else answer.code in {1, 3}, (
        answer
    )
    assert all(run["state"] in {"succeeded", "failed"} for run in shown)


def test_two_runs_of_one_pipeline_at_once_both_end_well(project: Project):
    project.notebook("a.ipynb", "import dagbook", "import time\ntime.sleep(1)", "dagbook.output(total=42)")
    project.pipeline("pipeline: p\nnodes:\n  a: {notebook: a.ipynb}\n")
    both = [project.start("run", "p.pipeline.yaml", "--json") for _ in range(2)]
    answers = [finish(process, 180) for process in both]
    assert [answer.code for answer in answers] == [0, 0], answers
    assert len({answer.json["run"] for answer in answers}) == 2
    assert [answer.step("a")["outputs"]["total"] for answer in answers] == [42, 42]
    assert project.dagbook("plan", "p.pipeline.yaml", "--json").step("a")["state"] == "reuse"


BEGINS = """
import sys, time
from pathlib import Path
from dagbook.trackers.mlflow import MlflowTracker
Path(sys.argv[1], f"ready-{sys.argv[2]}").touch()
while not Path(sys.argv[1], "go").exists():
    time.sleep(0.01)
MlflowTracker(None, Path(sys.argv[1]), "e").open_run(name="r", tags={"n": sys.argv[2]}, params={})
"""
PROCESSES = 6


def test_six_processes_begin_on_an_empty_store_at_once(tmp_path: Path, quiet_home: Path):
    begun = [
        subprocess.Popen(
            [sys.executable, "-c", BEGINS, str(tmp_path), str(number)], stderr=subprocess.PIPE, text=True
        )
        for number in range(PROCESSES)
    ]
    wait_until(lambda: len(list(tmp_path.glob("ready-*"))) == PROCESSES, 300)
    (tmp_path / "go").touch()
    ends = [(one.communicate(timeout=300)[1], one.returncode) for one in begun]
    assert [code for _, code in ends] == [0] * PROCESSES, ends
    client = MlflowStore(None, tmp_path).client()
    held = client.search_runs([client.get_experiment_by_name("e").experiment_id])
    assert sorted(run.data.tags["n"] for run in held) == [str(number) for number in range(PROCESSES)]


def test_a_run_outlives_the_server_that_started_it(waiting: Project):
    port, token = _free_port(), "t0ken"
    server = subprocess.Popen(
        [sys.executable, "-m", "jupyter_server", "--no-browser", "--allow-root",
         f"--ServerApp.port={port}", "--ServerApp.port_retries=0",
         f"--IdentityProvider.token={token}", f"--ServerApp.root_dir={waiting.folder}",
         "--ServerApp.jpserver_extensions=dagbook=True"],
        cwd=waiting.folder, env={**os.environ, **waiting.env},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    try:
        wait_until(lambda: _asked(port, token, "runs") is not None, 120)
        started = _asked(port, token, "runs", {"path": "p.pipeline.yaml"})
        assert started is not None
        waiting.kernel_pid()
    finally:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()
    run = started["run"]
    assert waiting.show(run).json["state"] == "running"
    go_on(waiting)
    wait_until(lambda: waiting.show(run).json["state"] == "succeeded", 120)
    assert set(states(waiting, run).values()) == {"succeeded"}


def _asked(
    port: int, token: str, path: str, body: dict[str, object] | None = None
) -> dict[str, object] | None:
    """What the server answers; None while there is none."""
    asked = urllib.request.Request(
        f"http://127.0.0.1:{port}/dagbook/api/{path}",
        data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": f"token {token}", "Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(asked, timeout=30) as answer:
            said: dict[str, object] = json.load(answer)
            return said
    except urllib.error.HTTPError as error:
        raise AssertionError(error.read().decode()) from error
    except OSError:
        return None


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port
