"""What the machine wants done. The shell carries each out and answers with events."""

from __future__ import annotations

from dataclasses import dataclass

from dagbook.run.events import RunEnd, SkipCause


@dataclass(frozen=True)
class StartStep:
    """Run the step (or take its result from the cache)."""

    step: str
    attempt: int


@dataclass(frozen=True)
class StopStep:
    """End the step's attempt and everything it started."""

    step: str


@dataclass(frozen=True)
class SkipStep:
    """Record that the step will not run."""

    step: str
    because: str
    cause: SkipCause = "upstream"


@dataclass(frozen=True)
class AskStep:
    """Ask a person whether the step may run, unless it need not run at all."""

    step: str


@dataclass(frozen=True)
class ExpandStep:
    """Find out what a `foreach` is over, and record its steps."""

    step: str


@dataclass(frozen=True)
class GatherStep:
    """Record what came of a step that was expanded: all of what it became is over."""

    step: str


@dataclass(frozen=True)
class CancelStep:
    """Record that a step that never started will not."""

    step: str


@dataclass(frozen=True)
class FinishRun:
    """Record the end of the run."""

    state: RunEnd


Command = StartStep | StopStep | SkipStep | AskStep | ExpandStep | GatherStep | CancelStep | FinishRun
