"""Ways of doing the same work, in turns in one run; medians, ratios and the machine.

A file of benchmarks registers its comparisons, and `python benchmarks/all.py` runs them:

    @comparison("Logging 100,000 numbers", ours="dagbook.metric", unit="ms")
    def metrics():
        yield {"dagbook.metric": ours, "mlflow.log_metric": theirs}   # each returns what it measured

What comes before the `yield` makes ready, what comes after it tidies up.
"""

from __future__ import annotations

import os
import platform
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

Way = Callable[[], float]
Ways = Mapping[str, Way]


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """One table. `note` says what is done, and what is not."""

    title: str
    ours: str
    unit: str
    note: str
    rounds: int
    make: Callable[[], Iterator[Ways]]


@dataclass
class Measured:
    """What each way took, round by round."""

    comparison: Comparison
    taken: dict[str, list[float]] = field(default_factory=dict)

    def rows(self) -> list[tuple[str, float, float, float, float]]:
        """Way, median, least, most, and how many times as long as ours."""
        ours = statistics.median(self.taken[self.comparison.ours])
        return [
            (way, statistics.median(taken), min(taken), max(taken), statistics.median(taken) / ours)
            for way, taken in self.taken.items()
        ]

    def markdown(self) -> str:
        """The table as a page has it."""
        unit = self.comparison.unit
        lines = [
            f"## {self.comparison.title}", "", self.comparison.note, "",
            f"| | median, {unit} | least | most | of ours |", "|---|---|---|---|---|",
            *(
                f"| {way} | {middle:.3g} | {least:.3g} | {most:.3g} | {ratio:.2f} × |"
                for way, middle, least, most, ratio in self.rows()
            ),
        ]  # fmt: skip
        return "\n".join(lines) + "\n"


# Seconds; see `measure`.
_LONG = 60.0
COMPARISONS: list[Comparison] = []


def comparison(
    title: str, *, ours: str, unit: str, note: str, rounds: int = 5
) -> Callable[[Callable[[], Iterator[Ways]]], Comparison]:
    """Register what makes the ways of a comparison ready."""

    def register(make: Callable[[], Iterator[Ways]]) -> Comparison:
        made = Comparison(title=title, ours=ours, unit=unit, note=note, rounds=rounds, make=make)
        COMPARISONS.append(made)
        return made

    return register


def measure(wanted: Comparison, rounds: int | None = None) -> Measured:
    """Every way in turns, round after round; a first round is for warmth alone.

    A way whose first round takes over a minute is not taken again: that round counts.
    """
    measured = Measured(wanted)
    with contextmanager(wanted.make)() as ways:
        todo = dict(ways)
        for number in range((rounds or wanted.rounds) + 1):
            for way, work in list(todo.items()):
                began = time.monotonic()
                taken = work()
                once = not number and time.monotonic() - began > _LONG
                if number or once:
                    measured.taken.setdefault(way, []).append(taken)
                if once:
                    del todo[way]
    return measured


def machine() -> str:
    """Where it was measured, in a line."""
    model = ""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
        model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
    except OSError:
        pass
    load = os.getloadavg()[0]
    return (
        f"{os.cpu_count()} processors{f' ({model})' if model else ''}, {platform.platform()}, "
        f"Python {platform.python_version()}; load {load:.1f} when it began"
    )
