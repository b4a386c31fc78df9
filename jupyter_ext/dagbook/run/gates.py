"""Who waits for whom. Steps with the same needs share a gate: a matrix behind a matrix stays small."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass
class _Gate:
    """`left` of what is needed are not over; `blocked` when one of those that are over ended badly."""

    left: int
    blocked: bool = False
    waiting: list[str] = field(default_factory=list)


class Gates:
    """The gates of one run."""

    def __init__(self) -> None:
        self._gates: dict[tuple[str, ...], _Gate] = {}
        self._before: dict[str, _Gate] = {}
        self._behind: dict[str, list[_Gate]] = {}

    def add(self, step: str, needs: tuple[str, ...]) -> None:
        """A step, and what it needs."""
        gate = self._gates.get(needs)
        if gate is None:
            gate = self._gates[needs] = _Gate(left=len(set(needs)))
            for need in set(needs):
                self._behind.setdefault(need, []).append(gate)
        gate.waiting.append(step)
        self._before[step] = gate

    def ended(self, step: str, *, bad: bool) -> Iterator[str]:
        """A step is over: those of whom something can be said now that could not be said before."""
        moved: list[str] = []
        for gate in self._behind.get(step, ()):
            gate.left -= 1
            newly_blocked = bad and not gate.blocked
            gate.blocked = gate.blocked or bad
            if newly_blocked or gate.left == 0:
                moved += gate.waiting
        return iter(moved)

    def of(self, step: str) -> int:
        """Which gate it waits at: the same number for steps with the same needs."""
        return id(self._before[step])

    def may_move(self, step: str) -> bool:
        """Whether anything can be said of a step yet."""
        gate = self._before[step]
        return gate.left == 0 or gate.blocked
