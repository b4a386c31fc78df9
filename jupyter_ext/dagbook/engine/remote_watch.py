"""Looks at a run at another scheduler from a thread of its own, and never gives up too soon."""

from __future__ import annotations

import queue
import threading
from dataclasses import dataclass
from typing import Final

from dagbook.engine.submission import Submitted, SubmittedAway, SubmittedGone
from dagbook.errors import DagbookError
from dagbook.run.submitted import RunThere

_FIRST_PAUSE: Final = 0.5
_LONGEST_PAUSE: Final = 30.0


@dataclass(frozen=True)
class Away:
    """The scheduler does not answer; it is asked again."""

    why: str


@dataclass(frozen=True)
class Gone:
    """The run is not there any more."""


Seen = RunThere | Away | Gone | DagbookError
"""A DagbookError is the last word: waiting does not mend it."""


class RemoteWatch:
    """A thread that looks; `next` gives what it saw, in order."""

    def __init__(self, submitted: Submitted) -> None:
        self._submitted = submitted
        self._seen: queue.Queue[Seen | BaseException] = queue.Queue()
        self._closed = threading.Event()

    def begin(self) -> None:
        """Start looking."""
        threading.Thread(target=self._look, daemon=True).start()

    def next(self, seconds: float) -> Seen | None:
        """What was seen next; None when nothing is new for so long."""
        try:
            seen = self._seen.get(timeout=seconds)
        except queue.Empty:
            return None
        if isinstance(seen, BaseException) and not isinstance(seen, DagbookError):
            raise seen
        return seen

    def close(self) -> None:
        """Look no more."""
        self._closed.set()

    def _look(self) -> None:
        try:
            pause = _FIRST_PAUSE
            while not self._closed.is_set():
                try:
                    # First a look, for nobody says what a watch has missed.
                    self._seen.put(self._submitted.look())
                    pause = _FIRST_PAUSE
                    for there in self._submitted.watch():
                        self._seen.put(there)
                        if self._closed.is_set():
                            return
                    self._closed.wait(_FIRST_PAUSE)
                except SubmittedAway as error:
                    self._seen.put(Away(str(error)))
                    self._closed.wait(pause)
                    pause = min(2 * pause, _LONGEST_PAUSE)
        except SubmittedGone:
            self._seen.put(Gone())
        except DagbookError as error:
            self._seen.put(error)
        except BaseException as error:  # noqa: BLE001  # a bug of ours must end the driver, not hang it
            self._seen.put(error)
