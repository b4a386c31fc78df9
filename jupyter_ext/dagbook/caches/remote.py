"""A cache at any address that fsspec reaches, as s3://, gs://, abfs://, sftp:// or memory://.

The names are those of a cache in a folder. A folder that was published is one object, a tar file of it.
"""

from __future__ import annotations

import json
import shutil
import tarfile
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dagbook.caches.record import Record, latest_name, parse, read_parts, read_record, result_name
from dagbook.engine.content import digest_of
from dagbook.engine.ports import CachedResult
from dagbook.errors import EnvironmentFault, Finding
from dagbook.pipeline.planner import Known
from dagbook.stores.store import PATIENCE, Store, StoreAway, UnknownScheme, opened

CacheAway = StoreAway


class RemoteCache:
    """A cache below `url`. Every method may raise CacheAway.

    Args:
        url: as fsspec takes it; what else it wants to know it finds in its own settings and in the
            environment (`FSSPEC_S3_ENDPOINT_URL`, `AWS_ACCESS_KEY_ID`, …).
        patience: seconds that the store may take to answer.
    """

    def __init__(self, url: str, patience: float = PATIENCE) -> None:
        self._store = Store(url, patience, lambda: open_store(url))

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
        if self._store.exists(name):
            return
        with tempfile.TemporaryDirectory(prefix="dagbook-") as room:
            packed = source
            if source.is_dir():
                packed = Path(room) / "folder.tar"
                with tarfile.open(packed, "w", dereference=True) as tar:
                    tar.add(source, arcname=".")
            self._store.put(packed, name)

    def _take(self, sha256: str, target: Path) -> bool:
        name = f"objects/{sha256}"
        with tempfile.TemporaryDirectory(prefix="dagbook-") as room:
            brought = Path(room) / "object"
            if not self._store.get(name, brought):
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
        self._store.remove(name)
        return False

    # --- records ------------------------------------------------------------------------------------

    def _record(self, fingerprint: str) -> Record | None:
        return read_record(self._read(result_name(fingerprint)))

    def _read(self, name: str) -> Any:
        content = self._store.read(name)
        return None if content is None else parse(content)

    def _write(self, name: str, content: bytes) -> None:
        with tempfile.TemporaryDirectory(prefix="dagbook-") as room:
            file = Path(room) / "record"
            file.write_bytes(content)
            self._store.put(file, name)


def open_store(url: str) -> tuple[Any, str]:
    """The file system of an address, and the path in it. Nothing is asked of the store yet.

    Raises:
        EnvironmentFault: fsspec, or what it needs for the scheme, is not installed.
    """
    try:
        return opened(url)
    except UnknownScheme as error:
        raise EnvironmentFault(
            Finding(
                code="cache-scheme",
                message=f"results cannot be kept at {url}: {error}",
                remedy="pip install 'dagbook[remote]'"
                + ("" if error.no_fsspec else " and what it names, or set DAGBOOK_CACHE to another address"),
            )
        ) from error
