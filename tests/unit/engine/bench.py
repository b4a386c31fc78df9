"""A driver with everything in memory, for tests of what it writes and does."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dagbook.engine.again import Again
from dagbook.engine.loop import Driver
from dagbook.engine.ports import Locks, Ports, Turn
from dagbook.notifiers.memory import MemoryNotifier
from dagbook.pipeline.plan import Plan
from dagbook.run.state import RunState
from dagbook.testing import (
    FakeExecutor,
    FakeRunner,
    MemoryCache,
    MemoryJournal,
    MemoryLocks,
    MemoryTracker,
    Outcome,
)
from tests.unit.notebook.notebooks import code, notebook


@dataclass
class Bench:
    """A run folder and everything in memory around it; a second run shares cache and tracker."""

    folder: Path
    documents: dict[str, dict[str, Any]] = field(default_factory=dict)
    tracker: MemoryTracker = field(default_factory=MemoryTracker)
    journal: MemoryJournal = field(default_factory=MemoryJournal)
    executor: FakeExecutor = field(default_factory=FakeExecutor)
    notifier: MemoryNotifier = field(default_factory=MemoryNotifier)
    wants_cancel: Callable[[], str | None] = lambda: None
    locks: Locks = field(default_factory=MemoryLocks)
    clock: Callable[[], float] = time.monotonic
    capacity: tuple[float, int] = (0.0, 0)
    turn: Turn | None = None
    cache: MemoryCache = field(init=False)

    def __post_init__(self) -> None:
        self.cache = MemoryCache(self.folder / "cache")

    def drive(
        self,
        plan: Plan,
        outcomes: Mapping[str, Outcome | Sequence[Outcome]] | None = None,
        again: Again | None = None,
    ) -> RunState:
        if outcomes is not None:
            self.executor = FakeExecutor(FakeRunner(outcomes))
        ports = Ports(
            journal=self.journal, executor=self.executor, cache=self.cache, tracker=self.tracker,
            read_notebook=lambda path: self.documents.get(path.stem, notebook(code("pass"))),
            notifier=self.notifier,
            locks=self.locks, clock=self.clock, capacity=self.capacity, turn=self.turn,
        )  # fmt: skip
        return Driver(plan, "r1", self.folder, ports, self.wants_cancel).drive(again)

    def again(self) -> None:
        """Ready for another run: the cache remembers, the journal is new."""
        self.journal, self.executor = MemoryJournal(), FakeExecutor()

    def cut(self, entries: int) -> None:
        """As a driver leaves it that dies when it has written so many entries."""
        written, self.journal = self.journal.read()[:entries], MemoryJournal()
        for entry in written:
            self.journal.append(entry.event)
        self.cache = MemoryCache(self.folder / "cache of its own")

    def kinds(self, step: str | None = None) -> list[str]:
        events = [entry.event for entry in self.journal.read()]
        return [e.kind for e in events if step is None or getattr(e, "step", None) == step]

    def events(self, kind: type[Any]) -> list[Any]:
        return [entry.event for entry in self.journal.read() if isinstance(entry.event, kind)]


def states(state: RunState) -> dict[str, str]:
    return {name: step.state for name, step in state.steps.items()}
