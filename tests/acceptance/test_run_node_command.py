"""The process that runs one node: its exit code, what it tells while it works, how it ends when told to."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import psutil
import pytest

from dagbook.engine.leftovers import marked
from tests.acceptance.run_node_attempt import Attempt, prepare

pytestmark = [pytest.mark.kernel, pytest.mark.usefixtures("quiet_home")]

MakeAttempt = Callable[..., Attempt]


@pytest.fixture
def attempt(tmp_path: Path) -> MakeAttempt:
    """Prepares an attempt of a notebook with the given cells."""
    return partial(prepare, tmp_path)


PROGRAM = """
import sys
from pathlib import Path
from dagbook.kernels.local import LocalKernels
from dagbook.loaders.notebooks import NotebookLoader
from dagbook.runners.node_command import run_request_file
from dagbook.runners.papermill import PapermillRunner
fd = int(sys.argv[2]) if len(sys.argv) > 2 else None
runner = PapermillRunner(loader=NotebookLoader(), kernels=LocalKernels())
sys.exit(run_request_file(Path(sys.argv[1]), fd, runner, lambda _: None))
"""

PARENT = """
import subprocess, sys, time
subprocess.Popen([sys.executable, "-c", *sys.argv[1:]])
time.sleep(60)
"""


def start(made: Attempt, *arguments: str, fds: tuple[int, ...] = (), **more: object) -> subprocess.Popen[str]:
    path = made.folder / "request.json"
    path.write_text(made.request(**more).model_dump_json())
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(path), *arguments],
        pass_fds=fds,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def test_events_come_as_lines_and_the_exit_code_says_how_it_ended(attempt: MakeAttempt):
    made = attempt("print('hi')", "1/0")
    reading, writing = os.pipe()
    process = start(made, str(writing), fds=(writing,))
    os.close(writing)
    with os.fdopen(reading) as events:
        kinds = [json.loads(line)["kind"] for line in events]
    _, said = process.communicate(timeout=30)
    assert process.returncode == 1, said
    assert kinds == ["cell_started", "output_seen", "cell_started"]
    assert said == ""


@pytest.mark.parametrize(
    ("text", "code", "says"),
    [
        pytest.param("{", 2, "no JSON", id="no JSON"),
        pytest.param('{"run": 1}', 2, "notebook: Field required", id="fields missing"),
    ],
)
def test_a_bad_request_is_refused_without_a_traceback(tmp_path: Path, text: str, code: int, says: str):
    path = tmp_path / "request.json"
    path.write_text(text)
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(path)], capture_output=True, text=True, check=False, timeout=30
    )
    assert ran.returncode == code
    assert says in ran.stderr
    assert "Traceback" not in ran.stderr


def test_sigterm_ends_kernel_and_children_at_once_and_leaves_the_truth(attempt: MakeAttempt):
    made = attempt(
        "print('kept')",
        "import subprocess, time, signal, os\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "subprocess.Popen(['sleep', '988'], start_new_session=True)\nopen('ready', 'w')\ntime.sleep(60)",
        "1",
    )
    process = start(made, run=f"term-{os.getpid()}")
    _until((made.cwd / "ready").exists)
    process.send_signal(signal.SIGTERM)
    started = time.monotonic()
    process.wait(timeout=15)
    assert time.monotonic() - started < 5
    assert marked({"DAGBOOK_RUN": f"term-{os.getpid()}"}) == []
    result = json.loads((made.folder / "result.json").read_text())
    assert (process.returncode, result["state"]) == (1, "killed")
    assert made.statuses == ["completed", "died", "not-run"]
    assert made.printed(0) == "kept\n"


def test_a_full_disk_is_said_and_leaves_no_part_of_a_file(attempt: MakeAttempt):
    made = attempt("import dagbook, os\ndagbook.output(small=1)\nprint('x' * 400_000)")
    limited = f"import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))\n{PROGRAM}"
    path = made.folder / "request.json"
    path.write_text(made.request().model_dump_json())
    ran = subprocess.run(
        [sys.executable, "-c", limited, str(path)], capture_output=True, text=True, check=False, timeout=40
    )
    assert ran.returncode == 1, ran.stderr
    result = json.loads((made.folder / "result.json").read_text())
    assert (result["state"], result["error"]["name"]) == ("failed", "DiskFull")
    assert made.statuses == ["pending"]
    assert not list(made.folder.glob("*.tmp"))


def test_the_death_of_the_parent_ends_the_node(attempt: MakeAttempt):
    made = attempt("open('ready', 'w')\nimport time\ntime.sleep(60)")
    path = made.folder / "request.json"
    mark = f"orphan-{os.getpid()}"
    path.write_text(made.request(run=mark).model_dump_json())
    parent = subprocess.Popen(
        [
            sys.executable,
            "-c",
            PARENT,
            PROGRAM,
            str(path),
        ]
    )
    _until((made.cwd / "ready").exists)
    worker = psutil.Process(parent.pid).children()[0]
    parent.kill()
    parent.wait()
    _until(lambda: not worker.is_running() or worker.status() == psutil.STATUS_ZOMBIE)
    assert marked({"DAGBOOK_RUN": mark}) == []
    assert json.loads((made.folder / "result.json").read_text())["state"] == "killed"


def _until(holds: Callable[[], bool], seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)
