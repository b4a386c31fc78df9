"""The delivering end of an outbox: its records in order, and how far they got. Knows no tracking store."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from dagbook.engine.outbox import RECORDS, WRITER, now
from dagbook.engine.writer import Writer, writer_from_json

PROGRESS: Final = "progress.json"
REJECTED: Final = "rejected.jsonl"
_CHUNK: Final = 4_000_000


@dataclass(kw_only=True)
class Progress:
    """How far the records have got.

    Attributes:
        offsets: file → bytes of it that are delivered.
        runs: run key → what the store calls it: `id`, `experiment_id`, `experiment`, `uri`.
        error: why nothing gets through at the moment; empty when it does.
        rejected: how many records the store refused for good.
    """

    offsets: dict[str, int] = field(default_factory=dict)
    runs: dict[str, dict[str, str]] = field(default_factory=dict)
    error: str = ""
    rejected: int = 0


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line: the file it is in, the offset behind it, its record (None when it is none) and its text."""

    file: str
    end: int
    record: dict[str, Any] | None
    text: str


class OutboxReader:
    """Reads one outbox."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def writer(self) -> Writer | None:
        """Who writes here; None when that cannot be told."""
        try:
            return writer_from_json((self.folder / WRITER).read_text("utf-8"))
        except (OSError, ValueError, TypeError):
            return None

    def progress(self) -> Progress:
        """How far delivery has got."""
        try:
            return Progress(**json.loads((self.folder / PROGRESS).read_text("utf-8")))
        except (OSError, ValueError, TypeError):
            return Progress()

    def save(self, progress: Progress) -> None:
        """Keep the progress; readers see the old one or the new one."""
        temporary = self.folder / f".{os.getpid()}.{PROGRESS}"
        temporary.write_text(json.dumps(asdict(progress)), "utf-8")
        temporary.replace(self.folder / PROGRESS)

    def files(self) -> list[str]:
        """The files of records: that of the writer first, then those of children it forked."""
        names = [path.name for path in self.folder.glob("records*.jsonl")]
        return sorted(names, key=lambda name: (name != RECORDS, name))

    def has_more(self, progress: Progress) -> bool:
        """Whether something is not delivered yet."""
        return any(
            (self.folder / name).stat().st_size > progress.offsets.get(name, 0) for name in self.files()
        )

    def waiting(self, progress: Progress) -> int:
        """How many records are not delivered yet."""
        found = 0
        for name in self.files():
            with (self.folder / name).open("rb") as file:
                file.seek(progress.offsets.get(name, 0))
                while chunk := file.read(_CHUNK):
                    found += chunk.count(b"\n")
        return found

    def lines(self, name: str, offset: int = 0) -> Iterator[Line]:
        """The whole lines of a file from `offset` on; one that is still being written is left for later."""
        with (self.folder / name).open("rb") as file:
            file.seek(offset)
            rest = b""
            while chunk := file.read(_CHUNK):
                *whole, rest = (rest + chunk).split(b"\n")
                for content in whole:
                    offset += len(content) + 1
                    text = content.decode("utf-8", "replace")
                    yield Line(file=name, end=offset, record=_record(text), text=text)

    def reject(self, line: str, reason: str) -> None:
        """Put aside what the store will never take, with the reason."""
        descriptor = os.open(self.folder / REJECTED, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(descriptor, (json.dumps({"reason": reason, "record": line}) + "\n").encode())
        finally:
            os.close(descriptor)

    def close_abandoned(self) -> list[str]:
        """Add the end that runs lack whose writer is gone: KILLED. Returns their keys.

        To be called only when the writer is gone: nobody else appends then.
        """
        if RECORDS not in self.files():
            return []
        missing: dict[str, None] = {}
        for name in self.files():
            for line in self.lines(name):
                record = line.record or {}
                if record.get("kind") == "open" and not record.get("id"):
                    missing[str(record.get("run"))] = None
                elif record.get("kind") == "close":
                    missing.pop(str(record.get("run")), None)
        if missing:
            self._append_ends(list(missing))
        return list(missing)

    def _append_ends(self, keys: list[str]) -> None:
        path = self.folder / RECORDS
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - 1))
            torn = file.read(1) not in {b"\n", b""}
        records = [
            record
            for key in keys
            for record in (
                {"t": now(), "kind": "tag", "run": key, "values": {"dagbook.ended": "its kernel went away"}},
                {"t": now(), "kind": "close", "run": key, "status": "KILLED"},
            )
        ]
        text = ("\n" if torn else "") + "".join(json.dumps(record) + "\n" for record in records)
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND)
        try:
            os.write(descriptor, text.encode())
        finally:
            os.close(descriptor)


def _record(text: str) -> dict[str, Any] | None:
    try:
        record = json.loads(text)
    except ValueError:
        return None
    return record if isinstance(record, dict) else None


def outboxes(root: Path) -> list[OutboxReader]:
    """Every outbox below `root`, oldest first."""
    try:
        folders = [entry for entry in root.iterdir() if (entry / WRITER).exists()]
    except OSError:
        return []
    return [OutboxReader(folder) for folder in sorted(folders)]
