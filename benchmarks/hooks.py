"""What Dagbook costs each cell that is not tracked: the same shell with and without its hooks."""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any


def main() -> None:
    """Run trivial cells in alternating rounds, with and without the extension's hooks; print medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cells", type=int, default=300, help="cells per round")
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="dagbook-bench-"))
    (folder / ".dagbook").mkdir()
    os.environ["IPYTHONDIR"] = str(folder / ".ipython")
    os.chdir(folder)
    try:
        measure(asked.cells, asked.rounds)
    finally:
        os.chdir("/")
        shutil.rmtree(folder, ignore_errors=True)


def measure(cells: int, rounds: int) -> None:
    """One shell; in every other round it has our hooks."""
    from IPython.core.interactiveshell import InteractiveShell

    shell: Any = InteractiveShell.instance(colors="nocolor")
    shell.history_manager.enabled = False
    shell.run_line_magic("load_ext", "dagbook")
    hooks = [
        (event, hook)
        for event in ("pre_run_cell", "post_run_cell")
        for hook in shell.events.callbacks[event]
        if hook.__module__.startswith("dagbook")
    ]
    transformers = list(shell.input_transformers_cleanup)
    plain = [known for known in transformers if not known.__module__.startswith("dagbook")]
    bare, hooked = [], []
    for _ in range(rounds):
        shell.input_transformers_cleanup[:] = plain
        for event, hook in hooks:
            shell.events.unregister(event, hook)
        bare.append(a_cell(shell, cells))
        shell.input_transformers_cleanup[:] = transformers
        for event, hook in hooks:
            shell.events.register(event, hook)
        hooked.append(a_cell(shell, cells))
    middle, without = statistics.median(hooked), statistics.median(bare)
    print(f"{cells} cells, {rounds} rounds, {os.cpu_count()} cores, {platform.platform()}")
    print(f"without Dagbook   {without * 1e6:8.0f} µs a cell")
    print(f"with its hooks    {middle * 1e6:8.0f} µs a cell")
    print(f"the hooks         {(middle - without) * 1e6:8.0f} µs a cell")
    assert middle - without < 0.001, "the hooks cost more than a millisecond"


def a_cell(shell: Any, cells: int) -> float:
    """Seconds per trivial cell, by the median."""
    costs = []
    for _ in range(cells):
        began = time.perf_counter()
        shell.run_cell("x = 1", store_history=True)
        costs.append(time.perf_counter() - began)
    return statistics.median(costs)


if __name__ == "__main__":
    main()
