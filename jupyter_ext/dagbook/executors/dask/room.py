"""A worker's side of the store: a room with what an attempt needs, and what it left sent back."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from dagbook.engine.collect import MANIFEST
from dagbook.engine.content import digest_of
from dagbook.engine.disk import files_below
from dagbook.engine.folders import LOG, NOTEBOOK, OUTBOX, REQUEST, RESULT
from dagbook.engine.request import NodeRequest
from dagbook.executors.dask.paths import Roots, is_inside
from dagbook.executors.dask.storage import Listing, Travel, fetch, keep, object_name
from dagbook.run.facts import NodeError
from dagbook.stores.store import Store

_OF_JSON: Final = frozenset({RESULT, NOTEBOOK, MANIFEST})


class Stopped(Exception):  # no fault: it is not wanted any more
    """The attempt was taken back before it began."""


class Room:
    """Where one attempt is made.

    Args:
        folder: empty, absolute, and of a name that nothing else has.
        travel: what the driver sent.
    """

    def __init__(self, folder: Path, travel: Travel) -> None:
        self._folder = folder
        self._travel = travel
        self._store = Store(travel["url"])
        self._roots = Roots([(ours, str(folder / name)) for ours, name in travel["roots"]])

    def fill(self, unwanted: Callable[[], bool]) -> None:
        """Bring everything.

        Raises:
            Stopped: nobody wants it any more.
            UnknownScheme: this worker lacks what the address needs.
            OSError: the store (StoreAway) or the disk is in the way.
        """
        for name in self._travel["folders"]:
            self._inside(name).mkdir(parents=True, exist_ok=True)
        for name, (sha256, size) in self._travel["files"].items():
            if unwanted():
                raise Stopped
            fetch(self._store, self._object(sha256), self._inside(name), (sha256, size))

    def request(self, request: NodeRequest) -> NodeRequest:
        """The driver's request, as it reads here."""
        # Beside the rooms: what was made for one attempt serves the next.
        return self._roots.request_there(request, str(self._folder.parent / "dagbook-environments"))

    def said(self, value: Any) -> Any:
        """A JSON value with the driver's paths in it."""
        return json.loads(self._roots.text_here(json.dumps(value), is_json=True))

    def text(self, text: str) -> str:
        """Words for people with the driver's paths in them."""
        return self._roots.text_here(text, is_json=False)

    def send(self, request: NodeRequest) -> Listing:
        """Have all in the store that the attempt left in its folder.

        Args:
            request: as it reads here.

        Raises:
            OSError: the store (StoreAway) or the disk is in the way.
        """
        folder = Path(request.folder)
        left: Listing = {}
        for path in files_below(folder):
            name = path.relative_to(folder).as_posix()
            if name == REQUEST:
                continue
            if path.parent == folder or name.startswith(f"{OUTBOX}/"):
                self._put_paths_right(path)
            left[name] = (digest_of(path), path.stat().st_size)
            keep(self._store, path, self._object(left[name][0]))
        return left

    def _put_paths_right(self, path: Path) -> None:
        """In what we write ourselves; what notebooks write stays as it is, by its digest."""
        is_json = path.name in _OF_JSON or path.suffix == ".jsonl"
        if is_json or path.name == LOG:
            text = path.read_bytes().decode("utf-8", "surrogateescape")
            changed = self._roots.text_here(text, is_json=is_json)
            if changed != text:
                path.write_bytes(changed.encode("utf-8", "surrogateescape"))

    def _object(self, sha256: str) -> str:
        return object_name(self._travel["run"], sha256)

    def _inside(self, name: str) -> Path:
        if not is_inside(name):
            raise FileNotFoundError(f"the driver named a file outside of the room: {name}")
        return self._folder / name


def storage_fault(error: Exception, address: str, doing: str) -> NodeError:
    """What became of an attempt whose files cannot travel."""
    return NodeError(
        name="StorageAway",
        value=f"the worker {address} could not {doing}: {error}",
        remedy="give workers the address and the rights of the storage in their environment, and what its "
        "scheme needs; `dagbook resume` goes on",
    )
