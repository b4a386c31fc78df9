"""Published files as outputs: which format a file has, and what is recorded of it. Knows no Python types."""

from __future__ import annotations

import json
from pathlib import Path

from dagbook.engine.content import digest_of, size_of
from dagbook.engine.disk import sync_tree
from dagbook.notebook.outputs import Output
from dagbook.notebook.values import UnsupportedValue, encode

INLINE_LIMIT = 100_000
"""Bytes of a `NAME.json` up to which it is a value; larger ones are files."""

_KNOWN = {
    ".parquet": "parquet", ".npy": "npy", ".csv": "csv", ".json": "json", ".txt": "txt", ".png": "png",
    ".jpg": "jpg", ".jpeg": "jpg", ".svg": "svg", ".html": "html", ".md": "md", ".pkl": "pickle",
    ".joblib": "joblib",
}  # fmt: skip


def format_of(path: Path) -> str:
    """How the file or folder at `path` is to be read: `folder`, a format by its suffix, or `file`."""
    return "folder" if path.is_dir() else _KNOWN.get(path.suffix.lower(), "file")


def name_of(path: Path) -> str:
    """The output that a file in the outputs folder stands for: its name up to the first dot."""
    return path.name.partition(".")[0]


def file_output(path: Path, attempt: Path, *, name: str, kind_of_value: str = "") -> Output:
    """The record of a published file or folder, which is on the disk when this returns.

    Raises:
        OSError: it cannot be read.
    """
    sync_tree(path)
    return Output(
        name=name,
        kind="file",
        path=path.relative_to(attempt).as_posix(),
        format=format_of(path),
        type=kind_of_value,
        sha256=digest_of(path),
        bytes=size_of(path),
    )


def value_in(path: Path, name: str) -> Output | None:
    """The value that a small JSON file holds; None when it is to be taken as a file."""
    if path.suffix != ".json" or not path.is_file() or path.stat().st_size > INLINE_LIMIT:
        return None
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
        return Output(name=name, kind="value", value=encode(value), format="json", type=type(value).__name__)
    except (ValueError, UnsupportedValue, RecursionError):
        return None
