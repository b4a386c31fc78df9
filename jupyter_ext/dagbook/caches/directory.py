"""A cache as a folder: records by fingerprint, contents by digest. Damage costs time, never a wrong result.

    results/<fp>.json      what was published, by which run, and what the fingerprint was made of
    latest/<key>.json      the parts of the newest result of a step, to say why a step runs again
    objects/<sha256>       a file or a folder, named by its content

Everything is written under a temporary name and renamed, contents before the record that names them.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from dagbook.caches.record import (
    Record,
    latest_name,
    parse,
    read_parts,
    read_record,
    result_name,
)
from dagbook.engine.content import digest_of
from dagbook.engine.ports import CachedResult
from dagbook.pipeline.planner import Known


class DirectoryCache:
    """A cache below `folder`, which is made when first written to. Safe for several runs at once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def known(self, fingerprint: str) -> Known | None:
        """What is recorded under the fingerprint; None also for a record that cannot be read."""
        record = self._record(fingerprint)
        return None if record is None else record.known

    def latest(self, key: str) -> Mapping[str, str] | None:
        """The fingerprint parts of the newest result under the key."""
        return read_parts(_read_json(self._folder / latest_name(key)))

    def fetch(self, fingerprint: str, into: Path) -> CachedResult | None:
        """Copy the result's files to `into`, each checked against its digest."""
        record = self._record(fingerprint)
        if record is None or not all(
            self._take(sha256, into / path) for path, sha256 in record.files.items()
        ):
            return None
        with suppress(OSError):  # it was of use: whoever tidies up keeps it
            (self._folder / result_name(fingerprint)).touch()
        return record.result(fingerprint, into)

    def store(self, result: CachedResult) -> None:
        """Keep the result; objects first, the record that names them last."""
        record = Record.of(result)
        for path, sha256 in record.files.items():
            self._keep(result.folder / path, sha256)
        _write_json(self._folder / result_name(result.fingerprint), record.model_dump(mode="json"))
        _write_json(self._folder / latest_name(result.key), dict(result.parts))

    def trouble(self) -> str | None:
        """Nothing is beside."""

    def close(self) -> None:
        """Everything is kept at once."""

    def _record(self, fingerprint: str) -> Record | None:
        return read_record(_read_json(self._folder / result_name(fingerprint)))

    def _keep(self, source: Path, sha256: str) -> None:
        target = self._folder / "objects" / sha256
        if target.exists():
            with suppress(OSError):  # of another owner; the time is for tidying up alone
                os.utime(target)
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".new-", dir=target.parent) as room:
            copy = Path(room) / "content"
            _copy(source, copy)
            os.utime(copy)
            try:
                copy.rename(target)
            except OSError:
                # Another run kept the same content a moment ago.
                if not target.exists():
                    raise

    def _take(self, sha256: str, target: Path) -> bool:
        source = self._folder / "objects" / sha256
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            _copy(source, target)
            if digest_of(target) == sha256:
                return True
        except OSError:
            return False
        # Damaged: away with it, so that the next result under this digest is kept anew.
        _remove(source)
        _remove(target)
        return False


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target)
    else:
        shutil.copyfile(source, target)
        _flush(target)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _read_json(path: Path) -> Any:
    try:
        return parse(path.read_bytes())
    except OSError:
        return None


def _write_json(path: Path, content: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=".new-", dir=path.parent)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(content, file, ensure_ascii=False)
        file.flush()
        os.fsync(file.fileno())
    Path(name).replace(path)


def _flush(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
