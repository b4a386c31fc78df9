"""What a format is. Formats implement it; the registry asks."""

from __future__ import annotations

from pathlib import Path, PurePath
from typing import Any, Protocol


class Format(Protocol):
    """One way of writing a kind of object to a file."""

    suffix: str
    """Of the files it writes, with the dot."""

    def fits(self, value: object) -> bool:
        """Whether it writes such a value. Must import nothing."""

    def write(self, value: Any, path: Path) -> None:
        """Write it. Raises TypeError, with what to do, for a value that only looked as if it could."""


def is_a(value: object, library: str, name: str) -> bool:
    """Whether the value is of class `name` of `library`, or of a class made from it; imports nothing."""
    return any(
        kind.__name__ == name and kind.__module__.partition(".")[0] == library for kind in type(value).__mro__
    )


def type_name(value: object) -> str:
    """The value's type as people call it: `DataFrame`, `ndarray`, `int`."""
    return "Path" if isinstance(value, PurePath) else type(value).__name__
