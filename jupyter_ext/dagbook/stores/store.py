"""Files at any address that fsspec reaches, as s3://, gs://, abfs://, sftp://, memory:// or a folder.

fsspec is imported on first use, and what a scheme needs beside (s3fs, …) by fsspec.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, TypeVar

PATIENCE: Final = 20.0
"""Seconds that a store may take to answer a question about something small."""

_SLOWEST: Final = 50_000
"""Bytes a second; what takes longer than that for a file is taken for a store that hangs."""

# There an object appears whole or not at all; elsewhere it is written beside and renamed.
_WHOLE_PUTS: Final = frozenset({"s3", "s3a", "gs", "gcs", "abfs", "abfss", "az", "memory"})
_T = TypeVar("_T")


class StoreAway(OSError):
    """The store cannot be reached or refuses; says why."""


class UnknownScheme(Exception):  # whoever asked knows what setting it was
    """Nothing that is installed reaches such an address; `no_fsspec` is whether fsspec itself is missing."""

    def __init__(self, message: str, *, no_fsspec: bool) -> None:
        super().__init__(message)
        self.no_fsspec = no_fsspec


class Store:
    """Files below `url`, by names relative to it. Every method may raise StoreAway.

    Args:
        url: as fsspec takes it; what else it wants to know it finds in its own settings and in the
            environment (`FSSPEC_S3_ENDPOINT_URL`, `AWS_ACCESS_KEY_ID`, …).
        patience: seconds that the store may take to answer.
        opening: gives the file system and the path in it; `opened(url)` when None.
    """

    def __init__(
        self, url: str, patience: float = PATIENCE, opening: Callable[[], tuple[Any, str]] | None = None
    ) -> None:
        self.url = url
        self._patience = patience
        self._opening = opening or (lambda: opened(url))
        self._opened: tuple[Any, str] | None = None

    def exists(self, name: str) -> bool:
        """Whether there is such a file."""
        return self._within(self._patience, lambda fs, root: bool(fs.exists(f"{root}/{name}")))

    def read(self, name: str) -> bytes | None:
        """What a small file holds; None when there is none."""

        def read(fs: Any, root: str) -> bytes | None:
            try:
                content: bytes = fs.cat_file(f"{root}/{name}")
            except FileNotFoundError:
                return None
            return content

        return self._within(self._patience, read)

    def put(self, source: Path, name: str) -> None:
        """Keep a copy of a file; it appears whole or not at all."""
        seconds = self._patience + source.stat().st_size / _SLOWEST
        self._within(seconds, lambda fs, root: _put(fs, source, f"{root}/{name}"))

    def get(self, name: str, target: Path, size: int | None = None) -> bool:
        """Bring a file; whether there is one. Without its size, in bytes, there is no end to the patience."""
        if size is None:
            return self._reach(lambda fs, root: _get(fs, f"{root}/{name}", target))
        seconds = self._patience + size / _SLOWEST
        return self._within(seconds, lambda fs, root: _get(fs, f"{root}/{name}", target))

    def remove(self, name: str) -> None:
        """Remove a file, if there is one."""
        self._reach(lambda fs, root: _gone(fs, f"{root}/{name}"))

    def remove_below(self, name: str) -> None:
        """Remove a folder with all that is in it, if there is one."""
        self._within(10 * self._patience, lambda fs, root: _gone(fs, f"{root}/{name}", recursive=True))

    def _within(self, seconds: float, work: Callable[[Any, str], _T]) -> _T:
        """Work that is over by then when the store is there; some clients would try for minutes."""
        answer: Future[_T] = Future()

        def ask() -> None:
            try:
                answer.set_result(self._reach(work))
            except BaseException as error:  # noqa: BLE001  # handed over, not swallowed
                answer.set_exception(error)

        threading.Thread(target=ask, name="store", daemon=True).start()
        try:
            return answer.result(seconds)
        except FutureTimeout:
            raise StoreAway(f"{self.url} did not answer within {seconds:.0f} s") from None

    def _reach(self, work: Callable[[Any, str], _T]) -> _T:
        """`work` with the file system and the root in it; whatever goes wrong is one error of ours."""
        if self._opened is None:
            self._opened = self._opening()
        fs, root = self._opened
        try:
            return work(fs, root)
        except Exception as error:
            said = (str(error).strip().splitlines() or [""])[0][:300]
            raise StoreAway(f"{self.url}: {type(error).__name__}: {said}") from error


def opened(url: str) -> tuple[Any, str]:
    """The file system of an address, and the path in it. Nothing is asked of the store yet.

    Raises:
        UnknownScheme: fsspec, or what it needs for the scheme, is not installed.
        StoreAway: the address is refused.
    """
    try:
        from fsspec.core import url_to_fs

        fs, root = url_to_fs(url)
    except (ImportError, ValueError) as error:
        missing = isinstance(error, ImportError) and (error.name or "").partition(".")[0] == "fsspec"
        message = "fsspec is not installed" if missing else str(error)
        raise UnknownScheme(message, no_fsspec=missing) from error
    except Exception as error:
        said = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise StoreAway(f"{url}: {said}") from error
    return fs, root.rstrip("/")


def _put(fs: Any, source: Path, name: str) -> None:
    with suppress(NotImplementedError):
        fs.makedirs(name.rpartition("/")[0], exist_ok=True)
    protocols = {fs.protocol} if isinstance(fs.protocol, str) else set(fs.protocol)
    if protocols & _WHOLE_PUTS:
        fs.put_file(str(source), name)
        return
    place, _, last = name.rpartition("/")
    beside = f"{place}/.new-{uuid.uuid4().hex}-{last[:20]}"
    fs.put_file(str(source), beside)
    fs.mv(beside, name)


def _get(fs: Any, name: str, target: Path) -> bool:
    try:
        fs.get_file(name, str(target))
    except FileNotFoundError:
        return False
    return True


def _gone(fs: Any, name: str, *, recursive: bool = False) -> None:
    with suppress(FileNotFoundError):
        if recursive:
            fs.rm(name, recursive=True)
        else:
            fs.rm_file(name)
