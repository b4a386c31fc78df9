"""Tables as text, for terminals: columns as wide as what stands in them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from unicodedata import combining, east_asian_width


def text_table(header: Sequence[str], rows: Iterable[Sequence[str]], right: Iterable[int] = ()) -> str:
    """Lines with aligned columns; those numbered in `right` (from 0) stand to the right."""
    lines = [[_one_line(cell) for cell in row] for row in (header, *rows)]
    widths = [max(_width(line[index]) for line in lines) for index in range(len(header))]
    numbers = set(right)
    return "\n".join(
        "  ".join(
            f"{' ' * (widths[index] - _width(cell))}{cell}"
            if index in numbers
            else f"{cell}{' ' * (widths[index] - _width(cell))}"
            for index, cell in enumerate(line)
        ).rstrip()
        for line in lines
    )


def _one_line(text: str) -> str:
    """No character of a name may move the terminal's cursor."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)


def _width(text: str) -> int:
    return sum(0 if combining(letter) else 2 if east_asian_width(letter) in "WF" else 1 for letter in text)
