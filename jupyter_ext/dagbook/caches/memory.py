"""A cache in memory, with its files in a folder that its owner throws away; for tests."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from dagbook.engine.ports import CachedResult
from dagbook.pipeline.planner import Known


class MemoryCache:
    """Keeps records in a dict and copies of files below `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._results: dict[str, CachedResult] = {}
        self._latest: dict[str, Mapping[str, str]] = {}

    def known(self, fingerprint: str) -> Known | None:
        """What is recorded under the fingerprint."""
        result = self._results.get(fingerprint)
        if result is None:
            return None
        return Known(run=result.run, outputs=result.outputs, accepted=result.accepted)

    def latest(self, key: str) -> Mapping[str, str] | None:
        """The fingerprint parts of the newest result under the key."""
        return self._latest.get(key)

    def fetch(self, fingerprint: str, into: Path) -> CachedResult | None:
        """Copy the files to `into`."""
        result = self._results.get(fingerprint)
        if result is None:
            return None
        shutil.copytree(result.folder, into, dirs_exist_ok=True)
        return replace(result, folder=into)

    def store(self, result: CachedResult) -> None:
        """Keep the record and copies of its files."""
        kept = self._folder / result.fingerprint
        kept.mkdir(parents=True, exist_ok=True)
        for path in [*(o.path for o in result.outputs.values() if o.kind == "file"), result.notebook]:
            source = result.folder / path
            if path and source.is_dir():
                shutil.copytree(source, kept / path, dirs_exist_ok=True)
            elif path:
                (kept / path).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, kept / path)
        self._results[result.fingerprint] = replace(result, folder=kept)
        self._latest[result.key] = dict(result.parts)

    def trouble(self) -> str | None:
        """Nothing is beside."""

    def close(self) -> None:
        """Everything is kept at once."""
