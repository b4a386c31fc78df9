"""Reads the values of a sweep from text: `1, 2, 3`, `0.1..0.5 step 0.1`, `2026-01-01..2026-01-07`, `*`.

Knows nothing of parameters or of where the text was typed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Final

from dagbook.notebook.fit import convert, problem
from dagbook.notebook.param_type import ParamType
from dagbook.notebook.typed_text import parse_text

MOST_VALUES: Final = 1000
"""Of one parameter; a range that makes more is more likely a slip than a wish."""

_RANGE: Final = re.compile(
    r"(?P<first>[^\s,]+?)\s*\.\.\s*(?P<last>[^\s,]+)(?:\s+(?:step|by)\s+(?P<step>\S+))?"
)
_EVERY: Final = "*"
_NUMBERS: Final = {"int", "float", "any"}


def parse_sweep(t: ParamType, text: str) -> tuple[object, ...]:
    """The values that `text` lists for a parameter of type `t`, in order, each once.

    Values stand between commas, ranges as `first..last` with an optional `step`; both ends belong to it. A
    JSON list is read as the values. `*` means every choice, or both of a bool.

    Raises:
        ValueError: a plain sentence, as "'500x' is no int".
    """
    stripped = text.strip()
    if not stripped:
        raise ValueError("there is no value: write 1, 2, 3 or 0.1..0.5 step 0.1")
    if stripped == _EVERY:
        return _every(t)
    if stripped.startswith("["):
        return _distinct(_from_json(t, stripped))
    if t.kind in {"list", "dict"}:
        raise ValueError(f"write the {t.kind}s of a sweep as one JSON list: [{_EXAMPLES[t.kind]}]")
    return _distinct(value for part in stripped.split(",") for value in _values(t, part.strip()))


_EXAMPLES: Final = {"list": "[1, 2], [3]", "dict": '{"a": 1}, {"a": 2}'}


def _every(t: ParamType) -> tuple[object, ...]:
    if t.kind == "bool":
        return (False, True)
    if not t.choices:
        raise ValueError("`*` means every choice, and this parameter has no choices")
    return tuple(convert(t, choice) for choice in t.choices)


def _from_json(t: ParamType, text: str) -> Iterator[object]:
    found = parse_text(ParamType(kind="list"), text)
    assert isinstance(found, list)
    for value in found:
        if wrong := problem(t, value):
            raise ValueError(wrong)
        yield convert(t, value)


def _values(t: ParamType, part: str) -> Iterator[object]:
    found = _RANGE.fullmatch(part)
    if found is None or t.kind not in {*_NUMBERS, "date"}:
        if not part and t.kind != "str":
            raise ValueError("there is nothing between two commas")
        yield parse_text(t, part)
    elif t.kind == "date":
        yield from _dates(found)
    else:
        yield from (parse_text(t, text) for text in _numbers(t, found))


def _numbers(t: ParamType, found: re.Match[str]) -> Iterator[str]:
    """The numbers of a range as texts, worked out in decimal: 0.1..0.3 has no 0.30000000000000004."""
    first, last = _decimal(found["first"]), _decimal(found["last"])
    whole = t.kind != "float" and all(number == number.to_integral_value() for number in (first, last))
    if found["step"] is None and not whole:
        raise ValueError(f"'{found[0]}' needs a step: write {found['first']}..{found['last']} step 0.1")
    step = _decimal(found["step"] or "1")
    if step <= 0:
        raise ValueError(f"the step of '{found[0]}' must be above zero; the ends say the direction")
    if t.kind == "int" and step != step.to_integral_value():
        raise ValueError(f"{found['step']!r} is no int")
    count = _counted(int(abs(last - first) / step) + 1, found[0])
    sign = 1 if last >= first else -1
    yield from (format(first + sign * step * position, "f") for position in range(count))


def _dates(found: re.Match[str]) -> Iterator[date]:
    day = ParamType(kind="date")
    first, last = parse_text(day, found["first"]), parse_text(day, found["last"])
    assert isinstance(first, date)
    assert isinstance(last, date)
    days = parse_text(ParamType(kind="int"), (found["step"] or "1").removesuffix("d"))
    assert isinstance(days, int)
    if days <= 0:
        raise ValueError(f"the step of '{found[0]}' must be above zero; the ends say the direction")
    count = _counted(abs((last - first).days) // days + 1, found[0])
    sign = 1 if last >= first else -1
    yield from (first + timedelta(days=sign * days * position) for position in range(count))


def _decimal(text: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise ValueError(f"{text!r:.60} is no number") from None
    if not number.is_finite() or abs(number.adjusted()) > MOST_VALUES:
        raise ValueError(f"{text!r:.60} cannot be an end of a range")
    return number


def _counted(count: int, text: str) -> int:
    if count > MOST_VALUES:
        raise ValueError(f"'{text}' makes {count:,} values; {MOST_VALUES:,} is the limit")
    return count


def _distinct(values: Iterator[object]) -> tuple[object, ...]:
    found: list[object] = []
    for value in values:
        # 1, 1.0 and True are equal, and three different wishes.
        if not any(type(value) is type(other) and value == other for other in found):
            found.append(value)
        _counted(len(found), "this")
    if not found:
        raise ValueError("there is no value in the list")
    return tuple(found)
