"""`%dagbook`: which magics there are, a line for each, and where more is written."""

from __future__ import annotations

import inspect
from typing import Any, Final

from IPython.core.error import UsageError

from dagbook.errors import nearest
from dagbook.magics.completion import complete
from dagbook.magics.screen import say

NAME: Final = "dagbook"
_PACKAGE: Final = "dagbook."
_MORE: Final = """\
%dagbook       this list
%dagbook runs  all about one of them, as %runs? shows it

Tab completes what may follow a magic.
In a terminal: `dagbook --help`, and `dagbook demo` for an example. In Python: help(dagbook).
The documentation is docs/ of the source (`make docs` makes a site of it);
magics are in docs/reference/magics.md."""


def register(ip: Any) -> None:
    """Add `%dagbook` to the shell. Last of all: it lists those that are there."""

    def dagbook_magic(line: str) -> None:
        show_overview(line, ip)

    # `%dagbook?` shows it too.
    dagbook_magic.__doc__ = overview(ip)
    ip.register_magic_function(dagbook_magic, "line", NAME)
    complete(ip, NAME, lambda typed: () if typed.words else sorted(_ours(ip)))


def show_overview(line: str, ip: Any) -> None:
    """Print the list, or all about the magic that is named. Raises UsageError where there is none."""
    asked = line.strip().lstrip("%").removesuffix("?")
    if not asked or asked in {"help", "-h", "--help"}:
        say(overview(ip))
        return
    known = _ours(ip)
    if asked not in known:
        near = nearest(asked, known)
        raise UsageError(
            f"%dagbook: there is no magic '{asked}'"
            + (f"; did you mean '{near}'?" if near else "; %dagbook lists those that there are")
        )
    say(inspect.getdoc(known[asked][1]) or "")


def overview(ip: Any) -> str:
    """Every magic of ours that the shell has, with the first line of its help, and where to go on."""
    rows = [(sign + name, _first_line(function)) for name, (sign, function) in _ours(ip).items()]
    width = max((len(name) for name, _ in rows), default=0)
    listed = "\n".join(f"{name:<{width}}  {says}" for name, says in rows)
    return f"The magics of Dagbook:\n\n{listed}\n\n{_MORE}"


def _ours(ip: Any) -> dict[str, tuple[str, Any]]:
    """Name → its signs and what it calls, in the order in which they were added."""
    lines, cells = (ip.magics_manager.magics[kind] for kind in ("line", "cell"))
    ours = {
        name: function
        for name, function in [*lines.items(), *cells.items()]
        if function.__module__.startswith(_PACKAGE) and name != NAME
    }
    return {name: ("%" if name in lines else "%%", function) for name, function in ours.items()}


def _first_line(function: Any) -> str:
    return (inspect.getdoc(function) or "").partition("\n")[0]
