"""The driver's side of a store between it and workers: sends what attempts need, brings what they left.

All of a run lies in one folder of the store, `RUN/objects/SHA-256`, which goes when the run ends.
"""

from __future__ import annotations

import logging
import tempfile
import threading
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypedDict

from dagbook.engine.content import digest_of
from dagbook.engine.folders import RESULT
from dagbook.engine.request import NodeRequest
from dagbook.errors import EnvironmentFault, Finding
from dagbook.executors.dask.belongings import belongings
from dagbook.executors.dask.paths import is_inside
from dagbook.stores.store import Store, StoreAway, UnknownScheme

Listing = dict[str, tuple[str, int]]
"""Name of a file → its SHA-256, hexadecimal, and its bytes."""


class Travel(TypedDict):
    """What a worker is told of an attempt's files: plain values.

    `roots` are pairs: the driver's path, and the name in the room that stands for it.
    """

    url: str
    run: str
    roots: list[tuple[str, str]]
    files: Listing
    folders: list[str]


def object_name(run: str, sha256: str) -> str:
    """Where in the store a content lies while the run goes on."""
    return f"{run}/objects/{sha256}"


class Storage:
    """A run's part of the store at `url`.

    Args:
        url: of fsspec, or the absolute path of a folder.
        run: the run's id.
        project: the project's folder.
    """

    def __init__(self, url: str, run: str, project: Path) -> None:
        self._url = url
        self._run = run
        self._project = project
        self._store = Store(url)
        self._there: set[str] = set()
        self._sending = threading.Lock()

    def require(self) -> None:
        """See that files can be kept there, and that they come back.

        Raises:
            EnvironmentFault: they do not, or nothing that is installed reaches the address.
        """
        try:
            self._probe()
        except UnknownScheme as error:
            raise EnvironmentFault(
                Finding(
                    code="storage-scheme", message=f"files cannot travel by {self._url}: {error}",
                    remedy="pip install 'dagbook[dask]' and what it names, here and on the workers, "
                    "or give another --storage",
                )
            ) from error  # fmt: skip
        except StoreAway as error:
            raise EnvironmentFault(
                Finding(
                    code="storage-away", message=f"the storage cannot be used: {error}",
                    remedy="check its address and the right to write there; nothing was run",
                )
            ) from error  # fmt: skip

    def _probe(self) -> None:
        name = f"{self._run}/probe-{uuid.uuid4().hex}"
        with tempfile.TemporaryDirectory(prefix="dagbook-") as room:
            probe = Path(room) / "probe"
            probe.write_bytes(name.encode())
            self._store.put(probe, name)
        if self._store.read(name) != name.encode():
            raise StoreAway(f"{self._url}: what was written does not come back")
        self._store.remove(name)

    def send(self, request: NodeRequest) -> Travel:
        """Have all in the store that the attempt needs.

        Raises:
            OSError: a file cannot be read, or the store (StoreAway) refuses it.
        """
        what = belongings(request, self._project)
        files: Listing = {}
        for name, path in what.files.items():
            files[name] = (digest_of(path), path.stat().st_size)
            self._keep(path, files[name][0])
        return Travel(
            url=self._url, run=self._run, roots=list(what.roots.items()), files=files,
            folders=list(what.folders),
        )  # fmt: skip

    def bring(self, left: Mapping[str, Any], folder: Path) -> None:
        """Bring what an attempt left into its folder, each file checked against its digest; the result last.

        Raises:
            OSError: it is not all there, or cannot be written.
        """
        folder.mkdir(parents=True, exist_ok=True)
        for name, (sha256, size) in sorted(left.items(), key=lambda entry: entry[0] == RESULT):
            if not is_inside(name):
                raise StoreAway(f"{self._url}: the worker named a file outside of its folder: {name}")
            fetch(self._store, object_name(self._run, sha256), folder / name, (sha256, size))
            # It came from there: who needs it next finds it there.
            self._there.add(sha256)

    def close(self) -> None:
        """Remove what the run has in the store. What cannot be removed stands in the driver's log."""
        try:
            self._store.remove_below(self._run)
        except StoreAway as error:
            logging.getLogger(__name__).warning(
                "files of run %s were left in the storage: %s", self._run, error
            )

    def _keep(self, path: Path, sha256: str) -> None:
        # One at a time: attempts that begin together need the same files.
        with self._sending:
            if sha256 not in self._there:
                keep(self._store, path, object_name(self._run, sha256))
                self._there.add(sha256)


def keep(store: Store, path: Path, name: str) -> None:
    """Put a file there, unless it is."""
    if not store.exists(name):
        store.put(path, name)


def fetch(store: Store, name: str, target: Path, known: tuple[str, int]) -> None:
    """Bring a file whole, or not at all.

    Raises:
        StoreAway: it is not there, or not what it was.
    """
    sha256, size = known
    target.parent.mkdir(parents=True, exist_ok=True)
    waiting = target.with_name(f".{uuid.uuid4().hex}.part")
    try:
        if not store.get(name, waiting, size):
            raise StoreAway(f"{store.url}: {name} is gone")
        if digest_of(waiting) != sha256:
            raise StoreAway(f"{store.url}: {name} is damaged")
        waiting.replace(target)
    finally:
        waiting.unlink(missing_ok=True)
