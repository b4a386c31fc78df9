"""Writes a value as the text that `parse_text` reads back: what a form shows in a field."""

from __future__ import annotations

import json
from datetime import date
from pathlib import PurePath

from dagbook.notebook.values import EnumMember, Secret


def text_of(value: object) -> str:
    """The text of a plain value, date, path or enum member; JSON for lists and dicts; `none` for None."""
    match value:
        case None:
            return "none"
        case bool():
            return "true" if value else "false"
        case str() | int() | float():
            return str(value)
        case date():  # a datetime too
            return value.isoformat()
        case PurePath():
            return str(value)
        case EnumMember():
            return value.member
        case Secret():
            return value.name
    return json.dumps(value, ensure_ascii=False, default=text_of)
