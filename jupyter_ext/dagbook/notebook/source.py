"""Writes values as Python source: the cell that gives a notebook its parameters.

Knows nothing of notebooks or of how the cell gets into one. Only names and literals are ever written, so no
value can smuggle code in.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from datetime import date, datetime
from pathlib import PurePath
from typing import Final

from dagbook.notebook.values import EnumMember, FileValue, Secret, encode, is_name

HEADER: Final = "# Parameters of this run (written by Dagbook)"
SECRET_PREFIX: Final = "DAGBOOK_SECRET_"  # noqa: S105 - a name, no secret
"""A secret NAME reaches the kernel as the environment variable DAGBOOK_SECRET_NAME."""

_IMPORTS: Final = {
    "date": "from datetime import date",
    "datetime": "from datetime import datetime",
    "Path": "from pathlib import Path",
    "os": "import os",
}


def python_literal(value: object) -> str:
    """The expression that gives `value`, given the usual imports: `date(2024, 1, 1)`, `Path("a.csv")`, `5`.

    Raises:
        UnsupportedValue: for a value that could not have travelled.
    """
    encode(value)
    return _Writer({}).literal(value)


def injected_source(values: Mapping[str, object]) -> str:
    """The whole cell: the imports that are needed, then one line for each parameter.

    The imports have private names (`from datetime import date as _date`): the notebook may use `datetime` or
    `Path` for something else, or have a parameter called `date`.

    Raises:
        UnsupportedValue: for a value that could not have travelled.
        ValueError: for a name that cannot stand in Python source.
    """
    for name, value in values.items():
        if not is_name(name):
            raise ValueError(f"{name!r} cannot be the name of a parameter")
        encode(value)
    writer = _Writer({base: _private(base, values) for base in _IMPORTS})
    lines = [f"{name} = {writer.literal(value)}" for name, value in values.items()]
    return "\n".join([HEADER, *writer.imports(), *lines])


def _private(base: str, taken: Collection[str]) -> str:
    name = f"_{base}"
    while name in taken:
        name = f"_{name}"
    return name


class _Writer:
    """Writes literals and remembers which imports they need."""

    def __init__(self, aliases: Mapping[str, str]) -> None:
        self._aliases = aliases
        self._needed: set[str] = set()

    def imports(self) -> list[str]:
        return [f"{line} as {self._name(base)}" for base, line in _IMPORTS.items() if base in self._needed]

    def literal(self, value: object) -> str:
        match value:
            case float() if not math.isfinite(value):
                return f'float("{value!r}")'
            case str():
                return _quoted(value)
            case list():
                return f"[{', '.join(self.literal(item) for item in value)}]"
            case dict():
                pairs = (f"{_quoted(key)}: {self.literal(item)}" for key, item in value.items())
                return f"{{{', '.join(pairs)}}}"
            case EnumMember():
                return str(value)
            case FileValue():
                return _quoted(value.path)
        return self._imported(value)

    def _imported(self, value: object) -> str:
        match value:
            case datetime():
                return f"{self._name('datetime')}.fromisoformat({_quoted(value.isoformat())})"
            case date():
                return f"{self._name('date')}({value.year}, {value.month}, {value.day})"
            case PurePath():
                return f"{self._name('Path')}({_quoted(str(value))})"
            case Secret():
                return f"{self._name('os')}.environ[{_quoted(SECRET_PREFIX + value.name)}]"
        return repr(value)

    def _name(self, base: str) -> str:
        self._needed.add(base)
        return self._aliases.get(base, base)


def _quoted(text: str) -> str:
    """A string literal, in double quotes where that needs no more escapes."""
    literal = repr(text)
    return f'"{literal[1:-1]}"' if '"' not in text and "'" not in text else literal
