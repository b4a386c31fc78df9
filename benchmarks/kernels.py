"""Warm kernels and forked attempts beside cold ones and papermill, in turns, in one run.

Wall times move with what else the machine does; processor seconds much less, so both are given.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from dagbook.engine.request import NodeRequest
from dagbook.executors.workers import Workers
from dagbook.kernels.local import LocalKernels
from dagbook.zygote.asking import ForkServer

HEAVY = "import pandas, sklearn.ensemble"
SECONDS = 600.0

Cost = tuple[float, float]
"""Wall and processor seconds."""


def notebook(path: Path, cells: list[str]) -> Path:
    made = [
        {
            "cell_type": "code", "id": f"c{n}", "metadata": {}, "source": source, "outputs": [],
            "execution_count": None,
        }
        for n, source in enumerate(cells)
    ]  # fmt: skip
    spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    whole = {"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": spec}, "cells": made}
    path.write_text(json.dumps(whole))
    return path


async def kernel_until(code: str, zygote: str, folder: Path) -> Cost:
    """From nothing until a kernel has run `code`."""
    began = time.perf_counter()
    with (folder / "log").open("ab") as log:
        manager, client, _ = await LocalKernels(zygote).start(
            "python3", cwd=str(folder), env=dict(os.environ), log=log.fileno(), timeout=SECONDS
        )
    asked = client.execute(code)
    while (await client.get_shell_msg(timeout=SECONDS))["parent_header"].get("msg_id") != asked:
        pass
    wall = time.perf_counter() - began
    spent = psutil.Process(manager.provisioner.process.pid).cpu_times()
    await manager.shutdown_kernel(now=True)
    client.stop_channels()
    client.context.destroy(linger=0)
    return wall, spent.user + spent.system


def children() -> float:
    """Processor seconds of children that are over."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def command(*words: str, folder: Path) -> Cost:
    began, before = time.perf_counter(), children()
    subprocess.run([sys.executable, *words], cwd=folder, check=True, capture_output=True)
    return time.perf_counter() - began, children() - before


class Attempts:
    """Attempts as a run makes them, its fork servers being there already."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._forks = ForkServer(become="dagbook.worker")
        self._zygote = ForkServer()
        self._workers = Workers(forks=self._forks, zygote=self._zygote)
        for server in (self._forks, self._zygote):
            assert "ready" in (server.answer(SECONDS) or {})
        self._made = 0

    def make(self, path: Path) -> Cost:
        began, before = time.perf_counter(), self._spent()
        self._made += 1
        folder = self._folder / f"attempt{self._made}"
        folder.mkdir()
        request = NodeRequest(
            run="bench", step=f"s{self._made}", node="n", attempt=1, notebook=str(path), folder=str(folder),
            cwd=str(self._folder), warm=True,
        )  # fmt: skip
        file = folder / "request.json"
        file.write_text(request.model_dump_json())
        with (folder / "log").open("wb") as log, Path(os.devnull).open("wb") as nowhere:
            worker = self._workers.begin(request, file, log, nowhere.fileno())
        while worker.poll() is None:
            time.sleep(0.001)
        assert worker.returncode == 0, (folder / "log").read_text()
        return time.perf_counter() - began, self._spent() - before

    def _spent(self) -> float:
        """Of the servers, and of those of their children that are over."""
        times = [psutil.Process(server.pid).cpu_times() for server in (self._forks, self._zygote)]
        return sum(t.user + t.system + t.children_user + t.children_system for t in times)

    def close(self) -> None:
        self._workers.close()


def ways(folder: Path, attempts: Attempts, zygote: ForkServer) -> dict[str, dict[str, Callable[[], Cost]]]:
    """What is done → way → function."""
    small = notebook(folder / "small.ipynb", ["x = 1", "y = x + 1", "print(y)"])
    long = notebook(folder / "long.ipynb", ["x = 1"] * 200)

    def kernel(code: str, socket: str) -> Callable[[], Cost]:
        return lambda: asyncio.run(kernel_until(code, socket, folder))

    def papermill(path: Path) -> Cost:
        return command("-m", "papermill", path.name, "out.ipynb", "--no-progress-bar", folder=folder)

    return {
        "a kernel that answers": {"warm": kernel("1", zygote.socket), "cold": kernel("1", "")},
        f"a kernel after `{HEAVY}`": {"warm": kernel(HEAVY, zygote.socket), "cold": kernel(HEAVY, "")},
        "a notebook of 3 cells": {
            "attempt of a run": lambda: attempts.make(small),
            "papermill's command": lambda: papermill(small),
        },
        "a notebook of 200 cells": {
            "attempt of a run": lambda: attempts.make(long),
            "papermill's command": lambda: papermill(long),
        },
    }


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    folder = Path(tempfile.mkdtemp(prefix="dagbook-bench-"))
    attempts = Attempts(folder)
    zygote = ForkServer(learnt=["pandas", "sklearn.ensemble"])
    assert "ready" in (zygote.answer(SECONDS) or {})
    try:
        print(
            f"{rounds} rounds, {os.cpu_count()} cores, {platform.platform()}, load {os.getloadavg()[0]:.1f}"
        )
        print(f"{'work':<44} {'way':<20} {'wall s':>8} {'cpu s':>7} {'× wall':>7} {'× cpu':>6}")
        for work, todo in ways(folder, attempts, zygote).items():
            costs: dict[str, list[Cost]] = {way: [] for way in todo}
            for _ in range(rounds):
                for way, do in todo.items():
                    costs[way].append(do())
            middle = {
                way: [statistics.median(part) for part in zip(*found, strict=True)]
                for way, found in costs.items()
            }
            ours = next(iter(middle.values()))
            for way, (wall, cpu) in middle.items():
                ratios = f"{wall / ours[0]:>7.1f} {cpu / ours[1]:>6.1f}"
                print(f"{work:<44} {way:<20} {wall:>8.2f} {cpu:>7.2f} {ratios}", flush=True)
    finally:
        attempts.close()
        zygote.close()
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
