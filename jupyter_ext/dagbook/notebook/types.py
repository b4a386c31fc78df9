"""All there is to say of a parameter's type, in one place: `from dagbook.notebook import types`.

Holds no code: the shape is in `param_type`, reading it in `annotations`, checking values in `fit`, and
reading values from the command line in `typed_text`.
"""

from __future__ import annotations

from dagbook.notebook.annotations import from_annotation, named
from dagbook.notebook.fit import convert, problem
from dagbook.notebook.param_type import ANY, Kind, ParamType, describe, of_value
from dagbook.notebook.typed_text import parse_text

__all__ = [
    "ANY",
    "Kind",
    "ParamType",
    "convert",
    "describe",
    "from_annotation",
    "named",
    "of_value",
    "parse_text",
    "problem",
]
