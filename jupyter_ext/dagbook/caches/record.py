"""What a cache writes down of a result: `results/<fingerprint>.json`, wherever that is."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any, Final

from pydantic import BaseModel, ValidationError

from dagbook.engine.content import digest_of
from dagbook.engine.ports import CachedResult
from dagbook.notebook.outputs import Output
from dagbook.pipeline.planner import Known

_VERSION: Final = 1
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")


class Record(BaseModel):
    """A result without its contents, which are found by their digests."""

    version: int = _VERSION
    key: str
    parts: dict[str, str]
    run: str
    outputs: dict[str, Output]
    notebook: str = ""
    notebook_sha256: str = ""
    accepted: str = ""

    @classmethod
    def of(cls, result: CachedResult) -> Record:
        """Of a result whose files are in place. Raises OSError."""
        return cls(
            key=result.key,
            parts=dict(result.parts),
            run=result.run,
            outputs=dict(result.outputs),
            notebook=result.notebook,
            notebook_sha256=digest_of(result.folder / result.notebook) if result.notebook else "",
            accepted=result.accepted,
        )

    @property
    def known(self) -> Known:
        """What the planner wants to know of it."""
        return Known(run=self.run, outputs=self.outputs, accepted=self.accepted)

    @property
    def files(self) -> dict[str, str]:
        """Path → digest of every file or folder that belongs to it."""
        files = {output.path: output.sha256 for output in self.outputs.values() if output.kind == "file"}
        return {**files, self.notebook: self.notebook_sha256} if self.notebook else files

    def result(self, fingerprint: str, folder: Path) -> CachedResult:
        """The result, with its files below `folder`."""
        return CachedResult(
            fingerprint=fingerprint,
            key=self.key,
            parts=self.parts,
            run=self.run,
            folder=folder,
            outputs=self.outputs,
            notebook=self.notebook,
            accepted=self.accepted,
        )


def read_record(content: Any) -> Record | None:
    """The record in parsed JSON; None for anything else: one of a newer version, one that leads elsewhere.

    Whoever may write to a shared store could have written it.
    """
    try:
        record = Record.model_validate(content)
    except ValidationError:
        return None
    sound = record.version == _VERSION and all(
        _is_inside(path) and _DIGEST.fullmatch(digest) for path, digest in record.files.items()
    )
    return record if sound else None


def _is_inside(path: str) -> bool:
    """Whether the path leads to something below the folder that it is put into."""
    parts = PurePosixPath(path).parts
    return bool(parts) and not path.startswith("/") and ".." not in parts and "\0" not in path


def read_parts(content: Any) -> Mapping[str, str] | None:
    """The parts of a fingerprint in parsed JSON; None for anything else."""
    sound = isinstance(content, dict) and all(isinstance(digest, str) for digest in content.values())
    return content if sound else None


def parse(content: bytes | str) -> Any:
    """JSON, or None when it is none."""
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def result_name(fingerprint: str) -> str:
    """Where a record is, below the cache's root."""
    return f"results/{fingerprint}.json"


def latest_name(key: str) -> str:
    """Where the parts of a key's newest result are, below the cache's root."""
    return f"latest/{hashlib.sha256(key.encode()).hexdigest()}.json"
