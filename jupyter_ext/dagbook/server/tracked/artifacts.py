"""What a run has kept: folders listed, files previewed within limits, and handed out whole."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Final

from dagbook.errors import Finding, InvalidInput, NotFound
from dagbook.server.previews import MOST_NOTEBOOK, notebook_in, preview_of
from dagbook.server.tracked.stores import TrackedStore, TrackedStores

if TYPE_CHECKING:
    from mlflow.entities import FileInfo, Run

MOST_FETCHED: Final = 50_000_000
"""Bytes. What is kept elsewhere is fetched for a preview only up to the last."""

_MOST_ENTRIES: Final = 2000
_LONGEST_PATH: Final = 1000


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
        return {**told, **preview_of(file)}


def notebook(stores: TrackedStores, run_id: str, path: str) -> dict[str, Any]:
    """A notebook among the artifacts, as a document."""
    store, run, entry = _file(stores, run_id, path)
    if (entry.file_size or 0) <= MOST_NOTEBOOK:
        with fetched(store, run, entry.path) as file:
            document = notebook_in(file)
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
