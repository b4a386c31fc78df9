"""The outputs of the cell that runs, kept within bounds while they come. Knows nothing of kernels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dagbook.notebook.outputs import OUTPUT_MIME
from dagbook.runners.masking import Mask
from dagbook.runners.streams import OUTPUT_LIMIT, Room, Stream

_MANY = 1000
"""Outputs of one cell after which printed text is no longer kept in step with displays between."""


class CellOutputs:
    """Collects into `outs`, a cell's list of outputs; `write_out` brings the texts in it up to date.

    `new_output` makes an empty stream output of a given name.
    """

    _streams: list[tuple[dict[str, Any], Stream]]

    def __init__(
        self,
        outs: list[Any],
        mask: Mask,
        new_output: Callable[[str], Any],
        limit: int = OUTPUT_LIMIT,
    ) -> None:
        self.outs = outs
        self._mask = mask
        self._new_output = new_output
        self._limit = limit
        self.clear()

    def clear(self) -> None:
        """The cell cleared its output: what it printed so far is gone, and counts no more."""
        self._room = Room(self._limit)
        self._streams = []
        self._displayed = 0
        self._dropped = 0
        self._dropped_size = 0
        self._note: Any = None

    def add_text(self, name: str, text: str) -> None:
        """Take in what was printed on stream `name`."""
        stream = self._open_stream(name)
        if stream is None:
            output = self._new_output(name)
            stream = Stream(self._room, self._mask)
            self.outs.append(output)
            self._streams.append((output, stream))
        stream.append(text)

    def _open_stream(self, name: str) -> Stream | None:
        """The stream that a print-out goes on: the last output, or in a flood the last of that name."""
        for output, stream in self._streams[:-3:-1]:
            is_last = bool(self.outs) and self.outs[-1] is output
            if output["name"] == name and (is_last or len(self.outs) > _MANY):
                return stream
        return None

    def admits(self, output: dict[str, Any]) -> bool:
        """Whether a display still fits; outputs that were published and errors always do."""
        data = output.get("data", {})
        if output["output_type"] == "error" or OUTPUT_MIME in data:
            return True
        size = sum(len(part) if isinstance(part, str) else len(repr(part)) for part in data.values())
        if self._displayed + size <= self._limit:
            self._displayed += size
            return True
        self._dropped += 1
        self._dropped_size += size
        return False

    def write_out(self) -> None:
        """Bring the texts in `outs` up to date."""
        for output, stream in self._streams:
            if stream.dirty:
                output["text"] = stream.text()
        if self._dropped and self._note is None:
            self._note = self._new_output("stderr")
            self.outs.append(self._note)
        if self._note is not None:
            self._note["text"] = (
                f"… {self._dropped:,} displays ({self._dropped_size:,} characters) left out by Dagbook "
                f"(limit {self._limit:,} per cell) …\n"
            )
