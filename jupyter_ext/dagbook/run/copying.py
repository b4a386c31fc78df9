"""Copies of frozen dataclasses, for folds that make one for each of a hundred thousand events."""

from __future__ import annotations

from typing import Any, TypeVar

_T = TypeVar("_T")


def changed(value: _T, **changes: Any) -> _T:
    """As `dataclasses.replace`, four times as fast: fields are copied together, not set one by one.

    For dataclasses without `__post_init__` and slots.

    Raises:
        TypeError: no field is called so.
    """
    fields = value.__dict__
    if not changes.keys() <= fields.keys():
        raise TypeError(f"{type(value).__name__} has no {sorted(changes.keys() - fields.keys())}")
    copy = object.__new__(type(value))
    copy.__dict__.update(fields)
    copy.__dict__.update(changes)
    return copy
