"""Publishes outputs from inside a notebook, and reads what others published."""

from __future__ import annotations

import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from dagbook.formats import registry
from dagbook.magics.place import Place, place, told_by
from dagbook.magics.tracebacks import without_our_frames
from dagbook.notebook.outputs import OUTPUT_MIME, Output
from dagbook.notebook.source import SECRET_PREFIX

_SHOWN = 80
_SHORTEST_SECRET = 4
_THOUSAND = 1000
_UNITS = ("bytes", "kB", "MB", "GB")


@without_our_frames
def output(*, pickle: bool = False, **named: Any) -> None:
    """Publish each keyword as an output of this notebook: `output(accuracy=0.93, features=df)`.

    Numbers, texts, lists and dicts travel as they are; tables, arrays and figures as files; a `Path` as the
    file or folder it names. Anything else needs `pickle=True`. A name that is published again is replaced.

    Raises:
        TypeError: a value that cannot be published; says what to do.
    """
    where = place(session=told_by(_shell()))
    for name, value in named.items():
        published = publish(value, name, where, pickle=pickle)
        _show(published, value, where)


@without_our_frames
def load(path: str | Path, *, pickle: bool = False) -> Any:
    """Read a published file by its format: a DataFrame, an array, an image, text; else its Path.

    Raises:
        InvalidInput: there is none, or it is a pickle and `pickle` is not True.
    """
    return registry.load(path, pickle=pickle)


def publish(value: object, name: str, where: Place, *, pickle: bool) -> Output:
    """Write the output and its line in the manifest, in that order."""
    where.outputs.mkdir(parents=True, exist_ok=True)
    published = registry.write(value, name, where.outputs, pickle=pickle)
    _refuse_secrets(published)
    record = {**published.model_dump(mode="json"), "at": datetime.now(UTC).isoformat(timespec="milliseconds")}
    line = json.dumps(record) + "\n"
    # One write to a file opened for appending: lines of several processes do not mix.
    descriptor = os.open(where.manifest, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        os.write(descriptor, line.encode())
    finally:
        os.close(descriptor)
    return published


def _refuse_secrets(published: Output) -> None:
    """What is published goes into records that last, where secrets must not be."""
    text = json.dumps(published.value, ensure_ascii=False)
    for variable, secret in os.environ.items():
        if variable.startswith(SECRET_PREFIX) and len(secret) >= _SHORTEST_SECRET:
            written = json.dumps(secret, ensure_ascii=False)[1:-1]
            if written in text:
                name = variable.removeprefix(SECRET_PREFIX)
                raise TypeError(
                    f"output '{published.name}' holds the secret {name}; secrets are not published"
                )


def _show(published: Output, value: object, where: Place) -> None:
    line = f"published {published.name} {_summary(published, value)}"
    if not where.in_run:
        shown = os.path.relpath(where.outputs)
        line += f" (no run: kept in {shown})"
    if _shell() is None:
        sys.stdout.write(line + "\n")
        return
    from IPython.display import display  # there already

    display({OUTPUT_MIME: published.model_dump(mode="json"), "text/plain": line}, raw=True)  # type: ignore[no-untyped-call]


@runtime_checkable
class _HasItem(Protocol):
    """NumPy's scalars, without importing it."""

    def item(self) -> object: ...


def _summary(published: Output, value: object) -> str:
    if published.kind == "value":
        # A number of NumPy's is a number: people do not care whose.
        shown = repr(value.item() if isinstance(value, _HasItem) else value)
        return f"= {shown if len(shown) <= _SHOWN else shown[: _SHOWN - 1] + '…'}"
    shape = getattr(value, "shape", None)
    size = f" {' × '.join(str(part) for part in shape)}" if isinstance(shape, tuple) else ""
    return f"({published.type}{size}, {_readable(published.bytes)})"


def _readable(size: float) -> str:
    for unit in _UNITS:
        if size < _THOUSAND or unit == _UNITS[-1]:
            return f"{size:.0f} {unit}" if unit == _UNITS[0] else f"{size:.1f} {unit}"
        size /= _THOUSAND
    raise AssertionError("the last unit always returns")


def _shell() -> Any:
    """The IPython that runs us, if one does; IPython is not imported for the question."""
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython is not None else None
