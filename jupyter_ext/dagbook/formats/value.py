"""Values that travel as JSON, inline. numpy's numbers become plain ones."""

from __future__ import annotations

import json
from typing import Any

from dagbook.notebook.values import Json, UnsupportedValue, encode

LIMIT = 1_000_000
"""Characters of JSON that a value may have; more belongs into a file."""


def as_json(value: object) -> Json:
    """The encoded form of a value.

    Raises:
        UnsupportedValue: it is none that can travel, or it is too large.
    """
    form = encode(_plain(value))
    size = len(json.dumps(form))
    if size > LIMIT:
        raise UnsupportedValue(
            f"a value of {size:,} characters is too large to be passed on; "
            "write it to a file and publish its Path"
        )
    return form


def _plain(value: Any) -> Any:
    if type(value).__module__ == "numpy" and getattr(value, "shape", None) == () and hasattr(value, "item"):
        return value.item()
    if type(value) is list:
        return [_plain(item) for item in value]
    if type(value) is dict:
        return {_plain(key): _plain(item) for key, item in value.items()}
    return value
