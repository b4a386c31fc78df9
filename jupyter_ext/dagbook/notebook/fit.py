"""Holds a value against the type of a parameter, and turns it into that type.

Knows nothing of where the value comes from: a pipeline file, another notebook, a form.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from datetime import date, datetime, time
from pathlib import Path, PurePath

from dagbook.notebook.param_type import BOUNDS, Kind, ParamType, describe
from dagbook.notebook.values import EnumMember, FileValue, Secret


def problem(t: ParamType, value: object) -> str | None:
    """What keeps `value` from being of type `t`, as a short clause; None when it fits."""
    return _problem(t, value, "")


def _problem(t: ParamType, value: object, place: str) -> str | None:
    if isinstance(value, Secret) or t.kind == "any" or (value is None and t.optional):
        return None
    if not _FITS[t.kind](t, value):
        return f"{f'at {place}: ' if place else ''}expected {describe(t)}, got {_shown(value)}"
    for name, limit in t.bounds:
        if isinstance(value, int | float) and not _WITHIN[name](value, limit):
            return f"{f'at {place}: ' if place else ''}must be {BOUNDS[name]} {limit!r}, and is {value!r:.40}"
    if t.item is None:
        return None
    parts = enumerate(value) if isinstance(value, list) else value.items() if isinstance(value, dict) else ()
    clauses = (_problem(t.item, part, f"{place}[{key!r:.40}]") for key, part in parts)
    return next((clause for clause in clauses if clause), None)


_WITHIN: dict[str, Callable[[float, float], bool]] = {
    "Ge": operator.ge,
    "Gt": operator.gt,
    "Le": operator.le,
    "Lt": operator.lt,
}


def convert(t: ParamType, value: object) -> object:
    """`value` as the type has it: an ISO string as a date, an int as a float, a member name as a member.

    Ask `problem` first; a value that does not fit raises whatever Python raises. A Secret and a FileValue
    stay what they are.
    """
    if value is None or isinstance(value, Secret | FileValue):
        return value
    if isinstance(value, list) and t.item is not None:
        item = t.item
        return [convert(item, part) for part in value]
    if isinstance(value, dict) and t.item is not None:
        item = t.item
        return {key: convert(item, part) for key, part in value.items()}
    turn = _CONVERT.get(t.kind)
    return turn(t, value) if turn else value


def _iso(reader: Callable[[str], object], value: object) -> bool:
    if not isinstance(value, str):
        return False
    try:
        reader(value)
    except ValueError:
        return False
    return True


def _fits_int(_: ParamType, value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _fits_float(t: ParamType, value: object) -> bool:
    if not _fits_int(t, value):
        return isinstance(value, float)
    try:
        float(value)  # type: ignore[arg-type]  # an int: _fits_int says so
    except OverflowError:
        return False
    return True


def _fits_date(_: ParamType, value: object) -> bool:
    return type(value) is date or _iso(date.fromisoformat, value)


def _fits_datetime(_: ParamType, value: object) -> bool:
    return isinstance(value, date) or _iso(datetime.fromisoformat, value)


def _fits_choice(t: ParamType, value: object) -> bool:
    return any(type(choice) is type(value) and choice == value for choice in t.choices)


def _fits_enum(t: ParamType, value: object) -> bool:
    if isinstance(value, EnumMember):
        return value.enum == t.name and (not t.choices or value.member in t.choices)
    return isinstance(value, str) and (value in t.choices if t.choices else value.isidentifier())


_FITS: dict[Kind, Callable[[ParamType, object], bool]] = {
    "any": lambda _t, _value: True,
    "str": lambda _, value: isinstance(value, str | FileValue),
    "int": _fits_int,
    "float": _fits_float,
    "bool": lambda _, value: isinstance(value, bool),
    "list": lambda _, value: isinstance(value, list),
    "dict": lambda _, value: isinstance(value, dict) and all(isinstance(key, str) for key in value),
    "date": _fits_date,
    "datetime": _fits_datetime,
    "path": lambda _, value: isinstance(value, str | PurePath | FileValue),
    "choice": _fits_choice,
    "enum": _fits_enum,
}


def _as_datetime(_: ParamType, value: object) -> object:
    if isinstance(value, str):
        return datetime.fromisoformat(value)
    is_day = isinstance(value, date) and not isinstance(value, datetime)
    return datetime.combine(value, time()) if is_day else value  # type: ignore[arg-type]  # a date: is_day


_CONVERT: dict[Kind, Callable[[ParamType, object], object]] = {
    "float": lambda _, value: float(value) if isinstance(value, int) else value,
    "date": lambda _, value: date.fromisoformat(value) if isinstance(value, str) else value,
    "datetime": _as_datetime,
    "path": lambda _, value: Path(value) if isinstance(value, str) else value,
    "enum": lambda t, value: EnumMember(enum=t.name, member=value) if isinstance(value, str) else value,
}


def _shown(value: object) -> str:
    if value is None:
        return "None"
    if isinstance(value, FileValue):
        return f"a file ({value.format or 'unknown format'})"
    text = str(value) if isinstance(value, EnumMember | date | PurePath) else _short(value)
    return f"{text} ({'enum' if isinstance(value, EnumMember) else type(value).__name__})"


def _short(value: object) -> str:
    try:
        text = repr(value)
    except ValueError:  # an int with more digits than Python writes
        return "a very long number"
    return text if len(text) <= 40 else f"{text[:39]}…"  # noqa: PLR2004
