"""What can go wrong, said so that a person can mend it.

    DagbookError            anything we raise on purpose
    ├── InvalidInput        what was asked for cannot be done; nothing was started (exit 2)
    │   └── NotFound        there is no such run, step or file (exit 2)
    ├── EnvironmentFault    the machine is in the way: disk, permission, kernel (exit 3)
    │   └── QueueFull       too many runs go on or wait already (exit 3)
    └── RunBusy             another driver holds the run (exit 4)

This module imports nothing of ours, so that every other may import it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from difflib import get_close_matches
from enum import IntEnum
from typing import ClassVar, Final, Literal


class Exit(IntEnum):
    """Exit codes of the command line; see docs/reference/exit-codes.md."""

    OK = 0
    FAILED = 1
    INVALID = 2
    ENVIRONMENT = 3
    BUSY = 4
    CANCELLED = 5
    BUG = 70
    SIGINT = 130
    SIGTERM = 143


class PartExit(IntEnum):
    """What a scheduler is told beyond `Exit`: what to do about a step that has no result."""

    AGAIN = 75
    """It failed, and is to be tried again."""
    LEFT_OUT = 76
    """Its upstream came to nothing, so it did not run."""
    SKIPPED = 77
    """Its condition does not hold; that is in nobody's way."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that is wrong, where it is, and what to do about it.

    Lines, columns and cells count from 1, as editors and people do.
    """

    code: str
    message: str
    remedy: str
    file: str | None = None
    line: int | None = None
    column: int | None = None
    node: str | None = None
    cell: int | None = None
    parameter: str | None = None
    severity: Literal["error", "warning"] = "error"

    def __str__(self) -> str:
        numbers = [str(n) for n in (self.line, self.column) if n is not None]
        place = ":".join([self.file or "", *numbers]).strip(":")
        subject = " ".join(
            part
            for part in (
                f"node '{self.node}'" if self.node else "",
                f"cell {self.cell}" if self.cell else "",
            )
            if part
        )
        lead = ": ".join(part for part in (place, subject) if part)
        said = f"{self.message}. Fix: {self.remedy}" if self.remedy else self.message
        return f"{lead}: {said}" if lead else said

    def to_json(self) -> dict[str, object]:
        """The finding as `dagbook validate --json` prints it."""
        return asdict(self)


class DagbookError(Exception):
    """Base of every error that Dagbook raises on purpose."""

    exit_code: ClassVar[Exit] = Exit.BUG

    def __init__(self, *findings: Finding) -> None:
        self.findings = findings
        super().__init__("\n".join(str(finding) for finding in findings))


class InvalidInput(DagbookError):
    """What was asked for cannot be done as written. Nothing was started."""

    exit_code: ClassVar[Exit] = Exit.INVALID


class NotFound(InvalidInput):
    """There is no run, step or file of that name."""


class EnvironmentFault(DagbookError):
    """The machine is in the way: no space, no permission, no such kernel."""

    exit_code: ClassVar[Exit] = Exit.ENVIRONMENT


def not_writable(what: str, error: OSError, place: object, remedy: str) -> EnvironmentFault:
    """What to raise when something that was to be written at a place could not be.

    Args:
        what: could not be done: `the report cannot be written`.
        error: why.
        place: the file or folder.
        remedy: what to do.
    """
    return EnvironmentFault(
        Finding(
            code="not-writable", message=f"{what}: {error.strerror}", remedy=remedy, file=str(place),
        )
    )  # fmt: skip


class QueueFull(EnvironmentFault):
    """Too many runs go on or wait for their turn on this machine already. Nothing was started."""


class RunBusy(DagbookError):
    """Another driver holds the run."""

    exit_code: ClassVar[Exit] = Exit.BUSY


# Letters from which the beginning of a name says more than its likeness: `desc` is no `nodes`.
_PREFIX: Final = 3


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known name that `word` was most likely meant to be, if any is near."""
    names = list(known)
    begun = [name for name in names if len(word) >= _PREFIX and name.casefold().startswith(word.casefold())]
    if len(begun) == 1:
        return begun[0]
    close = get_close_matches(word, names, n=1, cutoff=0.5)
    if close:
        return close[0]
    folded = {name.casefold(): name for name in names}
    return folded.get(word.casefold())


def did_you_mean(word: str, known: Iterable[str], otherwise: str = "") -> str:
    """A remedy that names the nearest known name, and the others when there are few."""
    names = sorted(set(known))
    near = nearest(word, names)
    if near:
        return f"did you mean '{near}'?"
    if names:
        return f"use one of: {', '.join(names[:12])}{', …' if len(names) > 12 else ''}"  # noqa: PLR2004
    return otherwise
