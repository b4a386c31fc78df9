"""Reads a value from the text of a command line, by the type that its parameter declares.

Knows nothing of parameters or of where the text was typed.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime
from pathlib import Path
from typing import NoReturn

from dagbook.errors import nearest
from dagbook.notebook.fit import convert, problem
from dagbook.notebook.param_type import ANY, Kind, ParamType
from dagbook.notebook.values import DIGIT_LIMIT, EnumMember

_TRUE = {"true", "yes", "on", "1"}
_FALSE = {"false", "no", "off", "0"}


def parse_text(t: ParamType, text: str) -> object:
    """The value that `text` stands for in a parameter of type `t`.

    A list of plain elements may be written with commas, `1,2,3`; lists and dicts otherwise as JSON. Where any
    type goes, text that is JSON is read as JSON, and other text stays text.

    Raises:
        ValueError: a plain sentence, as "'500x' is no int".
    """
    if t.optional and text.strip().casefold() in {"none", "null"}:
        return None
    return _READERS[t.kind](t, text)


def _read_any(_: ParamType, text: str) -> object:
    with suppress(ValueError):
        return _json(text)
    return text


def _read_int(_: ParamType, text: str) -> int:
    digits = text.strip()
    bare = digits[1:] if digits[:1] in {"+", "-"} else digits
    if not (bare.isascii() and bare.isdigit()):
        raise ValueError(f"{text!r:.60} is no int")
    if len(bare) > DIGIT_LIMIT:
        raise ValueError(f"an int may have {DIGIT_LIMIT} digits, and this has {len(bare)}")
    return int(digits)


def _read_float(_: ParamType, text: str) -> float:
    with suppress(ValueError):
        if "_" not in text:
            return float(text)
    raise ValueError(f"{text!r:.60} is no float")


def _read_bool(_: ParamType, text: str) -> bool:
    word = text.strip().casefold()
    if word in _TRUE | _FALSE:
        return word in _TRUE
    raise ValueError(f"{text!r:.60} is no bool: write true or false")


def _read_list(t: ParamType, text: str) -> object:
    stripped = text.strip()
    if stripped.startswith("["):
        return _read_json(t, text)
    item = t.item or ANY
    if item.kind in {"list", "dict"}:
        raise ValueError(f"{text!r:.60} is no list: write it as JSON, [[…], …] or [{{…}}, …]")
    return [parse_text(item, part.strip()) for part in stripped.split(",")] if stripped else []


def _read_json(t: ParamType, text: str) -> object:
    try:
        value = _json(text)
    except ValueError as error:
        raise ValueError(f"{text!r:.60} is no {t.kind}: as JSON, {error}") from None
    wrong = problem(t, value)
    if wrong:
        raise ValueError(wrong)
    return convert(t, value)


def _read_date(_: ParamType, text: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise ValueError(f"{text!r:.60} is no date: write it as 2024-12-31") from None


def _read_datetime(_: ParamType, text: str) -> datetime:
    try:
        return datetime.fromisoformat(text.strip())
    except ValueError:
        raise ValueError(f"{text!r:.60} is no datetime: write it as 2024-12-31T23:59:00") from None


def _read_choice(t: ParamType, text: str) -> object:
    if text in t.choices:
        return text
    value = _read_any(ANY, text)
    for choice in t.choices:
        if (type(choice) is type(value) and choice == value) or str(choice) == text.strip():
            return choice
    raise _no_choice(t, text)


def _read_enum(t: ParamType, text: str) -> object:
    member = text.strip().removeprefix(f"{t.name}.")
    if problem(t, member):
        raise _no_choice(t, text)
    return EnumMember(enum=t.name, member=member)


def _no_choice(t: ParamType, text: str) -> ValueError:
    choices = [str(choice) for choice in t.choices]
    near = nearest(text.strip(), choices)
    hint = f"; did you mean '{near}'?" if near else ""
    return ValueError(f"{text!r:.60} is none of {', '.join(choices)}{hint}")


def _json(text: str) -> object:
    """Strict JSON: what Python alone reads as JSON (NaN, Infinity) is not."""
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        raise ValueError(f"{error.msg} at character {error.pos + 1}") from None
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not allowed")


_READERS: dict[Kind, Callable[[ParamType, str], object]] = {
    "any": _read_any,
    "str": lambda _, text: text,
    "int": _read_int,
    "float": _read_float,
    "bool": _read_bool,
    "list": _read_list,
    "dict": _read_json,
    "date": _read_date,
    "datetime": _read_datetime,
    "path": lambda _, text: Path(text),
    "choice": _read_choice,
    "enum": _read_enum,
}
