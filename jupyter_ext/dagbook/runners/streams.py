"""What a cell prints, gathered as it comes: overwritten lines gone, secrets masked, a limit kept.

Knows nothing of messages or notebooks: text goes in, text comes out. Memory stays within about the limit.
"""

from __future__ import annotations

import re
from collections import deque

from dagbook.runners.masking import Mask

OUTPUT_LIMIT = 10_000_000
"""Characters of output kept per cell."""

_SETTLE_AT = 64_000
"""Characters that are gathered before they are looked at: fewer would make a flood of small prints slow."""

_OVERWRITTEN = re.compile(r"[^\n]*\r(?=[^\n\r])")
_ANSI = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b[@-Z\\-_]|\x1b\][^\x07]*\x07")


def without_ansi(text: str) -> str:
    """The text without colours and other terminal codes."""
    return _ANSI.sub("", text)


def carriage_returns_applied(text: str) -> str:
    """What a terminal would show of lines that were drawn over each other."""
    if "\r" not in text:
        return text
    return _OVERWRITTEN.sub("", text.replace("\r\n", "\n"))


class Room:
    """How much of one cell's output is kept, half of it from the beginning; shared by the cell's streams."""

    def __init__(self, limit: int = OUTPUT_LIMIT) -> None:
        self.limit = limit
        self._left_at_head = limit // 2
        self._left_at_tail = limit - limit // 2
        self._with_tails: deque[Stream] = deque()

    def take(self, wanted: int) -> int:
        """As much of `wanted` characters as still belongs to the beginning."""
        granted = min(wanted, self._left_at_head)
        self._left_at_head -= granted
        return granted

    def tail_grew(self, stream: Stream, size: int) -> None:
        """Make room for what was added to the end; what was there longest goes."""
        if stream not in self._with_tails:
            self._with_tails.append(stream)
        self._left_at_tail -= size
        while self._left_at_tail < 0:
            oldest = self._with_tails[0]
            freed = oldest.drop_from_tail(-self._left_at_tail)
            self._left_at_tail += freed
            if not freed:
                self._with_tails.popleft()


class Stream:
    """One run of text on one of a cell's streams: its beginning, its end, and how much is missing between."""

    def __init__(self, room: Room, mask: Mask) -> None:
        self.dirty = False
        self._room = room
        self._mask = mask
        self._fresh: list[str] = []
        self._fresh_size = 0
        self._head: list[str] = []
        self._tail: deque[str] = deque()
        self._left_out = 0

    def append(self, text: str) -> None:
        """Take in what was printed."""
        self.dirty = True
        self._fresh.append(text)
        self._fresh_size += len(text)
        if self._fresh_size >= _SETTLE_AT:
            self._settle()

    def text(self) -> str:
        """All that is kept, with a line that says how much is not."""
        self.dirty = False
        pending = self._mask.text(carriage_returns_applied("".join(self._fresh)))
        head, tail = "".join(self._head), "".join(self._tail) + pending
        if not self._left_out:
            return head + tail
        marker = f"\n… {self._left_out:,} characters left out by Dagbook (limit {self._room.limit:,}) …\n"
        return head + marker + tail

    def drop_from_tail(self, size: int) -> int:
        """Forget up to `size` of the oldest characters of the end; how many it were."""
        freed = 0
        while self._tail and freed < size:
            oldest = self._tail.popleft()
            if len(oldest) > size - freed:
                self._tail.appendleft(oldest[size - freed :])
                freed = size
            else:
                freed += len(oldest)
        self._left_out += freed
        return freed

    def _settle(self) -> None:
        """Put by what nothing can change any more: not the last line, nor what may be half a secret."""
        text = carriage_returns_applied("".join(self._fresh))
        cut = text.rfind("\n") + 1
        if cut == 0 and "\r" not in text[-_SETTLE_AT:]:
            # A line without an end; if it is overwritten later, some of it stays.
            cut = len(text)
        cut = self._mask.cut_beside_secret(text, max(min(cut, len(text) - self._mask.reach), 0))
        self._keep(self._mask.text(text[:cut]))
        self._fresh = [text[cut:]]
        self._fresh_size = min(len(text) - cut, _SETTLE_AT // 2)

    def _keep(self, text: str) -> None:
        at_head = 0 if self._tail or self._left_out else self._room.take(len(text))
        if at_head:
            self._head.append(text[:at_head])
        if at_head < len(text):
            self._tail.append(text[at_head:])
            self._room.tail_grew(self, len(text) - at_head)
