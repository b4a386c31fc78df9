"""The line in which a person's runs on one machine wait for their turn. The kernel takes out who dies."""

from __future__ import annotations

import fcntl
import os
import stat
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

from dagbook.errors import Finding, QueueFull

LONGEST: Final = 256
"""Runs in the line, those that go on among them."""
_EACH: Final = 96 << 20
"""Bytes of the machine's memory for each: one that waits takes about 32 MB."""


def queue_folder() -> Path | None:
    """Where this person's line on this machine is; None where no folder is theirs alone."""
    parent = Path(os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir())
    own = parent / f"dagbook-{os.getuid()}"
    with suppress(OSError):
        own.mkdir(mode=0o700, exist_ok=True)
        found = own.lstat()
        if stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid():
            folder = own / "queue"
            folder.mkdir(mode=0o700, exist_ok=True)
            return folder
    return None


class Turn:
    """A place in the line: a file that is locked for as long as a process has it open.

    Args:
        ticket: the file. Their names sort as they came.
        descriptor: the ticket, open and locked.
        at_once: how many runs go on at a time.
    """

    def __init__(self, ticket: Path, descriptor: int, at_once: int) -> None:
        self.ticket = ticket
        self.descriptor = descriptor
        self._at_once = at_once
        self._is_ours = False

    @classmethod
    def take(cls, folder: Path, run: str, at_once: int, memory: int = 0) -> Turn:
        """A place at the end of the line.

        Args:
            folder: of the line.
            run: whose place it is.
            at_once: how many runs go on at a time.
            memory: bytes that the machine has; 0 where that is not known.

        Raises:
            QueueFull: the line is as long as it may be.
            OSError: there can be no line there.
        """
        longest = min(LONGEST, memory // _EACH) if memory else LONGEST
        waiting = len(_tickets(folder))
        if waiting >= longest:  # some may be of the dead
            waiting = sum(_is_held(ticket) for ticket in _tickets(folder))
        if waiting >= longest:
            raise QueueFull(
                Finding(
                    code="too-many-runs",
                    message=f"{waiting} runs go on or wait for their turn here, and more are not taken",
                    remedy="wait until some have ended, or cancel some: `dagbook runs --state running`",
                )
            )
        ticket = folder / f"{time.time_ns():020d}-{run}"
        # Under its name it is locked from the first moment: an unlocked one is taken for a dead run's.
        new = folder / f".{ticket.name}"
        descriptor = os.open(new, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            new.rename(ticket)
        except OSError:
            os.close(descriptor)
            new.unlink(missing_ok=True)
            raise
        return cls(ticket, descriptor, at_once)

    def hand_over(self) -> None:
        """It belongs to the process that has inherited the descriptor."""
        os.close(self.descriptor)

    def in_the_way(self) -> str | None:
        """Why it is not the run's turn yet; None once it is."""
        if not self._is_ours:
            before = [other for other in _tickets(self.ticket.parent) if other.name < self.ticket.name]
            going_on = 0
            for other in before:
                going_on += _is_held(other)
                if going_on >= self._at_once:
                    many = len(before)
                    return (
                        f"its turn: {many} {'run' if many == 1 else 'runs'} came first, "
                        f"and {self._at_once} at a time go on here"
                    )
            self._is_ours = True
        return None

    def leave(self) -> None:
        """Let the next one come; safe to call twice."""
        if self.descriptor >= 0:
            self.ticket.unlink(missing_ok=True)
            os.close(self.descriptor)
            self.descriptor = -1
            self._is_ours = True


def _tickets(folder: Path) -> list[Path]:
    """As they came."""
    try:
        return sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    except OSError:  # somebody tidied up: there is no line to wait in
        return []


def _is_held(ticket: Path) -> bool:
    """Whether a living process has it; that of a dead one is taken away."""
    try:
        descriptor = os.open(ticket, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(descriptor)
    ticket.unlink(missing_ok=True)
    return False
