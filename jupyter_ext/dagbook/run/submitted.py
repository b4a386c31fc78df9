"""A run whose steps another scheduler runs, as it was last seen there; and the events that tell what is new.

Pure: what the journal tells so far, and what is seen, give what is to be told. So a follower that was killed
goes on from both, whoever saw what.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from dagbook.run.events import (
    CancelRequested,
    Event,
    FinishedAs,
    RunFinished,
    SkipCause,
    StepCancelled,
    StepFailed,
    StepSkipped,
    StepStarted,
    StepSucceeded,
    StepWaiting,
    StepWarned,
)
from dagbook.run.facts import NodeError
from dagbook.run.state import FINAL, RunState, StepState

AttemptPhase = Literal["pending", "running", "succeeded", "failed"]


@dataclass(frozen=True, kw_only=True)
class AttemptThere:
    """One attempt of a step, as the other scheduler tells it.

    Attributes:
        key: tells it from every other attempt of the step, also from those of an earlier try of the run.
        phase: `pending` while it was not begun.
        message: the scheduler's own words on it.
        seconds: from its beginning to its end, by the scheduler's clock; 0 while it goes on.
        failed_as: what kind of end it was, when it failed.
        is_tried_again: it failed, and another attempt is made without anybody asking.
        stored: where the scheduler keeps what it left; empty when it says nothing.
        log: by what its log can be asked for.
    """

    key: str
    phase: AttemptPhase
    message: str = ""
    seconds: float = 0.0
    failed_as: FinishedAs = "failed"
    is_tried_again: bool = False
    stored: str = ""
    log: str = ""


@dataclass(frozen=True, kw_only=True)
class StepThere:
    """A step: its attempts in order, or why it does not run."""

    attempts: tuple[AttemptThere, ...] = ()
    skipped: str | None = None
    skipped_by: SkipCause = "upstream"


@dataclass(frozen=True, kw_only=True)
class RunThere:
    """The whole run. `steps` are by the name of a step, or of a node for all of its steps.

    `stopped` says that somebody asked for it to end, whoever that was.
    """

    state: Literal["running", "succeeded", "failed"]
    scheduler: str
    message: str = ""
    seconds: float = 0.0
    stopped: bool = False
    steps: Mapping[str, StepThere] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Told:
    """What was told of attempts so far.

    Attributes:
        keys: step → the keys of its attempts, from the first; those of `new_attempts` are among them.
        folder: step and attempt → the attempt's folder, relative to the run folder.
        seconds: that the run took before it was taken up again.
    """

    keys: Mapping[str, Sequence[str]]
    folder: Callable[[str, int], str]
    seconds: float = 0.0


def new_attempts(
    state: RunState, there: RunThere, keys: Mapping[str, Sequence[str]]
) -> dict[tuple[str, int], AttemptThere]:
    """Attempts that are not among `keys`, by step and number. Numbers go on from those that were told."""
    found: dict[tuple[str, int], AttemptThere] = {}
    for step in state.steps.every():
        if step.state in FINAL:
            continue
        name = step.outline.step
        known = keys.get(name, ())
        number = max(len(known), step.attempt)
        for attempt in _seen(step, there).attempts:
            if attempt.phase != "pending" and attempt.key not in known:
                number += 1
                found[name, number] = attempt
    return found


def news(state: RunState, there: RunThere, told: Told) -> list[Event]:
    """The events that lead from what the journal tells to what is seen; none when it is the same."""
    if state.state != "running":
        return []
    events: list[Event] = []
    stopped = state.cancel_by is not None or there.stopped
    if there.stopped and state.cancel_by is None:
        events.append(CancelRequested(by=there.scheduler))
    for step in state.steps.every():
        if step.state in FINAL:
            continue
        events += _Teller(step, there, told, stopped=stopped).tell(_seen(step, there))
    if there.state != "running":
        end = "cancelled" if stopped and there.state == "failed" else there.state
        events.append(RunFinished(state=end, seconds=told.seconds + there.seconds))
    return events


def gone(state: RunState, why: str) -> list[Event]:
    """The events of a run that does not exist there any more: what went on is dead, the rest never comes."""
    events: list[Event] = []
    for step in state.steps.every():
        name = step.outline.step
        if step.state == "running":
            error = NodeError(name="WorkflowDeleted", value=why, remedy="submit the pipeline again")
            events.append(StepFailed(step=name, attempt=step.attempt, as_="killed", error=error, seconds=0))
        elif step.state == "pending":
            events.append(StepCancelled(step=name))
    end: Literal["cancelled", "failed"] = "cancelled" if state.cancel_by is not None else "failed"
    return [*events, RunFinished(state=end, seconds=0)]


def _seen(step: StepState, there: RunThere) -> StepThere:
    outline = step.outline
    return there.steps.get(outline.step) or there.steps.get(outline.node) or StepThere()


class _Teller:
    """Tells what is new of one step; knows what it has told already."""

    def __init__(self, step: StepState, there: RunThere, told: Told, *, stopped: bool) -> None:
        self._step = step
        self._name = step.outline.step
        self._there = there
        self._told = told
        self._stopped = stopped
        self._attempt = step.attempt
        self._state = step.state

    def tell(self, seen: StepThere) -> Iterator[Event]:
        keys = list(self._told.keys.get(self._name, ()))
        for attempt in seen.attempts:
            if attempt.phase == "pending":
                yield from self._waits(attempt)
            elif attempt.key in keys:
                yield from self._goes_on(attempt, keys.index(attempt.key) + 1)
        if seen.skipped is not None and self._state == "pending":
            self._state = "skipped"
            yield StepSkipped(step=self._name, because=seen.skipped, cause=seen.skipped_by)
        if self._there.state != "running" and self._state not in FINAL:
            yield self._is_over()

    def _waits(self, attempt: AttemptThere) -> Iterator[Event]:
        why = f"waits in {self._there.scheduler}" + (f": {attempt.message}" if attempt.message else "")
        if self._state == "pending" and self._step.waiting != why:
            yield StepWaiting(step=self._name, why=why)

    def _goes_on(self, attempt: AttemptThere, number: int) -> Iterator[Event]:
        if number < self._attempt or (number == self._attempt and self._state != "running"):
            return  # told long ago
        if number > self._attempt:
            if self._state == "running":
                yield self._failed("killed", "another attempt took its place", 0, retry_in=0.0)
            self._attempt, self._state = number, "running"
            folder = self._told.folder(self._name, number)
            yield StepStarted(step=self._name, attempt=number, folder=folder)
        if attempt.phase == "succeeded":
            if attempt.stored:
                where = f"its results are in {self._there.scheduler}'s artifact store: {attempt.stored}"
                if where not in self._step.warnings:
                    yield StepWarned(step=self._name, message=where)
            self._state = "succeeded"
            yield StepSucceeded(step=self._name, attempt=number, seconds=attempt.seconds)
        elif attempt.phase == "failed":
            yield from self._ended_badly(attempt)

    def _ended_badly(self, attempt: AttemptThere) -> Iterator[Event]:
        if self._stopped:
            self._state = "cancelled"
            yield StepCancelled(step=self._name, attempt=self._attempt, seconds=attempt.seconds)
            return
        again = 0.0 if attempt.is_tried_again else None
        self._state = "pending" if attempt.is_tried_again else attempt.failed_as
        message = attempt.message or "it failed, and nothing is said of why"
        yield self._failed(attempt.failed_as, message, attempt.seconds, retry_in=again)

    def _is_over(self) -> Event:
        """The run has ended there, and of this step nothing was said."""
        if self._stopped:
            return StepCancelled(step=self._name, attempt=self._attempt if self._is_running else None)
        ended = f"the workflow ended: {self._there.message or self._there.state}"
        if self._is_running:
            return self._failed("killed", f"{ended}; of how this step ended nothing is said", 0)
        if self._step.error is not None:  # it was to be tried again, and was not
            return self._failed("failed", self._step.error.value, self._step.seconds or 0)
        return StepSkipped(step=self._name, because=ended)

    @property
    def _is_running(self) -> bool:
        return self._state == "running"

    def _failed(
        self, failed_as: FinishedAs, message: str, seconds: float, retry_in: float | None = None
    ) -> StepFailed:
        error = NodeError(name="PodFailed", value=message, remedy=f"see `dagbook logs RUN {self._name}`")
        return StepFailed(
            step=self._name, attempt=self._attempt, as_=failed_as, error=error, seconds=seconds,
            retry_in=retry_in,
        )  # fmt: skip
