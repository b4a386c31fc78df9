"""What is shown of a file, within limits: a picture, the head of a table, a text. Nothing of it is run."""

from __future__ import annotations

import base64
import csv
import io
import json
import mimetypes
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

MOST_TEXT: Final = 200_000
MOST_PICTURE: Final = 10_000_000
MOST_NOTEBOOK: Final = 50_000_000
MOST_TABLE: Final = 50_000_000

MOST_ROWS: Final = 200
MOST_COLUMNS: Final = 60
_LONGEST_CELL: Final = 200
_PICTURES: Final = {".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".gif": "image/gif",
                    ".webp": "image/webp", ".svg": "image/svg+xml"}  # fmt: skip
_SEPARATORS: Final = {".csv": ",", ".tsv": "\t"}


def preview_of(file: Path) -> dict[str, Any]:
    """What a person sees of a file: `kind` is picture, table, notebook, text, binary or too-large.

    Raises:
        OSError: it cannot be read.
    """
    suffix, size = file.suffix.lower(), file.stat().st_size
    if suffix in _PICTURES:
        if size > MOST_PICTURE:
            return {"kind": "too-large", "most": MOST_PICTURE}
        return {
            "kind": "picture",
            "type": _PICTURES[suffix],
            "data": base64.b64encode(file.read_bytes()).decode("ascii"),
        }
    if suffix == ".ipynb" and size <= MOST_NOTEBOOK and (document := notebook_in(file)) is not None:
        return {"kind": "notebook", "cells": len(document["cells"])}
    if suffix == ".parquet" and size <= MOST_TABLE and (table := _parquet(file)) is not None:
        return table
    return _text(file, suffix, size)


def _text(file: Path, suffix: str, size: int) -> dict[str, Any]:
    with file.open("rb") as opened:
        head = opened.read(MOST_TEXT)
    try:
        # The last character may be cut in two.
        text = head.decode("utf-8", errors="strict" if size <= MOST_TEXT else "ignore")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        return {"kind": "binary", "type": mimetypes.guess_type(file.name)[0] or "application/octet-stream"}
    cut = size > MOST_TEXT
    if suffix in _SEPARATORS and (table := _separated(text, _SEPARATORS[suffix], cut=cut)) is not None:
        return table
    if suffix == ".json" and not cut:
        with suppress(ValueError, RecursionError):
            text = json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    return {"kind": "text", "text": text, "cut": cut}


def _separated(text: str, separator: str, *, cut: bool) -> dict[str, Any] | None:
    try:
        rows = list(csv.reader(io.StringIO(text), delimiter=separator))
    except csv.Error:
        return None
    if cut:
        rows = rows[:-1]  # half a line
    if not rows:
        return None
    return _table(rows[0], rows[1:], None if cut else len(rows) - 1)


def _parquet(file: Path) -> dict[str, Any] | None:
    try:
        import pyarrow.parquet as pq

        opened = pq.ParquetFile(file)
        first = next(opened.iter_batches(batch_size=MOST_ROWS), None)
        names = list(opened.schema_arrow.names)
        columns = first.to_pydict() if first is not None else {name: [] for name in names}
        rows = [list(row) for row in zip(*columns.values(), strict=True)]
        return _table(names, rows, opened.metadata.num_rows)
    except Exception:  # noqa: BLE001  # no pyarrow, or no parquet: then it is a file like any other
        return None


def _table(header: list[Any], rows: list[list[Any]], total: int | None) -> dict[str, Any]:
    def row(values: list[Any]) -> list[str]:
        return ["" if value is None else str(value)[:_LONGEST_CELL] for value in values[:MOST_COLUMNS]]

    return {
        "kind": "table",
        "columns": row(header),
        "rows": [row(values) for values in rows[:MOST_ROWS]],
        "total": total,
        "columns_left_out": max(0, len(header) - MOST_COLUMNS),
    }


def notebook_in(file: Path) -> dict[str, Any] | None:
    """The notebook document in the file; None when it is none."""
    try:
        document = json.loads(file.read_bytes())
    except (ValueError, RecursionError):
        return None
    fits = isinstance(document, dict) and isinstance(document.get("cells"), list)
    return document if fits else None
