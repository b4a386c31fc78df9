"""The steps that may run, and which of them start next: places, limits of nodes, and what the machine holds.

In the plan's order. A node at its own limit lets others pass. Among steps that ask for resources nobody
overtakes, so that a large one is not kept waiting for ever; one that asks for more than there is runs alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from heapq import heappop, heappush

from dagbook.run.commands import StartStep
from dagbook.run.state import RunState, StepState

Place = tuple[int, int]
_Waiting = tuple[Place, str]

# Requests are decimal numbers; their sums are not exact.
_SLACK = 1e-9


class Queue:
    """Args: places: step → where it stands in the order; may grow."""

    def __init__(self, places: Mapping[str, Place]) -> None:
        self._places = places
        self._ready: set[str] = set()
        self._plain: list[_Waiting] = []
        self._asking: list[_Waiting] = []
        self._held: dict[str, list[_Waiting]] = defaultdict(list)
        self._running = 0
        self._running_of: dict[str, int] = defaultdict(int)
        self._cpu = 0.0
        self._memory = 0
        self._alone = 0

    def add(self, state: RunState, step: StepState) -> None:
        """A step may run."""
        name = step.outline.step
        if name not in self._ready:
            self._ready.add(name)
            self._push(state, (self._places[name], name))

    def remove(self, step: str) -> None:
        """It may not any more, or does already."""
        self._ready.discard(step)

    def began(self, state: RunState, step: StepState) -> None:
        """It takes its place."""
        self._count(state, step, 1)

    def ended(self, state: RunState, step: StepState) -> None:
        """It leaves its place to others."""
        self._count(state, step, -1)

    def starts(self, state: RunState) -> Iterator[StartStep]:
        """Which start now; asked twice, the answer is the same."""
        chosen: list[StepState] = []
        back: list[_Waiting] = []
        for step, waiting in self._choose(state):
            # Counted as if it ran, for the choice of the next.
            self._count(state, step, 1)
            chosen.append(step)
            back.append(waiting)
        for step in chosen:
            self._count(state, step, -1)
        for waiting in back:
            self._push(state, waiting)
        return iter([StartStep(step.outline.step, step.attempt + 1) for step in chosen])

    def _choose(self, state: RunState) -> Iterator[tuple[StepState, _Waiting]]:
        blocked: _Waiting | None = None
        taken: set[str] = set()
        while self._running < state.jobs and not self._alone:
            heap = self._next_heap(asking=blocked is None)
            if heap is None:
                break
            waiting = heappop(heap)
            name = waiting[1]
            step = state.steps[name]
            if name not in self._ready or name in taken:
                continue
            rules = state.rules_of(step)
            node = step.outline.node
            if rules.concurrency is not None and self._running_of[node] >= rules.concurrency:
                heappush(self._held[node], waiting)
            elif heap is self._plain or self._fits(state, step):
                taken.add(name)
                yield step, waiting
            else:
                blocked = waiting
                if state.limits.are_exceeded_by(rules):
                    break  # it waits for an empty machine, and nobody may fill it again
        if blocked is not None:
            heappush(self._asking, blocked)

    def _next_heap(self, *, asking: bool) -> list[_Waiting] | None:
        heaps = [heap for heap in (self._plain, self._asking if asking else []) if heap]
        return min(heaps, key=lambda heap: heap[0]) if heaps else None

    def _fits(self, state: RunState, step: StepState) -> bool:
        rules, limits = state.rules_of(step), state.limits
        if limits.are_exceeded_by(rules):
            return self._running == 0
        return (not limits.cpu or self._cpu + rules.cpu <= limits.cpu + _SLACK) and (
            not limits.memory or self._memory + rules.memory <= limits.memory
        )

    def _push(self, state: RunState, waiting: _Waiting) -> None:
        rules = state.rules_of(state.steps[waiting[1]])
        heappush(self._asking if rules.cpu or rules.memory else self._plain, waiting)

    def _count(self, state: RunState, step: StepState, by: int) -> None:
        if step.items is not None:
            return  # only what it was expanded into takes places
        rules, node = state.rules_of(step), step.outline.node
        self._running += by
        self._running_of[node] += by
        self._cpu += by * rules.cpu
        self._memory += by * rules.memory
        self._alone += by * state.limits.are_exceeded_by(rules)
        held = self._held.get(node)
        while by < 0 and held and rules.concurrency is not None:
            self._push(state, heappop(held))
            if len(held) == 0 or self._running_of[node] >= rules.concurrency:
                break
