"""What a driver meets, from a seed: time, an executor, locks, people who answer or cancel, and death."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from dagbook.engine.approvals import ANSWERS
from dagbook.engine.ports import CachedResult, Ended, RunIdentity, TrackerAway
from dagbook.engine.request import NodeRequest, NodeResult
from dagbook.errors import EnvironmentFault, Finding
from dagbook.run.events import CellStarted, Entry, Event, OutputSeen
from dagbook.testing import MemoryCache, MemoryJournal, MemoryTracker, failed, values

Look = Callable[[], None]


class Death(BaseException):
    """The driver is killed: nothing of its own runs any more."""


class Clock:
    """Seconds that pass only when somebody waits."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Faults:
    """How likely it is, at each chance, that something goes wrong; and that people step in."""

    attempt: float = 0.0
    death: float = 0.0
    disk: float = 0.0
    cache: float = 0.0
    cancel: float = 0.0
    answer: float = 0.5

    @classmethod
    def drawn(cls, random: Random) -> Faults:
        """Some seeds are kind, some are not."""
        return cls(
            attempt=random.choice([0.0, 0.1, 0.4, 0.8]),
            death=random.choice([0.0, 0.0, 0.01, 0.05]),
            disk=random.choice([0.0, 0.0, 0.0, 0.01]),
            cache=random.choice([0.0, 0.0, 0.3]),
            cancel=random.choice([0.0, 0.0, 0.0, 0.01]),
            answer=random.choice([0.05, 0.5]),
        )


class SimulatedJournal(MemoryJournal):
    """A journal whose writer may die before an entry is in it, or right after; or find the disk full."""

    def __init__(self, random: Random, faults: Faults) -> None:
        super().__init__()
        self.look: Look = lambda: None
        self._random = random
        self._faults = faults

    def append_all(self, events: Sequence[Event]) -> list[Entry]:
        """Record the events, and look whether all is well. Of several, death may leave a beginning."""
        self.look()
        self._maybe_die()
        if self._random.random() < self._faults.disk:
            raise EnvironmentFault(Finding(code="disk-full", message="no space left", remedy="make room"))
        entries = []
        for event in events:
            entries.append(super().append(event))
            self._maybe_die()
        return entries

    def append(self, event: Event) -> Entry:
        """Record one event."""
        return self.append_all((event,))[0]

    def _maybe_die(self) -> None:
        if self._random.random() < self._faults.death:
            raise Death


@dataclass
class Attempt:
    """One that runs, and what it will come to."""

    request: NodeRequest
    until: float
    result: NodeResult | None
    cells: list[float]


class SimulatedExecutor:
    """Attempts take their time, fail, die and outlast their timeout; what they say may come late."""

    def __init__(self, random: Random, faults: Faults, clock: Clock) -> None:
        self.running: dict[str, Attempt] = {}
        self.on_start: Callable[[NodeRequest], None] = lambda _: None
        self._random = random
        self._faults = faults
        self._clock = clock
        self._happened: list[Event | Ended] = []
        self._waits = 0

    def start(self, request: NodeRequest) -> None:
        """Begin an attempt."""
        assert request.step not in self.running, f"{request.step} runs twice at once"
        self.on_start(request)
        now = self._clock.now
        seconds = self._random.choice([0.0, 0.1, 3.0, 20.0])
        result = self._outcome(request)
        if request.timeout is not None and seconds >= request.timeout:
            seconds, result = request.timeout, failed("TimedOut", as_="timed-out")
        told = sorted(self._random.uniform(now, now + seconds) for _ in range(self._random.randint(0, 2)))
        self.running[request.step] = Attempt(request, now + seconds, result, told)

    def stop(self, step: str) -> None:
        """It ends soon; or was about to end well anyhow."""
        attempt = self.running[step]
        if self._random.random() < 0.8:
            attempt.result = None
        attempt.until = min(attempt.until, self._clock.now + self._random.choice([0.0, 1.0]))

    def wait(self, seconds: float) -> Sequence[Event | Ended]:
        """Time goes on until something happens, or for so long."""
        self._waits += 1
        assert self._waits < 20_000, "the run comes to no end"
        clock, until = self._clock, self._clock.now + seconds
        times = [min([attempt.until, *attempt.cells]) for attempt in self.running.values()]
        clock.now = max(clock.now, min([until, *times]))
        happened: list[Event | Ended] = []
        for step, attempt in list(self.running.items()):
            request = attempt.request
            while attempt.cells and attempt.cells[0] <= clock.now:
                attempt.cells.pop(0)
                happened.append(CellStarted(step=step, attempt=request.attempt, cell=1, total=2))
            if attempt.until <= clock.now:
                del self.running[step]
                reason = "" if attempt.result else "its worker was killed"
                happened.append(
                    Ended(step=step, attempt=request.attempt, result=attempt.result, reason=reason)
                )
                if self._random.random() < 0.1:  # heard of after the end
                    happened.append(OutputSeen(step=step, attempt=request.attempt, line="late"))
        return happened

    def close(self) -> None:
        """Nothing runs any more."""
        self.running.clear()

    def _outcome(self, request: NodeRequest) -> NodeResult | None:
        draw = self._random.random()
        if draw < self._faults.attempt:
            return self._random.choice(
                [None, failed(), failed("MemoryLimit", as_="killed"), failed("TimedOut", as_="timed-out")]
            )
        # The same step publishes the same, whoever runs it and however often.
        own = Random(f"{request.step}{request.params}")
        items: object = list(range(own.choice([0, 1, 3, 5])))
        return values(n=own.randint(0, 5), items="no list" if own.random() < 0.05 else items)


