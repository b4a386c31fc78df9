"""A project in a folder of its own, and the real command in it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import psutil

from tests.acceptance.answers import require_published
from tests.acceptance.notebooks import notebook, write

COMMAND = (sys.executable, "-m", "dagbook")

_T = TypeVar("_T")


@dataclass(frozen=True)
class Answer:
    """What the command said and how it ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output, which must be one JSON value and nothing else."""
        return json.loads(self.out)

    @property
    def said(self) -> str:
        """Everything that a person saw."""
        return self.out + self.err

    def step(self, name: str) -> dict[str, Any]:
        """A step of `run --json` or `show --json`."""
        found: dict[str, Any] = next(step for step in self.json["steps"] if step["step"] == name)
        return found


@dataclass
class Project:
    """A folder with notebooks and pipeline files; commands run in it."""

    folder: Path
    env: dict[str, str] = field(default_factory=dict)

    @property
    def runs(self) -> Path:
        return self.folder / ".dagbook" / "runs"

    def run_ids(self) -> list[str]:
        """Every run that has a folder, oldest first."""
        try:
            return sorted(entry.name for entry in self.runs.iterdir())
        except OSError:
            return []

    def notebook(self, name: str, *cells: str | dict[str, Any], **options: Any) -> Path:
        """Write a notebook."""
        return write(self.folder / name, notebook(*cells, **options))

    def pipeline(self, text: str, name: str = "p.pipeline.yaml") -> Path:
        """Write a pipeline file."""
        path = self.folder / name
        path.write_text(text, "utf-8")
        return path

    def single(self, *cells: str | dict[str, Any], more: str = "", **options: Any) -> None:
        """One notebook, `n.ipynb`, as the one node `n` of p.pipeline.yaml; `more` are further keys of it."""
        self.notebook("n.ipynb", *cells, **options)
        self.pipeline(f"pipeline: p\nnodes:\n  n:\n    notebook: n.ipynb\n{more}")

    def start(
        self, *args: str, prefix: Sequence[str] = (), cwd: Path | None = None, **options: Any
    ) -> subprocess.Popen[str]:
        """Start `dagbook ARGS…` in the project's folder, in a process group of its own."""
        return subprocess.Popen(
            [*prefix, *COMMAND, *args],
            cwd=cwd or self.folder,
            env={**os.environ, **self.env},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            **options,
        )

    def dagbook(self, *args: str, timeout: float = 120, **options: Any) -> Answer:
        """Run `dagbook ARGS…` to its end."""
        return finish(self.start(*args, **options), timeout)

    def show(self, run: str | None = None) -> Answer:
        """`dagbook show --json`."""
        return self.dagbook("show", *([run] if run else []), "--json")

    def the_run(self) -> str:
        """The id of the only run, once its driver has taken it."""
        wait_until(lambda: any((self.runs / run / "journal.jsonl").exists() for run in self.run_ids()), 120)
        (run,) = self.run_ids()
        return run

    def driver(self, run: str) -> psutil.Process:
        """The driver of a run."""
        return psutil.Process(json.loads((self.runs / run / "lock").read_text())["pid"])

    def kernel_pid(self, name: str = "kernel.pid") -> int:
        """What a notebook wrote by `write_pid`, once it did."""
        path = self.folder / name
        return int(wait_until(lambda: path.exists() and path.read_text(), 120))

    def seen(self, run: str, line: str) -> None:
        """Wait until the run's journal tells that a notebook printed `line` last."""
        journal = self.runs / run / "journal.jsonl"
        wait_until(lambda: f'"line":"{line}"' in journal.read_text("utf-8").replace('": "', '":"'), 60)

    def leftovers(self) -> list[psutil.Process]:
        """Processes that belong to runs of this project: kernels, workers, drivers, guardians."""
        runs = set(self.run_ids())
        found = []
        for process in psutil.process_iter():
            try:
                command = process.cmdline()
                marked = process.environ().get("DAGBOOK_RUN") in runs
            except (psutil.Error, OSError):
                continue
            if marked or any(run in part for run in runs for part in command):
                found.append(process)
        return found


WRITE_PID = "import os, time\nfrom pathlib import Path\nPath('kernel.pid').write_text(str(os.getpid()))\n"
"""Source of a cell that tells its kernel's process id to `Project.kernel_pid`."""


def finish(process: subprocess.Popen[str], timeout: float = 60) -> Answer:
    """Wait for a command; one that does not end is killed and fails the test."""
    try:
        out, err = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        out, err = process.communicate()
        raise AssertionError(f"did not end within {timeout} s; said:\n{out}\n{err}") from None
    if process.returncode >= 0:
        require_published(list(process.args), out)
    return Answer(process.returncode, out, err)


def wait_until(look: Callable[[], _T], seconds: float = 30) -> _T:
    """The first true answer of `look`."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline, f"not the case within {seconds} s"
        time.sleep(0.02)
    return found


def refused(answer: Answer, *parts: str, code: int = 2) -> None:
    """A clear message: the exit code, every part, a remedy, and no traceback."""
    assert answer.code == code, answer
    for part in (*parts, "Fix: "):
        assert part in answer.err, f"{part!r} is not in:\n{answer.err}"
    assert "Traceback" not in answer.said
    assert answer.out == ""


def describe(process: psutil.Process) -> str:
    """A process in one line, also one that has just ended."""
    try:
        return f"{process.pid} {' '.join(process.cmdline())[:200]}"
    except psutil.Error:
        return f"{process.pid} (gone)"


def environment(home: Path, more: Mapping[str, str] | None = None) -> dict[str, str]:
    """Settings for a project's commands, on top of the tests' own neutral ones."""
    return {"HOME": str(home), "COLUMNS": "200", "NO_COLOR": "1", **(more or {})}


def refused_before_anything(
    project: Project, code: str, *parts: str, file: str = "p.pipeline.yaml", shown: str | None = None
) -> None:
    """`run` and `validate` both refuse `file`, with these parts in the message, and leave no run.

    Args:
        project: where `file` is looked for.
        code: what `validate --json` calls it.
        parts: of the message.
        file: as it is given to the command.
        shown: the file that the message names, when it is another one than that.
    """
    both = [project.start("validate", file, "--json"), project.start("run", file)]
    checked, ran = (finish(process) for process in both)
    refused(ran, file if shown is None else shown, *parts)
    assert checked.code == 2, checked
    errors = {finding["code"] for finding in checked.json if finding["severity"] == "error"}
    assert code in errors, checked.json
    assert all(finding["remedy"] for finding in checked.json)
    assert not project.runs.exists()
