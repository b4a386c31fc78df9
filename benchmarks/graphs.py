"""Graphs of trivial parameterized notebooks, whole commands: Dagbook beside papermill.

Every way executes the same notebooks with the same parameters. Dagbook alone also hands on what they publish,
keeps a journal and records each in MLflow.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from harness import Way, Ways, comparison

# As a script of a file, since a pool starts its processes from one.
_POOL = """
import multiprocessing, os, sys
from pathlib import Path
import papermill

def execute(notebook):
    papermill.execute_notebook(notebook, f"out/{notebook.name}", parameters={"x": 2}, progress_bar=False)

if __name__ == "__main__":
    with multiprocessing.Pool(int(sys.argv[1])) as pool:
        pool.map(execute, sorted(Path.cwd().glob("n*.ipynb")), chunksize=1)
"""


def make_graph(folder: Path, width: int, depth: int) -> None:
    """`width` chains of `depth` notebooks each; a notebook adds one to what the one before published."""
    (folder / "out").mkdir()
    nodes = {}
    for chain in range(width):
        for link in range(depth):
            name = f"n{chain}_{link}"
            (folder / f"{name}.ipynb").write_text(json.dumps(_notebook()))
            given = "2" if link == 0 else f"${{n{chain}_{link - 1}.y}}"
            nodes[name] = {
                "notebook": f"{name}.ipynb",
                "params": {"x": int(given) if given == "2" else given},
            }
    # JSON is YAML.
    (folder / "graph.pipeline.yaml").write_text(json.dumps({"pipeline": "graph", "nodes": nodes}))


def _notebook() -> dict[str, object]:
    def cell(number: int, source: str, tags: list[str]) -> dict[str, object]:
        return {
            "cell_type": "code",
            "id": f"c{number}",
            "metadata": {"tags": tags},
            "source": source,
            "outputs": [],
            "execution_count": None,
        }

    publish = "import json, os\nfrom pathlib import Path\nout = os.environ.get('DAGBOOK_OUTPUTS')\n"
    publish += "if out:\n    (Path(out) / 'y.json').write_text(json.dumps(y))"
    return {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
        "cells": [cell(0, "x = 1", ["parameters"]), cell(1, "y = x + 1", []), cell(2, publish, [])],
    }


class _Graph:
    """A folder with a graph in it, and the ways to execute all of it."""

    def __init__(self, width: int, depth: int) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="dagbook-bench-"))
        make_graph(self.folder, width, depth)
        (self.folder / "pool.py").write_text(_POOL)
        # Makes the tracking database, once in the life of a project.
        self.dagbook("--no-cache")()

    def dagbook(self, *options: str) -> Way:
        """`dagbook run`."""
        return self._timed(
            [[sys.executable, "-m", "dagbook", "run", "graph.pipeline.yaml", "--json", *options]]
        )

    def pool(self, processes: int) -> Way:
        """papermill's function, in so many processes."""
        return self._timed([[sys.executable, "pool.py", str(processes)]])

    def loop(self) -> Way:
        """papermill's command, for one notebook after the other."""
        names = sorted(path.name for path in self.folder.glob("n*.ipynb"))
        return self._timed(
            [
                [sys.executable, "-m", "papermill", name, f"out/{name}", "-p", "x", "2", "--no-progress-bar"]
                for name in names
            ]
        )

    def remove(self) -> None:
        """The folder is gone."""
        shutil.rmtree(self.folder)

    def _timed(self, commands: list[list[str]]) -> Way:
        env = {name: value for name, value in os.environ.items() if name != "MLFLOW_TRACKING_URI"}

        def way() -> float:
            began = time.perf_counter()
            for command in commands:
                subprocess.run(command, cwd=self.folder, check=True, capture_output=True, env=env)
            return time.perf_counter() - began

        return way


@comparison(
    "Forty notebooks, ten chains of four",
    ours="dagbook run",
    unit="s",
    note="The whole command, cold start included, with as many notebooks at a time as there are processors.",
    rounds=3,
)
def forty() -> Iterator[Ways]:
    """A wide graph."""
    graph = _Graph(width=10, depth=4)
    processors = os.cpu_count() or 1
    try:
        yield {
            "dagbook run": graph.dagbook("--no-cache"),
            "dagbook run --cold": graph.dagbook("--no-cache", "--cold"),
            "dagbook run, all unchanged": graph.dagbook(),
            f"papermill, a pool of {processors}": graph.pool(processors),
            "papermill command, in a loop": graph.loop(),
        }
    finally:
        graph.remove()


@comparison(
    "Twenty notebooks in a row",
    ours="dagbook run",
    unit="s",
    note="The whole command, cold start included; one at a time.",
    rounds=3,
)
def twenty() -> Iterator[Ways]:
    """A chain."""
    graph = _Graph(width=1, depth=20)
    try:
        yield {
            "dagbook run": graph.dagbook("--no-cache"),
            "papermill, in one process": graph.pool(1),
            "papermill command, in a loop": graph.loop(),
        }
    finally:
        graph.remove()
