"""What a magic shows: HTML in a notebook, text in a terminal, and a mistake as plain lines."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from IPython.core.error import UsageError

from dagbook.errors import DagbookError, Finding

PLAIN = "text/plain"
RICH = "text/html"


class Shown:
    """Something that a notebook shows where a magic makes it, and again wherever a later cell asks for it.

    Plain IPython shows it as it shows any result. Subclasses give `html` and `text`.
    """

    _shown_in: int | None = None

    def html(self) -> str:
        """For a notebook."""
        raise NotImplementedError

    def text(self) -> str:
        """For a terminal."""
        raise NotImplementedError

    def __repr__(self) -> str:
        return self.text()

    def _repr_html_(self) -> str:
        return self.html()

    def _ipython_display_(self) -> None:
        if self._shown_in is None or self._shown_in != cell_number():
            raise NotImplementedError  # IPython then shows it in its own way

    def show(self) -> None:
        """Show it now. The cell that ends with it does not show it a second time."""
        if in_kernel():
            show_bundle({PLAIN: self.text(), RICH: self.html()})
            self._shown_in = cell_number()


def show_bundle(bundle: dict[str, str], display_id: str | None = None, *, update: bool = False) -> None:
    """Show contents by MIME type; with an id they can be replaced, and `update` replaces them."""
    from IPython.display import display

    named = {} if display_id is None else {"display_id": display_id}
    if update:
        named["update"] = True  # type: ignore[assignment]
    display(bundle, raw=True, **named)  # type: ignore[no-untyped-call]


def say(line: str) -> None:
    """One quiet line."""
    sys.stdout.write(f"{line}\n")


def updates_in_place(ip: Any) -> bool:
    """Whether whoever runs this cell replaces a display when told to: a notebook does, a terminal cannot.

    A kernel does not know who listens. Notebooks send the id of the cell; programs that execute notebooks
    allow no questions; `jupyter console` does neither.
    """
    if getattr(ip, "kernel", None) is None:
        return False
    try:
        parent = ip.get_parent()
        return "cellId" in parent.get("metadata", {}) or not parent["content"].get("allow_stdin", True)
    except (AttributeError, KeyError, TypeError, LookupError):
        return False


@contextmanager
def plain_errors(subject: str = "") -> Iterator[None]:
    """Our own errors as the lines that they consist of: in a notebook a traceback of ours helps nobody."""
    try:
        yield
    except DagbookError as error:
        raise UsageError("\n".join(_line(finding, subject) for finding in error.findings)) from None


def _line(finding: Finding, subject: str) -> str:
    said = str(finding)
    return f"{subject}: {said}" if subject and finding.file is None else said


def cell_number() -> int | None:
    """Which execution this is; None outside of IPython."""
    from IPython.core.getipython import get_ipython

    shell = get_ipython()
    return None if shell is None else int(shell.execution_count)


def in_kernel() -> bool:
    """Whether a notebook, or another program, listens, rather than a person at a terminal."""
    from IPython.core.getipython import get_ipython

    return getattr(get_ipython(), "kernel", None) is not None
