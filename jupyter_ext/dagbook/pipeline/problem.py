"""One thing that is wrong with a spec, and where in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class Problem:
    """Something wrong at `path` in the spec, e.g. `("nodes", "train", "params", "depth")`."""

    path: tuple[str | int, ...]
    code: str
    message: str
    remedy: str
    node: str | None = None
    cell: int | None = None
    severity: Literal["error", "warning"] = "error"
