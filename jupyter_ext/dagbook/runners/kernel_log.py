"""Keeps what a kernel writes past Jupyter, in a file: masked, and not more than a limit."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from types import TracebackType
from typing import Self

from dagbook.runners.masking import Mask
from dagbook.runners.streams import Room, Stream

_LIMIT = 1_000_000
_AT_ONCE = 65_536
_LAST_WORDS = 2.0


class KernelLog:
    """Give `writing` to the kernel as its stdout and stderr; the file gets all of it at the end."""

    def __init__(self, path: Path, mask: Mask) -> None:
        self._path = path
        self._stream = Stream(Room(_LIMIT), mask)
        self._reading, self.writing = os.pipe()
        self._thread = threading.Thread(target=self._read, name="kernel log", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self.writing)
        # Ends when nobody holds the other end any more; a process that escaped us may.
        self._thread.join(_LAST_WORDS)
        text = self._stream.text()
        if text:
            with self._path.open("a", encoding="utf-8", errors="replace") as file:
                file.write(text)

    def _read(self) -> None:
        while read := os.read(self._reading, _AT_ONCE):
            self._stream.append(read.decode("utf-8", "replace"))
        os.close(self._reading)
