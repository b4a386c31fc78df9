"""A flaw of a manifest, and how lists of named things are read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Place = tuple[str | int, ...]


@dataclass(frozen=True)
class Flaw:
    """Something that would fail on the cluster, or mean another thing than it seems.

    Attributes:
        place: keys and indices from the top of the manifest.
        message: what is wrong.
    """

    place: Place
    message: str

    def __str__(self) -> str:
        return f"{'.'.join(map(str, self.place))}: {self.message}"


def each(found: Any, place: Place) -> Iterator[tuple[Place, Mapping[str, Any]]]:
    """The objects of a list with their places; nothing when it is no list."""
    if isinstance(found, Sequence) and not isinstance(found, str):
        for index, one in enumerate(found):
            if isinstance(one, Mapping):
                yield (*place, index), one


def part(found: Any, *keys: str) -> Any:
    """What lies there under the keys; None when something on the way is absent."""
    for key in keys:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found


def names(found: Any) -> list[str]:
    """The names of a list of named things."""
    return [str(one["name"]) for _, one in each(found, ()) if "name" in one]


def twice(found: Any, what: str, place: Place) -> Iterator[Flaw]:
    """Names that a list has twice."""
    seen: set[str] = set()
    for where, one in each(found, place):
        name = str(one.get("name"))
        if name in seen:
            yield Flaw((*where, "name"), f"there are two {what} '{name}'")
        seen.add(name)
