"""Kernels that do not start as they should: tried again where that helps, else said plainly."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from dagbook.engine.run_node import run_node
from dagbook.errors import EnvironmentFault
from dagbook.kernels.local import LocalKernels
from dagbook.loaders.notebooks import NotebookLoader
from dagbook.runners.papermill import PapermillRunner
from tests.acceptance.run_node_attempt import Attempt, notebook, prepare

pytestmark = [pytest.mark.kernel, pytest.mark.usefixtures("quiet_home")]

FAILS_ONCE = """
import os, sys
if not os.path.exists({mark!r}):
    open({mark!r}, "w").close()
    sys.exit("Address already in use")
os.execv(sys.executable, [sys.executable, "-m", "ipykernel_launcher", *sys.argv[1:]])
"""


@pytest.fixture
def attempt_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Attempt]:
    """Prepares an attempt in a kernel whose process runs the given program."""

    def make(program: str) -> Attempt:
        folder = tmp_path / "share" / "kernels" / "odd"
        folder.mkdir(parents=True)
        spec = {
            "argv": [sys.executable, "-c", program, "-f", "{connection_file}"],
            "display_name": "Odd",
            "language": "python",
        }
        (folder / "kernel.json").write_text(json.dumps(spec))
        monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "share"))
        made = prepare(tmp_path, "print('ran')")
        odd = {"name": "odd", "language": "python", "display_name": "Odd"}
        (made.cwd / "train.ipynb").write_text(json.dumps(notebook("print('ran')", kernel=odd)))
        return made

    return make


def test_a_kernel_that_dies_before_its_first_reply_is_started_once_more(
    attempt_in: Callable[[str], Attempt], tmp_path: Path
):
    made = attempt_in(FAILS_ONCE.format(mark=str(tmp_path / "mark")))
    result = made.run()
    assert (result.state, result.kernel) == ("succeeded", "odd")
    assert made.printed() == "ran\n"
    assert "Address already in use" in (made.folder / "log").read_text()


def test_a_kernel_that_dies_twice_is_the_environments_fault(attempt_in: Callable[[str], Attempt]):
    made = attempt_in("import sys; sys.exit('no such library: 7')")
    with pytest.raises(
        EnvironmentFault, match=r"kernel 'odd' died before its first reply, twice \(exit code 1\)"
    ):
        made.run()
    assert (made.folder / "log").read_text().count("no such library: 7") == 2
    assert made.statuses == ["not-run"]


def test_a_kernel_that_does_not_answer_is_given_up_and_gone(attempt_in: Callable[[str], Attempt]):
    made = attempt_in("import time; print('warming up', flush=True); time.sleep(600)")
    started = time.monotonic()
    with pytest.raises(EnvironmentFault, match=r"kernel 'odd' did not answer within 1\.5 s"):
        made.run(start_timeout=1.5)
    assert time.monotonic() - started < 10
    assert (made.folder / "log").read_text() == "warming up\n"


def test_a_stop_while_the_kernel_starts_is_heeded_at_once(attempt_in: Callable[[str], Attempt]):
    made = attempt_in("import time; time.sleep(600)")
    runner = PapermillRunner(loader=NotebookLoader(), kernels=LocalKernels())
    threading.Timer(1.0, runner.stop).start()
    started = time.monotonic()
    result = run_node(made.request(), runner, made.events.append)
    assert time.monotonic() - started < 10
    assert (result.state, made.statuses) == ("killed", ["not-run"])
