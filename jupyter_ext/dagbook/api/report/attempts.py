"""When each attempt of each step ran, as a timeline draws it. Pure: from entries of a journal to bars."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from dagbook.run.events import Entry, StepCancelled, StepFailed, StepStarted, StepSucceeded


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One attempt. `began` and `ended` are seconds since the first one began; None while it is going on."""

    step: str
    number: int
    state: str
    began: float
    ended: float | None


@dataclass(frozen=True, kw_only=True)
class Bar:
    """An attempt as it is drawn: where it begins and how long it is, in percent of the whole timeline."""

    number: int
    state: str
    left: float
    width: float
    seconds: float


def attempts(entries: Iterable[Entry]) -> tuple[Attempt, ...]:
    """Every attempt that began, in the order in which they did; and those that could not be prepared."""
    found: dict[tuple[str, int], Attempt] = {}
    start: datetime | None = None
    for entry in entries:
        event, at = entry.event, datetime.fromisoformat(entry.at)
        if isinstance(event, StepStarted):
            start = start or at
            found[event.step, event.attempt] = Attempt(
                step=event.step,
                number=event.attempt,
                state="running",
                began=(at - start).total_seconds(),
                ended=None,
            )
        elif isinstance(event, StepSucceeded | StepFailed | StepCancelled) and start is not None:
            begun = found.get((event.step, event.attempt or 0))
            now = (at - start).total_seconds()
            if begun is not None:
                # A clock that was set back must not draw a bar of negative length.
                ended = max(begun.began, now)
                found[event.step, begun.number] = replace(begun, state=_ended_as(event), ended=ended)
            elif isinstance(event, StepFailed) and event.attempt:
                found[event.step, event.attempt] = Attempt(
                    step=event.step, number=event.attempt, state=event.as_, began=now, ended=now
                )
    return tuple(found.values())


def bars(found: Sequence[Attempt]) -> dict[str, tuple[Bar, ...]]:
    """Step → the bars of its attempts. One that is going on reaches to the end of the timeline."""
    whole = max((attempt.ended or attempt.began for attempt in found), default=0.0) or 1.0
    drawn: dict[str, list[Bar]] = {}
    for attempt in found:
        ended = whole if attempt.ended is None else attempt.ended
        drawn.setdefault(attempt.step, []).append(
            Bar(
                number=attempt.number,
                state=attempt.state,
                left=round(100 * attempt.began / whole, 2),
                width=round(100 * (ended - attempt.began) / whole, 2),
                seconds=ended - attempt.began,
            )
        )
    return {step: tuple(found_bars) for step, found_bars in drawn.items()}


def _ended_as(event: StepSucceeded | StepFailed | StepCancelled) -> str:
    if isinstance(event, StepFailed):
        return event.as_
    return "succeeded" if isinstance(event, StepSucceeded) else "cancelled"
