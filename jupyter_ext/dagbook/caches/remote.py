"""A cache at any address that fsspec reaches, as s3://, gs://, abfs://, sftp:// or memory://.

The names are those of a cache in a folder. A folder that was published is one object, a tar file of it.
fsspec is imported on first use, and what a scheme needs beside (s3fs, …) by fsspec.
"""

from __future__ import annotations

import json
import shutil
import tarfile
import tempfile
import threading
import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, TypeVar

from dagbook.caches.record import Record, latest_name, parse, read_parts, read_record, result_name
from dagbook.engine.content import digest_of
from dagbook.engine.ports import CachedResult
from dagbook.errors import EnvironmentFault, Finding
from dagbook.pipeline.planner import Known

PATIENCE: Final = 20.0
"""Seconds that the store may take to answer a question about something small."""

# There an object appears whole or not at all; elsewhere it is written beside and renamed.
_WHOLE_PUTS: Final = frozenset({"s3", "s3a", "gs", "gcs", "abfs", "abfss", "az", "memory"})
_T = TypeVar("_T")


class CacheAway(OSError):
    """The store cannot be reached or refuses; says why."""


class RemoteCache:
    """A cache below `url`. Every method may raise CacheAway.

    Args:
        url: as fsspec takes it; what else it wants to know it finds in its own settings and in the
            environment (`FSSPEC_S3_ENDPOINT_URL`, `AWS_ACCESS_KEY_ID`, …).
        patience: seconds that the store may take to answer.
    """

    def __init__(self, url: str, patience: float = PATIENCE) -> None:
        self._url = url
        self._patience = patience
        self._opened: tuple[Any, str] | None = None

    def known(self, fingerprint: str) -> Known | None:
        """What is recorded under the fingerprint."""
        record = self._record(fingerprint)
        return None if record is None else record.known

    def latest(self, key: str) -> Mapping[str, str] | None:
        """The fingerprint parts of the newest result under the key."""
        return read_parts(self._read(latest_name(key)))

    def fetch(self, fingerprint: str, into: Path) -> CachedResult | None:
        """Bring the result's files to `into`, each checked against its digest."""
        record = self._record(fingerprint)
        if record is None or not all(
            self._take(sha256, into / path) for path, sha256 in record.files.items()
        ):
            return None
        return record.result(fingerprint, into)

    def store(self, result: CachedResult) -> None:
        """Keep the result; objects first, the record that names them last."""
        record = Record.of(result)
        for path, sha256 in record.files.items():
            self._keep(result.folder / path, sha256)
        text = json.dumps(record.model_dump(mode="json"), ensure_ascii=False)
        self._write(result_name(result.fingerprint), text.encode())
        self._write(latest_name(result.key), json.dumps(dict(result.parts)).encode())

    def trouble(self) -> str | None:
        """What is wrong is raised."""

    def close(self) -> None:
        """Everything is kept at once."""

    # --- objects ------------------------------------------------------------------------------------

    def _keep(self, source: Path, sha256: str) -> None:
        # Read before anything is sent: what is wrong with the run's own files is no fault of the store.
        if digest_of(source) != sha256:
            raise FileNotFoundError(f"{source} is not what was published")
        name = f"objects/{sha256}"
        if self._soon(lambda fs, root: fs.exists(f"{root}/{name}")):
            return
        with tempfile.TemporaryDirectory(prefix="dagbook-") as room:
            packed = source
            if source.is_dir():
                packed = Path(room) / "folder.tar"
                with tarfile.open(packed, "w", dereference=True) as tar:
                    tar.add(source, arcname=".")
            self._reach(lambda fs, root: _put(fs, packed, f"{root}/{name}"))

    def _take(self, sha256: str, target: Path) -> bool:
        name = f"objects/{sha256}"
        with tempfile.TemporaryDirectory(prefix="dagbook-") as room:
            brought = Path(room) / "object"
            if not self._reach(lambda fs, root: _get(fs, f"{root}/{name}", brought)):
                return False
            try:
                target.parent.mkdir(parents=True, exist_ok=True)
                if digest_of(brought) == sha256:
                    shutil.move(brought, target)
                    return True
                # As it was packed: what is packed tighter could unfold to any size.
                with tarfile.open(brought, "r:") as tar:
                    tar.extractall(target, filter="data")
                if digest_of(target) == sha256:
                    return True
            except (OSError, tarfile.TarError):
                pass
        # Damaged: away with it, so that the next result under this digest is kept anew.
        shutil.rmtree(target, ignore_errors=True)
        self._reach(lambda fs, root: _gone(fs, f"{root}/{name}"))
        return False

    # --- records ------------------------------------------------------------------------------------

    def _record(self, fingerprint: str) -> Record | None:
        return read_record(self._read(result_name(fingerprint)))

    def _read(self, name: str) -> Any:
        def read(fs: Any, root: str) -> bytes | None:
            try:
                content: bytes = fs.cat_file(f"{root}/{name}")
            except FileNotFoundError:
                return None
            return content

        content = self._soon(read)
        return None if content is None else parse(content)

    def _write(self, name: str, content: bytes) -> None:
        with tempfile.TemporaryDirectory(prefix="dagbook-") as room:
            file = Path(room) / "record"
            file.write_bytes(content)
            self._soon(lambda fs, root: _put(fs, file, f"{root}/{name}"))

    # --- the store ----------------------------------------------------------------------------------

    def _soon(self, work: Callable[[Any, str], _T]) -> _T:
        """Work that is over soon when the store is there; some clients would try for minutes."""
        answer: Future[_T] = Future()

        def ask() -> None:
            try:
                answer.set_result(self._reach(work))
            except BaseException as error:  # noqa: BLE001  # handed over, not swallowed
                answer.set_exception(error)

        threading.Thread(target=ask, name="cache", daemon=True).start()
        try:
            return answer.result(self._patience)
        except FutureTimeout:
            raise CacheAway(f"{self._url} did not answer within {self._patience:.0f} s") from None

    def _reach(self, work: Callable[[Any, str], _T]) -> _T:
        """`work` with the file system and the root in it; whatever goes wrong is one error of ours."""
        fs, root = self._open()
        try:
            return work(fs, root)
        except Exception as error:
            said = (str(error).strip().splitlines() or [""])[0][:300]
            raise CacheAway(f"{self._url}: {type(error).__name__}: {said}") from error

    def _open(self) -> tuple[Any, str]:
        if self._opened is None:
            self._opened = open_store(self._url)
        return self._opened


def open_store(url: str) -> tuple[Any, str]:
    """The file system of an address, and the path in it. Nothing is asked of the store yet.

    Raises:
        EnvironmentFault: fsspec, or what it needs for the scheme, is not installed.
    """
    try:
        from fsspec.core import url_to_fs

        fs, root = url_to_fs(url)
    except (ImportError, ValueError) as error:
        missing = isinstance(error, ImportError) and (error.name or "").partition(".")[0] == "fsspec"
        raise EnvironmentFault(
            Finding(
                code="cache-scheme",
                message=f"results cannot be kept at {url}: {'fsspec is not installed' if missing else error}",
                remedy="pip install 'dagbook[remote]'"
                + ("" if missing else " and what it names, or set DAGBOOK_CACHE to another address"),
            )
        ) from error
    except Exception as error:
        said = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise CacheAway(f"{url}: {said}") from error
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


def _gone(fs: Any, name: str) -> None:
    with suppress(FileNotFoundError):
        fs.rm_file(name)
