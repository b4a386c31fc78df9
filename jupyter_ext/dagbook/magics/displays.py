"""Sees what a cell displays, and lets it pass: figures and other rich outputs, one call for each."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final

from dagbook.magics.quiet_line import is_ours
from dagbook.magics.secret_texts import masked

Take = Callable[[str, bytes, str | None], None]
"""Told of an output: its suffix, its content, and its display id if it has one."""

# What is kept of an output that comes in several forms: the first of these that it has.
_KEPT: Final = {
    "image/svg+xml": ".svg",
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "application/pdf": ".pdf",
    "application/vnd.plotly.v1+json": ".plotly.json",
    "application/vnd.vegalite.v5+json": ".vegalite.json",
    "text/html": ".html",
    "text/latex": ".tex",
    "text/markdown": ".md",
}
_BINARY: Final = frozenset({"image/png", "image/jpeg", "application/pdf"})
# A page of widgets or of our own tables says nothing without what stands behind it.
_NOT_KEPT: Final = ("application/vnd.jupyter.widget-view+json", "application/vnd.dagbook.output+json")


class DisplayCapture:
    """Watches the displays of a shell until it is stopped. Whatever goes wrong in it, the display goes on."""

    def __init__(self, shell: Any, take: Take) -> None:
        self._shell = shell
        self._take = take
        self._publisher = getattr(shell, "display_pub", None)
        self._hook = getattr(shell, "displayhook", None)
        self._undo: list[Callable[[], None]] = []
        self._wrap(self._publisher, "publish", self._published)
        self._wrap(self._hook, "write_format_data", self._result)

    def stop(self) -> None:
        """Let the shell display as before."""
        while self._undo:
            self._undo.pop()()

    def _wrap(self, owner: Any, name: str, look: Callable[..., None]) -> None:
        original = getattr(owner, name, None)
        if original is None:
            return

        def seeing(*args: Any, **named: Any) -> Any:
            with suppress(Exception):  # a display is the user's; ours is to look
                look(*args, **named)
            return original(*args, **named)

        before = vars(owner).get(name)
        setattr(owner, name, seeing)

        def undo() -> None:
            if vars(owner).get(name) is seeing:
                if before is None:
                    delattr(owner, name)
                else:
                    setattr(owner, name, before)

        self._undo.append(undo)

    def _published(self, data: Mapping[str, Any], *_: Any, **named: Any) -> None:
        if not is_ours():
            self._keep(data, (named.get("transient") or {}).get("display_id"))

    def _result(self, format_dict: Mapping[str, Any], *_: Any) -> None:
        self._keep(format_dict, None)

    def _keep(self, data: Mapping[str, Any], display_id: str | None) -> None:
        if any(kind in data for kind in _NOT_KEPT):
            return
        for kind, suffix in _KEPT.items():
            if kind in data:
                content = _content(kind, data[kind])
                if content:
                    self._take(suffix, content, display_id)
                return


def _content(kind: str, value: Any) -> bytes:
    if isinstance(value, bytes):
        return value
    if kind in _BINARY:
        try:
            return base64.b64decode(str(value), validate=False)
        except (ValueError, binascii.Error):
            return b""
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    return masked(text).encode("utf-8", "replace")
