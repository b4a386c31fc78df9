"""Which names MLflow takes for parameters, metrics and tags, and the nearest one to one that it refuses."""

from __future__ import annotations

import posixpath
import re
from typing import Final

LONGEST: Final = 250
_ALLOWED: Final = re.compile(r"[/\w.\- :]*")
_NOT_ALLOWED: Final = re.compile(r"[^/\w.\- :]+")


def complaint(name: object) -> str | None:
    """What is wrong with a name, with the nearest one that is allowed; None when nothing is."""
    if not isinstance(name, str):
        return f"a name is text, not {type(name).__name__}"
    if len(name) > LONGEST:
        return f"MLflow takes names of at most {LONGEST} characters, this one has {len(name)}"
    if name and _ALLOWED.fullmatch(name) and _is_path(name):
        return None
    near = nearest_allowed(name)
    instead = f"; write '{near}'" if near else ""
    return (
        f"MLflow takes letters, digits, and _ - . : / and spaces in names, no empty or upward path{instead}"
    )


def nearest_allowed(name: str) -> str:
    """The name with what is not allowed made `_`, as a path that goes nowhere else; may be empty."""
    path = posixpath.normpath(_NOT_ALLOWED.sub("_", name).strip()).lstrip("/")
    parts = [part for part in path.split("/") if part not in {"", ".", ".."}]
    return "/".join(parts)[:LONGEST]


def _is_path(name: str) -> bool:
    normal = posixpath.normpath(name)
    return normal == name and normal != "." and not normal.startswith(("..", "/"))
