"""The one quiet line that a magic leaves: with a link in a notebook, plain in a terminal."""

from __future__ import annotations

import sys
from html import escape
from typing import Any


class _Speaking:
    """Whether what is displayed at the moment is ours: then it is none of the cell's outputs."""

    ours = False


def is_ours() -> bool:
    """Whether the display that is going on is a line of ours."""
    return _Speaking.ours


def note(text: str, link: str | None = None) -> None:
    """Show a line; never raises."""
    shell = _shell()
    if link is None or getattr(shell, "kernel", None) is None:
        sys.stdout.write(f"{text}{f' {link}' if link else ''}\n")
        return
    from IPython.display import display  # there already

    html = (
        '<span style="opacity:.75;font-size:var(--jp-ui-font-size1,13px)">'
        f'{escape(text)} <a href="{escape(link)}" target="_blank" rel="noopener">open</a></span>'
    )
    _Speaking.ours = True
    try:
        display({"text/plain": f"{text} {link}", "text/html": html}, raw=True)  # type: ignore[no-untyped-call]
    finally:
        _Speaking.ours = False


def _shell() -> Any:
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython is not None else None
