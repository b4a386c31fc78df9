"""One seed: a pipeline, a run of it, whatever befalls its drivers, and those who take it up after them."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from random import Random

from dagbook.engine.again import Again
from dagbook.engine.loop import Driver
from dagbook.engine.ports import Ports
from dagbook.engine.request import NodeRequest
from dagbook.errors import EnvironmentFault
from dagbook.run.again import unfinished
from dagbook.run.approval import is_unanswered
from dagbook.run.events import Entry
from dagbook.run.state import BAD, RunState, fold
from tests.simulation.invariants import (
    check_end,
    check_finished_stays,
    check_fold,
    check_limits,
    check_machine,
    check_start,
)
from tests.simulation.pipelines import CAPACITY, DECLARES, random_plan
from tests.simulation.world import (
    Clock,
    Death,
    Faults,
    People,
    SimulatedCache,
    SimulatedExecutor,
    SimulatedJournal,
    SimulatedLocks,
    SimulatedTracker,
)
from tests.unit.notebook.notebooks import with_parameters

MOST_DRIVERS = 60


@dataclass
class Told:
    """How it went under a seed."""

    state: RunState
    entries: list[Entry]
    drivers: int


class Simulation:
    """Everything under one seed. What is wrong raises AssertionError from `run`."""

    def __init__(self, seed: int, folder: Path) -> None:
        self._random = Random(seed)
        self._folder = folder / str(seed)
        self._folder.mkdir(parents=True)
        self._plan = random_plan(self._random, self._folder)
        self._faults = Faults.drawn(self._random)
        self._clock = Clock()
        self.journal = SimulatedJournal(self._random, self._faults)
        self._cache = SimulatedCache(self._folder / "cache", self._random, self._faults)
        self._tracker = SimulatedTracker(self._random)
        self._locks = SimulatedLocks(self._random, self._clock)
        self._people = People(self._folder, self._random, self._faults)
        self._notebook = with_parameters(DECLARES)
        self._shadow = RunState()
        self._folders: set[str] = set()

    def run(self) -> Told:
        """Drive to the end, as often as it takes; then perhaps once more for what failed."""
        drivers = 1
        state = self._drive(None)
        while state is None:
            drivers += 1
            if drivers > MOST_DRIVERS // 2:
                self._faults.death = self._faults.disk = 0.0
            state = self._drive(Again())
        self._check_end(state)
        for again in self._taken_up(state):
            state = self._drive(again)
            drivers += 1
            while state is None:
                drivers += 1
                self._faults.death = self._faults.disk = 0.0
                state = self._drive(Again())
            self._check_end(state)
        shutil.rmtree(self._folder)
        return Told(state, self.journal.read(), drivers)

    def _taken_up(self, state: RunState) -> list[Again]:
        """What a person might do about a run that is over: resume it, retry what failed, or some step."""
        self._faults.attempt = 0.0
        failed = tuple(name for name, step in state.steps.items() if step.state in BAD)
        named = self._random.choice(list(state.steps))
        choices = [Again(steps=(named,), fresh=True)]
        if unfinished(state):
            choices.append(Again())
        if failed:
            choices.append(Again(steps=failed))
        return [self._random.choice(choices)] if self._random.random() < 0.5 else []

    def _drive(self, again: Again | None) -> RunState | None:
        """The final state; None when the driver died."""
        executor = SimulatedExecutor(self._random, self._faults, self._clock)
        self._people.cancelled = False
        ports = Ports(
            journal=self.journal, executor=executor, cache=self._cache, tracker=self._tracker,
            read_notebook=lambda _: self._notebook, locks=self._locks, clock=self._clock, capacity=CAPACITY,
        )  # fmt: skip
        plan = self._plan if again is None else again.applied_to(self._plan)
        driver = Driver(plan, "r1", self._folder, ports, self._people.wants_cancel)
        look = _Watch(self, driver, executor)
        self.journal.look = look
        self._people.questions = look.questions
        executor.on_start = look.started
        try:
            state = driver.drive(again)
        except Death:
            self._locks.close()
            return None
        except EnvironmentFault:
            return None
        finally:
            driver._recorder._calls.put(None)  # as its process would end with it
        look()
        assert not executor.running, f"{set(executor.running)} still run"
        return state

    def _check_end(self, state: RunState) -> None:
        check_end(state, self.journal.read())
        assert not any(self._locks.holders.values()), "a lock is still held"


class _Watch:
    """Looks at everything after each event, and before the next ones are written."""

    def __init__(self, simulation: Simulation, driver: Driver, executor: SimulatedExecutor) -> None:
        self._simulation = simulation
        self._machine = driver._history.machine
        self._executor = executor
        self._fold = self._machine.apply
        self._machine.apply = self._apply  # type: ignore[method-assign]

    def _apply(self, entry: Entry) -> None:
        before = self._machine.state
        self._fold(entry)
        check_finished_stays(before, self._machine.state, entry)
        self()

    def __call__(self) -> None:
        sim, state = self._simulation, self._machine.state
        entries = sim.journal.read()
        if sim._shadow.seq == state.seq == len(entries):
            return
        # Of events that are written together the first is looked at when the last is in the journal, too.
        sim._shadow = check_fold(sim._shadow, entries[: state.seq], state)
        check_machine(self._machine)
        check_limits(sim._plan, state, set(self._executor.running), sim._locks.holders)

    def questions(self) -> list[tuple[str, str]]:
        """Which steps somebody is asked about, and since when."""
        found = []
        for name in sorted(self._machine.unanswered):
            step = self._machine.state.steps[name]
            assert is_unanswered(step)
            assert step.approval is not None
            found.append((name, step.approval.asked))
        return found

    def started(self, request: NodeRequest) -> None:
        """An attempt is handed over."""
        check_start(self._simulation._plan, self._machine.state, request, self._simulation._folders)
        self._simulation._folders.add(request.folder)


def simulate(seed: int, folder: Path) -> Told:
    """Run under a seed. Raises AssertionError, with the seed, for whatever is not as it must be."""
    simulation = Simulation(seed, folder)
    try:
        return simulation.run()
    except Exception as error:
        state = fold(simulation.journal.read())
        stands = {name: step.state for name, step in state.steps.items()}
        raise AssertionError(
            f"seed {seed}, entry {state.seq}: {type(error).__name__}: {error}\n{stands}\n"
            f"`python -m tests.simulation {seed}` tells the whole of it"
        ) from error
