"""Runs every comparison that is registered, and every file that makes its own, and writes them on a page.

python benchmarks/all.py [-o docs/explanation/performance.md] [--only scheduling]
"""

from __future__ import annotations

import argparse
import importlib
import subprocess
import sys
from pathlib import Path

import harness

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs" / "explanation" / "performance.md"
# load.py takes long, and compares nothing: `make bench-load`.
NOT_ONES = {"all", "harness", "load", "servers"}


def main() -> int:
    """The command."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("-o", "--output", type=Path, default=PAGE)
    asked.add_argument("--only", action="append", default=[], help="a file of benchmarks, without .py")
    asked.add_argument("--rounds", type=int, default=None)
    given = asked.parse_args()
    sys.path.insert(0, str(HERE))
    names = given.only or sorted(file.stem for file in HERE.glob("*.py") if file.stem not in NOT_ONES)
    alone = [name for name in names if "@comparison" not in (HERE / f"{name}.py").read_text("utf-8")]
    for name in names:
        if name not in alone:
            importlib.import_module(name)
    parts = [HEAD.format(machine=harness.machine())]
    for comparison in harness.COMPARISONS:
        print(f"{comparison.title} …", flush=True)
        measured = harness.measure(comparison, given.rounds)
        parts.append(measured.markdown())
        print(measured.markdown(), flush=True)
    for name in alone:
        print(f"{name}.py …", flush=True)
        said = subprocess.run(
            [sys.executable, HERE / f"{name}.py"], capture_output=True, text=True, check=True
        )
        parts.append(f"## {name}.py\n\n```text\n{said.stdout.strip()}\n```\n")
        print(said.stdout, flush=True)
    given.output.write_text("\n".join(parts), "utf-8")
    print(f"written to {given.output}")
    return 0


HEAD = """# What things cost

Made by `make bench` on {machine}. Ways of doing the same work were taken in turns in one run;
medians and ratios count, since absolute times depend on the machine and on what else it does. What each file
measures is said at its head, in `benchmarks/`.
"""

if __name__ == "__main__":
    sys.exit(main())
