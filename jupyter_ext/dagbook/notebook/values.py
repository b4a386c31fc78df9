"""The values that travel between notebooks, and the one JSON form they have in request files and journals.

Knows nothing of notebooks or of types that a parameter declares. What JSON carries exactly is written
plainly; the rest is tagged by a key that begins with `$`:

    {"$date": "2024-01-01"}   {"$datetime": "2024-01-01T06:00:00+01:00"}   {"$path": "data/a.csv"}
    {"$float": "nan"}         {"$enum": "Color.RED"}                       {"$secret": "API_KEY"}
    {"$file": {"path": …, "sha256": …, "format": …}}                       {"$dict": {"$own": "key"}}
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from keyword import iskeyword
from pathlib import Path, PurePath
from typing import TypeAlias

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"

DEPTH_LIMIT = 64
"""Levels of lists and dicts in one value; a value that contains itself ends here too."""

DIGIT_LIMIT = 4000
"""Digits of an int. Python itself refuses to read more than 4300."""

_TOO_LONG = 10**DIGIT_LIMIT


class UnsupportedValue(ValueError):
    """A value that cannot travel between notebooks; the message says what, where and what to do."""


def is_name(text: str) -> bool:
    """Whether `text` can stand as a name in Python source, and nothing but a name."""
    return text.isidentifier() and not iskeyword(text)


@dataclass(frozen=True, kw_only=True)
class EnumMember:
    """A member of an enum class that only the notebook itself has, by name.

    Raises:
        ValueError: when either name could not stand in Python source.
    """

    enum: str
    member: str

    def __post_init__(self) -> None:
        for part in (*self.enum.split("."), self.member):
            if not is_name(part):
                raise ValueError(f"{part!r} is no name of an enum or of a member")

    def __str__(self) -> str:
        return f"{self.enum}.{self.member}"


@dataclass(frozen=True)
class Secret:
    """A secret by name. The value itself is looked up where it is used, and is never here.

    Raises:
        ValueError: when the name could not be part of an environment variable's name.
    """

    name: str

    def __post_init__(self) -> None:
        if not (self.name.isascii() and self.name.isidentifier()):
            raise ValueError(f"{self.name!r} is no name of a secret: use letters, digits and _")


@dataclass(frozen=True, kw_only=True)
class FileValue:
    """A file or folder that a notebook upstream published.

    `path` is absolute, or relative to the run folder; `sha256` is hexadecimal; `format` is as in `Output`.
    """

    path: str
    sha256: str
    format: str


Value: TypeAlias = (
    "bool | int | float | str | date | datetime | Path | EnumMember | Secret | FileValue"
    " | list[Value] | dict[str, Value] | None"
)


def encode(value: object) -> Json:
    """The JSON form of a value; `decode` gives the value back exactly.

    Two things change on the way: any `PurePath` comes back as a `Path`, and a datetime in a named time
    zone comes back as the same instant with that zone's offset.

    Raises:
        UnsupportedValue: for anything that has no exact form.
    """
    return _encode(value, ())


def decode(form: Json) -> Value:
    """The value that `encode` wrote as `form`.

    Raises:
        UnsupportedValue: when `encode` could not have written it.
    """
    return _decode(form, ())


_Place = tuple[str | int, ...]


def _encode(value: object, place: _Place) -> Json:
    if len(place) > DEPTH_LIMIT:
        raise _refusal(place, f"lists and dicts nested deeper than {DEPTH_LIMIT}", "publish a file instead")
    if value is None or value is True or value is False:
        return value
    if isinstance(value, PurePath):
        return {"$path": _text(str(value), place)}
    write = _WRITERS.get(type(value))
    if write is None:
        raise _unsupported(value, place)
    return write(value, place)


def _text(text: str, place: _Place) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise _refusal(
            place, "a str with half a character (a lone surrogate)", "decode the text properly"
        ) from None
    return text


def _encode_int(value: int, place: _Place) -> Json:
    if not -_TOO_LONG < value < _TOO_LONG:
        raise _refusal(place, f"an int of more than {DIGIT_LIMIT} digits", "give it as a str")
    return value


def _encode_float(value: float, _place: _Place) -> Json:
    return value if math.isfinite(value) else {"$float": repr(value)}


def _encode_datetime(value: datetime, place: _Place) -> Json:
    text = value.isoformat()
    if datetime.fromisoformat(text).utcoffset() != value.utcoffset():
        raise _refusal(place, f"a datetime with the offset {value.utcoffset()!r}", "use whole seconds")
    return {"$datetime": text}


def _encode_list(value: list[object], place: _Place) -> Json:
    return [_encode(item, (*place, index)) for index, item in enumerate(value)]


def _encode_dict(value: dict[object, object], place: _Place) -> Json:
    form: dict[str, Json] = {}
    for key, item in value.items():
        if type(key) is not str:
            raise _refusal(place, f"a dict with the key {key!r:.60} ({type(key).__name__})", "use str keys")
        form[_text(key, place)] = _encode(item, (*place, key))
    return {"$dict": form} if any(key.startswith("$") for key in form) else form


def _encode_file(value: FileValue, place: _Place) -> Json:
    parts = {"path": value.path, "sha256": value.sha256, "format": value.format}
    return {"$file": {key: _text(part, place) for key, part in parts.items()}}


_WRITERS: dict[type, Callable[..., Json]] = {
    int: _encode_int,
    float: _encode_float,
    str: _text,
    list: _encode_list,
    dict: _encode_dict,
    date: lambda value, _: {"$date": value.isoformat()},
    datetime: _encode_datetime,
    EnumMember: lambda value, _: {"$enum": str(value)},
    Secret: lambda value, _: {"$secret": value.name},
    FileValue: _encode_file,
}


def _decode(form: Json, place: _Place) -> Value:
    if len(place) > DEPTH_LIMIT:
        raise _refusal(place, f"lists and dicts nested deeper than {DEPTH_LIMIT}", "publish a file instead")
    if isinstance(form, list):
        return [_decode(item, (*place, index)) for index, item in enumerate(form)]
    if not isinstance(form, dict):
        return form
    tags = [key for key in form if key.startswith("$")]
    if not tags:
        return {key: _decode(item, (*place, key)) for key, item in form.items()}
    read = _READERS.get(tags[0])
    if read is None or len(form) > 1:
        raise _refusal(place, f"an unknown tagged form with {tags[0]!r}", 'write {"$dict": …} around it')
    try:
        return read(form[tags[0]], place)
    except UnsupportedValue:
        raise
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise _refusal(place, f"a malformed {tags[0]!r}: {error}", "let Dagbook write this form") from error


def _decode_dict(form: dict[str, Json], place: _Place) -> Value:
    return {key: _decode(item, (*place, key)) for key, item in form.items()}


def _decode_enum(form: str, _place: _Place) -> Value:
    enum, _, member = form.rpartition(".")
    return EnumMember(enum=enum, member=member)


def _decode_file(form: dict[str, str], _place: _Place) -> Value:
    if not all(isinstance(part, str) for part in form.values()):
        raise TypeError("its parts are not all text")
    return FileValue(path=form["path"], sha256=form["sha256"], format=form["format"])


_READERS: dict[str, Callable[..., Value]] = {
    "$date": lambda form, _: date.fromisoformat(form),
    "$datetime": lambda form, _: datetime.fromisoformat(form),
    "$path": lambda form, _: Path(form),
    "$float": lambda form, _: float(form),
    "$enum": _decode_enum,
    "$secret": lambda form, _: Secret(form),
    "$file": _decode_file,
    "$dict": _decode_dict,
}


_REMEDIES = {
    "tuple": "give a list",
    "set": "give a sorted list",
    "frozenset": "give a sorted list",
    "bytes": "publish a file",
    "bytearray": "publish a file",
    "Decimal": "give str(value), or float(value) if its digits do not matter",
    "Fraction": "give str(value)",
    "UUID": "give str(value)",
    "complex": "give [value.real, value.imag]",
    "timedelta": "give value.total_seconds()",
    "time": "give value.isoformat()",
    "Timestamp": "give value.to_pydatetime()",
    "ndarray": "give value.tolist(), or publish it as an output",
    "DataFrame": "publish it as an output: it travels as a file",
    "Series": "give value.tolist(), or publish it as an output",
}


def _unsupported(value: object, place: _Place) -> UnsupportedValue:
    kind = type(value)
    if kind.__name__ in _REMEDIES:
        remedy = _REMEDIES[kind.__name__]
    elif kind.__module__.partition(".")[0] == "numpy":
        remedy = "give value.item()"
    elif hasattr(kind, "__members__"):
        remedy = "give its name or its value"
    elif isinstance(value, int | float | str | list | dict):
        remedy = f"give a plain {next(b for b in kind.__mro__ if b in _WRITERS).__name__}"
    else:
        remedy = "give a plain value, or publish it as an output"
    return _refusal(place, f"a value of type {_type_name(kind)}", remedy)


def _type_name(kind: type) -> str:
    return kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"


def _refusal(place: _Place, what: str, remedy: str) -> UnsupportedValue:
    where = "".join(f"[{part!r}]" for part in place[:6]) + ("…" if len(place) > 6 else "")  # noqa: PLR2004
    return UnsupportedValue(f"{what}{f' at {where}' if where else ''} cannot be passed on; {remedy}")
