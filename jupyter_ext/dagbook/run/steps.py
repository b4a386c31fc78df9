"""The steps of a run as the journal tells them, in the plan's order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, Final, Literal

from dagbook.notebook.outputs import Output
from dagbook.run.copying import changed
from dagbook.run.events import Answer, SkipCause
from dagbook.run.facts import NodeError, StepOutline

# `lost` is never written by a driver: a reader sees it when the driver is gone.
StepStatus = Literal[
    "pending", "running", "succeeded", "reused", "failed", "timed-out", "killed", "cancelled", "skipped",
    "lost",
]  # fmt: skip

GOOD: Final = frozenset({"succeeded", "reused"})
BAD: Final = frozenset({"failed", "timed-out", "killed"})
FINAL: Final = GOOD | BAD | {"cancelled", "skipped", "lost"}

_CHUNK: Final = 128


@dataclass(frozen=True, kw_only=True)
class Approval:
    """A question to a person; times are ISO 8601. `answer` is empty until there is one."""

    message: str
    by: tuple[str, ...] = ()
    timeout: float | None = None
    asked: str
    answer: Answer | Literal[""] = ""
    who: str = ""
    comment: str = ""
    answered: str | None = None


@dataclass(frozen=True, kw_only=True)
class Held:
    """A kernel that is kept for a person after a cell failed; times are ISO 8601.

    `connection` is the file that Jupyter's clients connect by.
    """

    error: NodeError
    since: str
    until: str
    connection: str


@dataclass(frozen=True, kw_only=True)
class StepState:
    """One step. `cell` and `total` count cells from 1; times are ISO 8601.

    Of a step that is expanded (`foreach`) `items` is how many there are, None before; `ended` and `bad` count
    those that are over and that failed. `value` is the element that one of them is for, encoded. `retry_in`
    is how many seconds after `finished` a failed step is tried again; `waiting` says what a step waits for
    though its turn has come. `tried` are the attempts of earlier drivers; `attempts` those of the elements
    of a list that is to be made anew. `held` says that the kernel is kept after a failure, and `by_hand` who
    finished the step in it.
    """

    outline: StepOutline
    state: StepStatus = "pending"
    attempt: int = 0
    cell: int = 0
    total: int = 0
    line: str = ""
    started: str | None = None
    finished: str | None = None
    seconds: float | None = None
    peak_memory: int | None = None
    outputs: Mapping[str, Output] = field(default_factory=dict)
    folder: str = ""
    notebook: str = ""
    fingerprint: str = ""
    reason: str = ""
    error: NodeError | None = None
    stopped_early: int | None = None
    mlflow_run_id: str | None = None
    warnings: tuple[str, ...] = ()
    stopping: bool = False
    skipped_by: SkipCause | None = None
    retry_in: float | None = None
    waiting: str = ""
    items: int | None = None
    ended: int = 0
    bad: int = 0
    value: Any = None
    tried: int = 0
    approval: Approval | None = None
    held: Held | None = None
    by_hand: str = ""
    attempts: tuple[int, ...] = ()


def without_attempt(step: StepState, attempt: int, at: str) -> StepState:
    """A step that could not be prepared: the attempt counts, and nothing of it ever ran."""
    return changed(
        step, attempt=attempt, started=at, cell=0, total=0, line="", waiting="", folder="", mlflow_run_id=None
    )


class Steps(Mapping[str, StepState]):
    """Name → step, ordered and frozen. One that differs in one step shares all the others' memory."""

    __slots__ = ("_chunks", "_place")

    def __init__(self, steps: Iterable[StepState] = ()) -> None:
        listed = list(steps)
        self._share(
            {step.outline.step: place for place, step in enumerate(listed)},
            tuple(tuple(listed[at : at + _CHUNK]) for at in range(0, len(listed), _CHUNK)),
        )

    def _share(self, place: Mapping[str, int], chunks: tuple[tuple[StepState, ...], ...]) -> None:
        self._place = place
        self._chunks = chunks

    def __getitem__(self, name: str) -> StepState:
        chunk, at = divmod(self._place[name], _CHUNK)
        return self._chunks[chunk][at]

    def __iter__(self) -> Iterator[str]:
        return iter(self._place)

    def __len__(self) -> int:
        return len(self._place)

    def __contains__(self, name: object) -> bool:
        return name in self._place

    def __eq__(self, other: object) -> bool:
        return self._chunks == other._chunks if isinstance(other, Steps) else NotImplemented

    __hash__ = None  # type: ignore[assignment]  # what it holds has none either

    def __repr__(self) -> str:
        return f"Steps({', '.join(f'{name}: {step.state}' for name, step in self.items())})"

    def every(self) -> Iterator[StepState]:
        """All steps in order; what `values()` gives, sooner."""
        return chain.from_iterable(self._chunks)

    def replaced(self, step: StepState) -> Steps:
        """With this one in place of the one of its name."""
        chunk, at = divmod(self._place[step.outline.step], _CHUNK)
        old = self._chunks[chunk]
        changed = (*old[:at], step, *old[at + 1 :])
        new = Steps()
        new._share(self._place, (*self._chunks[:chunk], changed, *self._chunks[chunk + 1 :]))
        return new

    def expanded(self, step: StepState, children: Iterable[StepState]) -> Steps:
        """With this one in place of the one of its name, and its children behind it."""
        name = step.outline.step
        return Steps(
            each
            for old in self.every()
            for each in ((step, *children) if old.outline.step == name else (old,))
        )
