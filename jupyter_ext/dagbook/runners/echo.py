"""What a notebook prints, line by line, for the log of a container: nobody there takes our events."""

from __future__ import annotations

from collections.abc import Callable

from dagbook.runners.masking import Mask
from dagbook.runners.streams import without_ansi


class Echo:
    """Says whole lines, for a secret is only known whole; the last one when the notebook is over."""

    def __init__(self, say: Callable[[str], None], mask: Mask) -> None:
        self._say = say
        self._mask = mask
        self._begun = ""

    def printed(self, text: str) -> None:
        """The notebook printed `text`."""
        whole, end, self._begun = (self._begun + text).rpartition("\n")
        if end:
            self._say(self._mask.text(whole) + end)

    def over(self, traceback: str) -> None:
        """The notebook is over; with the traceback of its error, if it has one."""
        if self._begun:
            self.printed("\n")
        if traceback:
            self._say(self._mask.text(without_ansi(traceback)).rstrip("\n") + "\n")
