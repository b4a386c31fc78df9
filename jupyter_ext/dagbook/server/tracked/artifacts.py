"""What a run has kept: folders listed, files previewed within limits, and handed out whole."""

from __future__ import annotations

import base64
import csv
import io
import json
import mimetypes
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Final

from dagbook.errors import Finding, InvalidInput, NotFound
from dagbook.server.tracked.stores import TrackedStore, TrackedStores

if TYPE_CHECKING:
    from mlflow.entities import FileInfo, Run

MOST_TEXT: Final = 200_000
MOST_PICTURE: Final = 10_000_000
MOST_NOTEBOOK: Final = 50_000_000
MOST_TABLE: Final = 50_000_000
MOST_FETCHED: Final = 50_000_000
"""Bytes. What is kept elsewhere is fetched for a preview only up to the last."""

MOST_ROWS: Final = 200
MOST_COLUMNS: Final = 60
_MOST_ENTRIES: Final = 2000
_LONGEST_CELL: Final = 200
_LONGEST_PATH: Final = 1000
_PICTURES: Final = {".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".gif": "image/gif",
                    ".webp": "image/webp", ".svg": "image/svg+xml"}  # fmt: skip
_SEPARATORS: Final = {".csv": ",", ".tsv": "\t"}


def listed(stores: TrackedStores, run_id: str, path: str) -> dict[str, Any]:
    """A folder of a run's artifacts: `{"path", "entries": [{"path", "name", "folder", "size"}], "more"}`."""
    path = checked_path(path)
    store, run = stores.of_run(run_id)
    entries = _entries(store, run, path)
    return {
        "path": path,
        "entries": [
            {
                "path": one.path,
                "name": PurePosixPath(one.path).name,
                "folder": bool(one.is_dir),
                "size": one.file_size,
            }
            for one in entries[:_MOST_ENTRIES]
        ],
        "more": max(0, len(entries) - _MOST_ENTRIES),
    }


def previewed(stores: TrackedStores, run_id: str, path: str) -> dict[str, Any]:
    """What a person sees of a file: `kind` is picture, table, notebook, text, binary or too-large.

    Raises:
        InvalidInput: a path that leads elsewhere.
        NotFound: no such run, or no such file in it.
        EnvironmentFault: the store does not answer.
    """
    store, run, entry = _file(stores, run_id, path)
    told = {"path": entry.path, "size": entry.file_size or 0}
    if not is_here(run) and told["size"] > MOST_FETCHED:
        return {**told, "kind": "too-large", "most": MOST_FETCHED}
    with fetched(store, run, entry.path) as file:
        return {**told, **_seen(file)}


def notebook(stores: TrackedStores, run_id: str, path: str) -> dict[str, Any]:
    """A notebook among the artifacts, as a document."""
    store, run, entry = _file(stores, run_id, path)
    if (entry.file_size or 0) <= MOST_NOTEBOOK:
        with fetched(store, run, entry.path) as file:
            document = _notebook(file)
        if document is not None:
            return document
    raise NotFound(
        Finding(
            code="no-notebook", message=f"'{path[:200]}' is no notebook, or too large to be shown",
            remedy="download it",
        )
    )  # fmt: skip


def checked_path(path: str) -> str:
    """The path below a run's artifacts. Raises InvalidInput where it would lead elsewhere."""
    parts = PurePosixPath(path).parts
    if len(path) > _LONGEST_PATH or path.startswith("/") or ".." in parts or set(path) & set("\\\0%:#?"):
        raise InvalidInput(
            Finding(
                code="bad-artifact", message=f"{path[:80]!r} is no path of an artifact",
                remedy="give it as GET dagbook/api/tracked/runs/RUN/artifacts lists it",
            )
        )  # fmt: skip
    return str(PurePosixPath(*parts)) if parts else ""


def is_here(run: Run) -> bool:
    """Whether the artifacts are files of this machine."""
    from mlflow.utils.uri import is_local_uri

    return bool(is_local_uri(run.info.artifact_uri))


@contextmanager
def fetched(store: TrackedStore, run: Run, path: str) -> Iterator[Path]:
    """The file itself: in its place where that is this machine, otherwise a copy for the time being."""
    if is_here(run):
        from mlflow.utils.file_utils import local_file_uri_to_path

        root = Path(local_file_uri_to_path(run.info.artifact_uri)).resolve()
        file = (root / path).resolve()
        if not file.is_relative_to(root) or not file.is_file():  # a link that leads out
            raise _no_artifact(path)
        yield file
        return
    with tempfile.TemporaryDirectory(prefix="dagbook-artifact-") as folder:
        yield Path(store.ask(lambda client: client.download_artifacts(run.info.run_id, path, folder)))


def file_of(stores: TrackedStores, run_id: str, path: str) -> tuple[TrackedStore, Run, str]:
    """Where a file is, for a download."""
    store, run, entry = _file(stores, run_id, path)
    return store, run, str(entry.path)


def _file(stores: TrackedStores, run_id: str, path: str) -> tuple[TrackedStore, Run, FileInfo]:
    path = checked_path(path)
    store, run = stores.of_run(run_id)
    parent = str(PurePosixPath(path).parent)
    for entry in _entries(store, run, "" if parent == "." else parent):
        if entry.path == path and not entry.is_dir:
            return store, run, entry
    raise _no_artifact(path)


def _entries(store: TrackedStore, run: Run, path: str) -> list[FileInfo]:
    found = store.ask(lambda client: client.list_artifacts(run.info.run_id, path or None))
    return sorted(found, key=lambda one: (not one.is_dir, one.path))


def _no_artifact(path: str) -> NotFound:
    return NotFound(
        Finding(
            code="no-artifact", message=f"the run has no file '{path[:200]}'", remedy="list its artifacts"
        )
    )


def _seen(file: Path) -> dict[str, Any]:
    suffix, size = file.suffix.lower(), file.stat().st_size
    if suffix in _PICTURES:
        if size > MOST_PICTURE:
            return {"kind": "too-large", "most": MOST_PICTURE}
        return {
            "kind": "picture",
            "type": _PICTURES[suffix],
            "data": base64.b64encode(file.read_bytes()).decode("ascii"),
        }
    if suffix == ".ipynb" and size <= MOST_NOTEBOOK and (document := _notebook(file)) is not None:
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


def _notebook(file: Path) -> dict[str, Any] | None:
    try:
        document = json.loads(file.read_bytes())
    except (ValueError, RecursionError):
        return None
    fits = isinstance(document, dict) and isinstance(document.get("cells"), list)
    return document if fits else None
