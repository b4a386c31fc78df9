"""What may go from a cache in a folder: results that nobody needs, and contents that no result names.

A run that keeps a result at this moment loses nothing: contents that are younger than GRACE stay, and what
is met again is made young. Whatever goes wrong costs time, never a wrong result.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from dagbook.caches.record import parse, read_record
from dagbook.engine.content import size_of

GRACE: Final = 3600.0
"""Seconds that contents stay though no result names them yet."""


@dataclass(frozen=True, kw_only=True)
class Sweepings:
    """What may go: records of results, contents, and the contents' bytes."""

    results: list[Path] = field(default_factory=list)
    objects: list[Path] = field(default_factory=list)
    bytes: int = 0

    def remove(self) -> None:
        """Away with it; records first, so that none names contents that are gone."""
        for record in self.results:
            with suppress(OSError):
                record.unlink()
        for content in self.objects:
            if not _is_old(content, GRACE):
                continue  # it is needed again
            if content.is_dir() and not content.is_symlink():
                shutil.rmtree(content, ignore_errors=True)
            else:
                with suppress(OSError):
                    content.unlink()


def sweepings(folder: Path, needed: AbstractSet[str], older_than: float | None) -> Sweepings:
    """What may go from the cache in `folder`.

    Args:
        folder: the cache's.
        needed: fingerprints of results that must stay.
        older_than: seconds that the others must not have been of use for; None keeps all results.
    """
    results: list[Path] = []
    named: set[str] = set()
    for record in _entries(folder / "results"):
        if record.stem not in needed and older_than is not None and _is_old(record, older_than):
            results.append(record)
        else:
            named |= _contents_of(record)
    objects = [
        content
        for content in _entries(folder / "objects")
        if content.name not in named and _is_old(content, GRACE)
    ]
    return Sweepings(results=results, objects=objects, bytes=sum(map(_size, objects)))


def _contents_of(record: Path) -> set[str]:
    try:
        known = read_record(parse(record.read_bytes()))
    except OSError:
        return set()
    return set() if known is None else set(known.files.values())


def _entries(folder: Path) -> Iterator[Path]:
    try:
        yield from sorted(folder.iterdir())
    except OSError:
        return


def _is_old(path: Path, seconds: float) -> bool:
    try:
        return time.time() - path.lstat().st_mtime > seconds
    except OSError:
        return False


def _size(path: Path) -> int:
    try:
        return size_of(path)
    except OSError:
        return 0
