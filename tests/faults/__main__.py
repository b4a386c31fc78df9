"""Runs every test of the fault matrix and prints the table.

    python -m tests.faults [--write] [ROW ...]

With --write the page docs/explanation/reliability.md gets the table, when all rows were asked for and held.
Ends with 1 when a row did not hold.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from datetime import date

import pytest

from tests.faults.matrix import PAGE, TESTS, page_with, rows, table

WORDS = {"passed": "holds", "failed": "**does not hold**", "skipped": "skipped", "": "no test yet"}
WORST_FIRST = ("failed", "skipped", "passed")
# As `make test` does.
_PARALLEL = ("--numprocesses=logical", "--maxprocesses=4", "--dist=loadfile", "--no-loadscope-reorder")


class Outcomes:
    """How each test ended, by its name below tests/."""

    def __init__(self) -> None:
        self.of: dict[str, str] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keeps the worst of set-up, call and tear-down; of a test that is tried again, the second try."""
        name = report.nodeid.removeprefix("tests/")
        if report.outcome in {"failed", "skipped"}:
            self.of[name] = report.outcome
        elif report.when == "call":
            self.of[name] = report.outcome if report.outcome in WORST_FIRST else ""


def main() -> int:
    """Run, print, and perhaps write."""
    parser = argparse.ArgumentParser(description="Run the tests of the fault matrix.")
    parser.add_argument("rows", nargs="*", metavar="ROW", help="such as E1; all without")
    parser.add_argument("--write", action="store_true", help="put the table into the documentation")
    asked = parser.parse_args()
    wanted = [row for row in rows() if not asked.rows or row.number in asked.rows]
    tests = list(dict.fromkeys(f"{TESTS}/{test}" for row in wanted for test in row.tests))
    outcomes = Outcomes()
    code = pytest.main(["-q", *_PARALLEL, *tests], plugins=[outcomes])
    results = {row.number: WORDS[_result(row.tests, outcomes.of)] for row in wanted}
    for row in wanted:
        print(f"{row.number:4} {results[row.number].strip('*'):15} {row.fault}: {row.promise}")
    held = sum(word == "holds" for word in results.values())
    print(f"\n{held} of {len(wanted)} rows hold, {sum(not row.tests for row in wanted)} have no test yet.")
    if asked.write and not asked.rows and code == 0:
        PAGE.write_text(page_with(PAGE.read_text("utf-8"), table(results)), "utf-8")
        print(f"Written into {PAGE}, {date.today()}.")  # noqa: DTZ011
    return int(code)


def _result(tests: tuple[str, ...], of: dict[str, str]) -> str:
    """The worst outcome of a row's tests; "" when it has none, or one of them did not run."""
    parts: dict[str, list[str]] = defaultdict(list)
    for test in tests:
        parts[test] += [outcome for name, outcome in of.items() if _is_part(name, test)]
    if not parts or not all(parts.values()):
        return "failed" if parts else ""
    ended = {outcome for found in parts.values() for outcome in found}
    return next(outcome for outcome in WORST_FIRST if outcome in ended)


def _is_part(name: str, test: str) -> bool:
    return name == test or name.startswith((f"{test}[", f"{test}::"))


if __name__ == "__main__":
    sys.exit(main())
