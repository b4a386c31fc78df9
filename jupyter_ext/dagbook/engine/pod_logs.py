"""What attempts print at another scheduler, brought into their folders line by line, as it comes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from dagbook.engine.folders import LOG
from dagbook.engine.submission import Submitted, SubmittedAway, SubmittedGone
from dagbook.errors import DagbookError

_AT_ONCE: Final = 64
"""Streams; what prints beyond them is brought when one of them ends."""
_PAUSE: Final = 1.0
_TRIES: Final = 3
"""After an attempt is over: its pod may be gone, and its log with it."""


@dataclass
class _Stream:
    key: str
    place: Path
    over: threading.Event = field(default_factory=threading.Event)
    done: threading.Event = field(default_factory=threading.Event)


class PodLogs:
    """Brings logs by threads of its own. What cannot be brought is missing, and stops nothing."""

    def __init__(self, submitted: Submitted) -> None:
        self._submitted = submitted
        self._streams: dict[Path, _Stream] = {}
        self._room = threading.BoundedSemaphore(_AT_ONCE)

    def begin(self, place: Path, key: str) -> None:
        """Bring what the attempt with that folder prints; once for each."""
        if place in self._streams:
            return
        stream = self._streams[place] = _Stream(key, place)
        threading.Thread(target=self._bring, args=(stream,), daemon=True).start()

    def settle(self, places: Iterable[Path], seconds: float) -> None:
        """These attempts are over: wait until their logs are whole, but no longer than that."""
        ended = [self._streams[place] for place in places if place in self._streams]
        for stream in ended:
            stream.over.set()
        deadline = time.monotonic() + seconds
        for stream in ended:
            stream.done.wait(max(0.0, deadline - time.monotonic()))

    def _bring(self, stream: _Stream) -> None:
        with self._room:
            left = _TRIES
            while left:
                # Looked at before: what is asked for after the end is all of it.
                was_over = stream.over.is_set()
                try:
                    _append_new(stream.place / LOG, lambda: self._submitted.log(stream.key))
                    if was_over:
                        break
                except (SubmittedAway, SubmittedGone, DagbookError, OSError):
                    left -= was_over
                stream.over.wait(_PAUSE) if not was_over else time.sleep(_PAUSE)
        stream.done.set()


def _append_new(path: Path, lines: Callable[[], Iterable[str]]) -> None:
    """Write the lines that are not there yet: a log begins anew each time that it is asked for."""
    with path.open("ab+") as file:
        file.seek(0)
        known = file.read()
        whole = known[: known.rfind(b"\n") + 1]
        file.truncate(len(whole))
        count = whole.count(b"\n")
        for number, line in enumerate(lines()):
            if number >= count:
                file.write(line.replace("\n", " ").encode("utf-8", "replace") + b"\n")
                file.flush()
