"""Which words may name a node, a parameter or an output, so that `${node.output}` can be said of them."""

from __future__ import annotations

import keyword
from typing import Final

# First words of a reference that already mean something.
RESERVED: Final = frozenset({"params", "item", "run", "env", "true", "false", "null"})
_LONGEST: Final = 64

FAILURES: Final = "failures"
"""What a node with `foreach` publishes by itself: which of its steps failed, and why."""


def name_problem(name: str) -> str | None:
    """What is wrong with a name and what to write instead, or None."""
    if not name:
        return "is no name; use a word such as `prepare`"
    if len(name) > _LONGEST:
        return f"is longer than {_LONGEST} characters"
    if not name.isidentifier():
        suggestion = _identifier(name)
        return f"is no name: use letters, digits and underscores, such as `{suggestion}`"
    if keyword.iskeyword(name) or name in RESERVED or name.startswith("__"):
        return f"is a reserved word; use another, such as `{name.strip('_')}_`"
    return None


def _identifier(name: str) -> str:
    # `²` counts as alphanumeric, and cannot be part of a name.
    word = "".join(letter if f"x{letter}".isidentifier() else "_" for letter in name)
    word = word.strip("_")[: _LONGEST - 1] or "node"
    return word if word.isidentifier() else f"n{word}"