class SimulatedLocks:
    """Locks that other runs hold now and then; whoever dies lets go of them."""

    def __init__(self, random: Random, clock: Clock) -> None:
        self.holders: dict[str, set[str]] = {}
        self._random = random
        self._clock = clock
        self._foreign: dict[str, float] = {}

    def take(self, locks: Mapping[str, int], holder: str) -> str | None:
        """All of them, or none."""
        for name, limit in locks.items():
            if self._random.random() < 0.1:
                self._foreign[name] = self._clock.now + self._random.choice([0.1, 1.0])
            if self._foreign.get(name, 0.0) > self._clock.now:
                return f"{name}, held by another run"
            held = self.holders.get(name, set())
            if len(held) >= limit:
                return f"{name}, held by {', '.join(sorted(held))}"
        for name in locks:
            self.holders.setdefault(name, set()).add(holder)
        return None

    def free(self, holder: str) -> None:
        """Let go of everything that the step holds."""
        for held in self.holders.values():
            held.discard(holder)

    def close(self) -> None:
        """Let go of everything."""
        self.holders.clear()


class SimulatedCache(MemoryCache):
    """A cache that is damaged now and then, or on a full disk."""

    def __init__(self, folder: Path, random: Random, faults: Faults) -> None:
        super().__init__(folder)
        self._random = random
        self._faults = faults

    def fetch(self, fingerprint: str, into: Path) -> CachedResult | None:
        """None when it is damaged."""
        return None if self._random.random() < self._faults.cache else super().fetch(fingerprint, into)

    def store(self, result: CachedResult) -> None:
        """Raises OSError when the disk is full."""
        if self._random.random() < self._faults.cache:
            raise OSError(28, "No space left on device")
        super().store(result)


class SimulatedTracker(MemoryTracker):
    """A store that may be away from the beginning on."""

    def __init__(self, random: Random) -> None:
        super().__init__()
        self._is_away = random.random() < 0.2

    def open_run(self, *, name: str, tags: Mapping[str, str], params: Mapping[str, str]) -> RunIdentity:
        """Raises TrackerAway."""
        if self._is_away:
            raise TrackerAway("nobody answers")
        return super().open_run(name=name, tags=tags, params=params)


class People:
    """Whoever answers questions, and cancels."""

    def __init__(self, folder: Path, random: Random, faults: Faults) -> None:
        self._answers = folder / ANSWERS
        self._random = random
        self._faults = faults
        self._count = 0
        self.cancelled = False
        self.questions: Callable[[], list[tuple[str, str]]] = list

    def wants_cancel(self) -> str | None:
        """Look at what is asked, and perhaps answer; once somebody wants the end, it is wanted."""
        for step, asked in self.questions():
            self._answer(step, asked)
        self.cancelled = self.cancelled or self._random.random() < self._faults.cancel
        return "api" if self.cancelled else None

    def _answer(self, step: str, asked: str) -> None:
        """Perhaps answer a question; perhaps an older one."""
        if self._random.random() < self._faults.answer:
            self._count += 1
            self._answers.mkdir(exist_ok=True)
            stale = self._random.random() < 0.1
            said = {
                "step": step, "asked": "before" if stale else asked, "by": "ann",
                "approved": self._random.random() < 0.7,
            }  # fmt: skip
            (self._answers / f"{self._count}.json").write_text(json.dumps(said))
