"""A graph of trivial parameterized notebooks, whole command: Dagbook beside papermill, in several rounds.

Every way executes the same notebooks with the same parameters; Dagbook alone also records them in MLflow.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

_LOOP = """
import sys
from pathlib import Path
import papermill
for notebook in sorted(Path.cwd().glob("n*.ipynb")):
    papermill.execute_notebook(notebook, f"out/{notebook.name}", parameters={"x": 2}, progress_bar=False)
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


def ways(folder: Path) -> dict[str, Callable[[], None]]:
    """Name → function that executes every notebook of the folder."""

    def run(*command: str) -> None:
        env = {name: value for name, value in os.environ.items() if name != "MLFLOW_TRACKING_URI"}
        subprocess.run(command, cwd=folder, check=True, capture_output=True, env=env)

    def papermill_command() -> None:
        for notebook in sorted(folder.glob("n*.ipynb")):
            out = f"out/{notebook.name}"
            run(sys.executable, "-m", "papermill", notebook.name, out, "-p", "x", "2", "--no-progress-bar")

    return {
        "dagbook run --no-cache": lambda: run(
            sys.executable, "-m", "dagbook", "run", "graph.pipeline.yaml", "--no-cache", "--json"
        ),
        "papermill, one process": lambda: run(sys.executable, "-c", _LOOP),
        "papermill command, in a loop": papermill_command,
    }


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--width", type=int, default=4)
    parser.add_argument("--depth", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="dagbook-bench-"))
    try:
        make_graph(folder, asked.width, asked.depth)
        todo = ways(folder)
        todo["dagbook run --no-cache"]()  # makes the tracking database, once in the life of a project
        times: dict[str, list[float]] = {name: [] for name in todo}
        for _ in range(asked.rounds):
            for name, work in todo.items():
                began = time.perf_counter()
                work()
                times[name].append(time.perf_counter() - began)
    finally:
        shutil.rmtree(folder)
    ours = statistics.median(times["dagbook run --no-cache"])
    machine = f"{os.cpu_count()} cores, {platform.platform()}"
    print(f"{asked.width} × {asked.depth} notebooks, {asked.rounds} rounds, {machine}")
    print(f"{'way':<30} {'median s':>9} {'min':>7} {'max':>7} {'of ours':>8}")
    for name, seconds in times.items():
        middle = statistics.median(seconds)
        print(f"{name:<30} {middle:>9.1f} {min(seconds):>7.1f} {max(seconds):>7.1f} {middle / ours:>7.1f}×")


if __name__ == "__main__":
    main()
