"""Writes the executed notebook: whole or not at all, and seldom enough to cost little."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from dagbook.engine.disk import write_whole
from dagbook.engine.followed import is_followed

INTERVAL = 5.0
"""Seconds between two saves, at least."""

_SHARE = 20
"""A save that takes t seconds is followed by at least `_SHARE` times t seconds without one."""

SOON = 0.5
"""Seconds between two saves, at least, while somebody follows what the notebook prints."""

_SPLIT = {"source", "text"}


class NotebookFile:
    """The file of one executed notebook, saved now and then while it runs."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._next = 0.0
        self._soon = 0.0

    def is_due(self) -> bool:
        """Whether the last save was long enough ago: that is sooner while somebody follows."""
        now = time.monotonic()
        if now >= self._next:
            return True
        if now < self._soon:
            return False
        self._soon = now + SOON
        return is_followed(self.path.parent)

    def save(self, nb: dict[str, Any]) -> None:
        """Save now.

        Raises:
            OSError: the file that was there before, if any, is untouched.
        """
        started = time.monotonic()
        try:
            write_whole(self.path, notebook_bytes(nb))
        finally:
            ended = time.monotonic()
            self._next = ended + max(INTERVAL, _SHARE * (ended - started))
            self._soon = ended + max(SOON, _SHARE * (ended - started))


def notebook_bytes(nb: dict[str, Any]) -> bytes:
    """The notebook as Jupyter writes it: sorted keys, texts as lists of lines; NaN, no JSON, is null."""
    form = {**nb, "cells": [_cell_form(cell) for cell in nb["cells"]]}
    try:
        text = _dumps(form)
    except ValueError:
        text = _dumps(_without_nan(form))
    # A lone surrogate cannot be written as UTF-8, but its escape is good JSON.
    return (text + "\n").encode("utf-8", "backslashreplace")


def _dumps(form: Any) -> str:
    return json.dumps(form, ensure_ascii=False, indent=1, sort_keys=True, allow_nan=False)


def _cell_form(cell: dict[str, Any]) -> dict[str, Any]:
    form = _lines(cell)
    if "outputs" in cell:
        form["outputs"] = [_output_form(output) for output in cell["outputs"]]
    return form


def _output_form(output: dict[str, Any]) -> dict[str, Any]:
    form = {key: value for key, value in _lines(output).items() if key != "transient"}
    if "data" in output:
        form["data"] = {
            mime: value.splitlines(keepends=True)
            if isinstance(value, str) and (mime.startswith("text/") or mime == "image/svg+xml")
            else value
            for mime, value in output["data"].items()
        }
    return form


def _lines(part: dict[str, Any]) -> dict[str, Any]:
    return {
        key: value.splitlines(keepends=True) if key in _SPLIT and isinstance(value, str) else value
        for key, value in part.items()
    }


def _without_nan(form: Any) -> Any:
    if isinstance(form, float):
        return form if form - form == 0 else None
    if isinstance(form, dict):
        return {key: _without_nan(value) for key, value in form.items()}
    if isinstance(form, list | tuple):
        return [_without_nan(value) for value in form]
    return form
