"""A cache as a folder: records by fingerprint, contents by digest. Damage costs time, never a wrong result.

    results/<fp>.json      what was published, by which run, and what the fingerprint was made of
    latest/<key>.json      the parts of the newest result of a step, to say why a step runs again
    objects/<sha256>       a file or a folder, named by its content

Everything is written under a temporary name and renamed, contents before the record that names them.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from dagbook.engine.content import digest_of
from dagbook.engine.ports import CachedResult
from dagbook.notebook.outputs import Output
from dagbook.pipeline.planner import Known

_VERSION = 1


class _Record(BaseModel):
    """What stands in `results/<fp>.json`."""

    version: int = _VERSION
    key: str
    parts: dict[str, str]
    run: str
    outputs: dict[str, Output]
    notebook: str = ""
    notebook_sha256: str = ""


class DirectoryCache:
    """A cache below `folder`, which is made when first written to. Safe for several runs at once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def known(self, fingerprint: str) -> Known | None:
        """What is recorded under the fingerprint; None also for a record that cannot be read."""
        record = self._record(fingerprint)
        return None if record is None else Known(run=record.run, outputs=record.outputs)

    def latest(self, key: str) -> Mapping[str, str] | None:
        """The fingerprint parts of the newest result under the key."""
        parts = _read_json(self._latest_path(key))
        sound = isinstance(parts, dict) and all(isinstance(digest, str) for digest in parts.values())
        return parts if sound else None

    def fetch(self, fingerprint: str, into: Path) -> CachedResult | None:
        """Copy the result's files to `into`, each checked against its digest."""
        record = self._record(fingerprint)
        if record is None:
            return None
        files = {output.path: output.sha256 for output in record.outputs.values() if output.kind == "file"}
        if record.notebook:
            files[record.notebook] = record.notebook_sha256
        for path, sha256 in files.items():
            if not self._take(sha256, into / path):
                return None
        return CachedResult(
            fingerprint=fingerprint,
            key=record.key,
            parts=record.parts,
            run=record.run,
            folder=into,
            outputs=record.outputs,
            notebook=record.notebook,
        )

    def store(self, result: CachedResult) -> None:
        """Keep the result; objects first, the record that names them last."""
        for output in result.outputs.values():
            if output.kind == "file":
                self._keep(result.folder / output.path, output.sha256)
        notebook_sha256 = ""
        if result.notebook:
            notebook_sha256 = digest_of(result.folder / result.notebook)
            self._keep(result.folder / result.notebook, notebook_sha256)
        record = _Record(
            key=result.key,
            parts=dict(result.parts),
            run=result.run,
            outputs=dict(result.outputs),
            notebook=result.notebook,
            notebook_sha256=notebook_sha256,
        )
        _write_json(self._folder / "results" / f"{result.fingerprint}.json", record.model_dump(mode="json"))
        _write_json(self._latest_path(result.key), dict(result.parts))

    def _record(self, fingerprint: str) -> _Record | None:
        content = _read_json(self._folder / "results" / f"{fingerprint}.json")
        try:
            record = _Record.model_validate(content)
        except ValidationError:
            return None
        return record if record.version == _VERSION else None

    def _latest_path(self, key: str) -> Path:
        return self._folder / "latest" / f"{hashlib.sha256(key.encode()).hexdigest()}.json"

    def _keep(self, source: Path, sha256: str) -> None:
        target = self._folder / "objects" / sha256
        if target.exists():
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".new-", dir=target.parent) as room:
            copy = Path(room) / "content"
            _copy(source, copy)
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
        return json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
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
