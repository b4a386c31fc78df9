"""Says how far along a notebook is: which cell runs, and, a few times a second at most, its last line."""

from __future__ import annotations

import time

from dagbook.engine.ports import Report
from dagbook.run.events import CellStarted, OutputSeen
from dagbook.runners.echo import Echo
from dagbook.runners.masking import Mask
from dagbook.runners.streams import without_ansi

_INTERVAL = 1 / 3
_LONGEST = 200
_LOOK_BACK = 2000


class Progress:
    """Reports on one attempt. Lines that come faster than a person reads are passed over."""

    def __init__(
        self, *, step: str, attempt: int, report: Report, mask: Mask, echo: Echo | None = None
    ) -> None:
        self._echo = echo
        self._step = step
        self._attempt = attempt
        self._report = report
        self._mask = mask
        self._waiting = ""
        self._next = 0.0

    def cell_started(self, cell: int, total: int) -> None:
        """The kernel was handed cell `cell` of `total`, counted from 1."""
        self._report(CellStarted(step=self._step, attempt=self._attempt, cell=cell, total=total))

    def printed(self, text: str) -> None:
        """The notebook printed `text`."""
        if self._echo is not None:
            self._echo.printed(text)
        recent = text[-_LOOK_BACK:]
        self._waiting = (self._waiting + recent)[-_LOOK_BACK:] if recent.strip() else self._waiting
        self.tell_if_due()

    def tell_if_due(self) -> None:
        """Report the last line unless the line before it was reported a moment ago."""
        now = time.monotonic()
        if not self._waiting or now < self._next:
            return
        lines = without_ansi(self._mask.text(self._waiting)).replace("\r", "\n").split("\n")
        self._waiting = ""
        last = next((line.strip() for line in reversed(lines) if line.strip()), "")
        if last:
            self._next = now + _INTERVAL
            line = last if len(last) <= _LONGEST else last[: _LONGEST - 1] + "…"
            self._report(OutputSeen(step=self._step, attempt=self._attempt, line=line))
