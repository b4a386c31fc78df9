"""A Dask cluster of real processes: a scheduler, and workers that may be killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.acceptance.project import wait_until


class DaskCluster:
    """Started in `folder`, where each process has a log and a working folder of its own."""

    def __init__(self, folder: Path, env: Mapping[str, str] | None = None) -> None:
        self._folder = folder
        self._env = {**os.environ, **(env or {})}
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        place = folder / "scheduler.json"
        self._start("scheduler", "scheduler", "--port", "0", "--no-dashboard", "--scheduler-file", str(place))
        self.address = wait_until(lambda: _address(place), 120)

    def add_worker(
        self, name: str, *, resources: str = "", env: Mapping[str, str] | None = None,
        prefix: Sequence[str] = (),
    ) -> None:  # fmt: skip
        """A worker of one thread, as a process that nobody starts again; `prefix` begins its command."""
        options = ["--nthreads", "1", "--no-nanny", "--no-dashboard", "--memory-limit", "0", "--name", name]
        if resources:
            options += ["--resources", resources]
        self._start(name, "worker", self.address, *options, env=env, prefix=prefix)

    def kill(self, name: str) -> None:
        """SIGKILL, to that process alone."""
        self._processes[name].send_signal(signal.SIGKILL)
        self._processes[name].wait()

    def pid(self, name: str) -> int:
        return self._processes[name].pid

    def close(self) -> None:
        for process in self._processes.values():
            process.terminate()
        for process in self._processes.values():
            # A worker that waits for something is not waited for.
            killer = threading.Timer(20, process.kill)
            killer.start()
            process.wait()
            killer.cancel()

    def _start(
        self, name: str, kind: str, *args: str, env: Mapping[str, str] | None = None,
        prefix: Sequence[str] = (),
    ) -> None:  # fmt: skip
        own = self._folder / name
        own.mkdir(parents=True, exist_ok=True)
        command: Sequence[str] = [*prefix, sys.executable, "-m", f"distributed.cli.dask_{kind}", *args]
        with (own / "log").open("wb") as log:
            self._processes[name] = subprocess.Popen(
                command, cwd=own, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env={**self._env, "DASK_TEMPORARY_DIRECTORY": str(own), **(env or {})},
            )  # fmt: skip


@contextmanager
def dask_cluster(folder: Path, env: Mapping[str, str] | None = None) -> Iterator[DaskCluster]:
    """A scheduler without workers."""
    made = DaskCluster(folder, env)
    try:
        yield made
    finally:
        made.close()


def _address(place: Path) -> str:
    import json

    try:
        return str(json.loads(place.read_text())["address"])
    except (OSError, ValueError, KeyError):
        return ""
