"""The locks that a template or a workflow holds while it runs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from dagbook.compilers.argo.lint.flaws import Flaw, Place, each, part, twice

_SOURCES: Final = ("configMapKeyRef", "database")


def flaws_of_locks(synchronization: Any, place: Place) -> Iterator[Flaw]:
    """Of a template's or a workflow's `synchronization`."""
    mutexes, where = part(synchronization, "mutexes"), (*place, "mutexes")
    yield from twice([one for _, one in each(mutexes, where) if one.get("name")], "mutexes", where)
    for at, one in each(mutexes, where):
        if not str(one.get("name") or "").strip():
            yield Flaw(at, "a mutex has a `name`: without one it is nobody's")
    for at, one in each(part(synchronization, "semaphores"), (*place, "semaphores")):
        if sum(key in one for key in _SOURCES) != 1:
            yield Flaw(at, "the number of a semaphore stands in one place: `configMapKeyRef` or `database`")
        source = part(one, "configMapKeyRef")
        if source is not None and not (part(source, "name") and part(source, "key")):
            yield Flaw((*at, "configMapKeyRef"), "a ConfigMap has a `name`, and the number a `key` in it")
