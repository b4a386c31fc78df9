"""The names that the person has given to things, to look for what was meant by a name that is none."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from dagbook.errors import nearest


def variables(shell: Any) -> list[str]:
    """The variables of the shell `shell` (or of none), without IPython's own and without modules."""
    if shell is None:
        return []
    hidden = shell.user_ns_hidden
    return [
        name
        for name, value in shell.user_ns.items()
        if name not in hidden and not name.startswith("_") and not isinstance(value, ModuleType)
    ]


def meant(name: str, shell: Any) -> str:
    """`; did you mean 'x'?` where a variable has a name like that, else nothing."""
    near = nearest(name, variables(shell))
    return f"; did you mean '{near}'?" if near else ""
