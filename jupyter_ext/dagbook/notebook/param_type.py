"""What values a parameter takes: the shape itself, how it is seen in a default and how it is said.

Knows nothing of notebooks, annotations or text; see `types` for the whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import PurePath
from typing import Final, Literal, TypeAlias

from dagbook.notebook.values import EnumMember

Kind: TypeAlias = Literal[
    "any", "str", "int", "float", "bool", "list", "dict", "date", "datetime", "path", "choice", "enum"
]

BOUNDS: Final[Mapping[str, str]] = {"Ge": "at least", "Gt": "above", "Le": "at most", "Lt": "below"}
"""What the marks of `annotated_types` ask of a number, in words."""


@dataclass(frozen=True, kw_only=True)
class ParamType:
    """What values a parameter takes.

    `item` is the type of a list's elements or of a dict's values; `choices` holds the values of a choice,
    or the member names of an enum, whose class is `name`. `bounds` are those of a number, each with its name
    in `annotated_types`: `(("Ge", 1), ("Lt", 10))`.
    """

    kind: Kind
    optional: bool = False
    item: ParamType | None = None
    choices: tuple[object, ...] = ()
    name: str = ""
    bounds: tuple[tuple[str, int | float], ...] = ()


ANY = ParamType(kind="any")


def of_value(value: object) -> ParamType:
    """The type that a default shows; None shows nothing."""
    if isinstance(value, EnumMember):
        return ParamType(kind="enum", name=value.enum)
    if isinstance(value, PurePath):
        return ParamType(kind="path")
    return ParamType(kind=_KIND_OF.get(type(value), "any"))


_KIND_OF: dict[type, Kind] = {
    str: "str",
    int: "int",
    float: "float",
    bool: "bool",
    list: "list",
    dict: "dict",
    date: "date",
    datetime: "datetime",
}


def describe(t: ParamType) -> str:
    """The type as a person would write it: `int | None`, `list[str]`, `Literal['a', 'b']`."""
    text: str = t.kind
    if t.kind == "choice":
        text = f"Literal[{', '.join(repr(choice) for choice in t.choices)}]"
    elif t.kind == "enum":
        text = t.name
    elif t.kind == "path":
        text = "Path"
    elif t.item is not None:
        text = f"list[{describe(t.item)}]" if t.kind == "list" else f"dict[str, {describe(t.item)}]"
    if t.bounds:
        text = f"Annotated[{text}, {', '.join(f'{name}({limit!r})' for name, limit in t.bounds)}]"
    return f"{text} | None" if t.optional and t.kind != "any" else text
