"""A journal as a file of JSON lines, each with a checksum. One writer; any number of readers.

A line is `{"crc":"xxxxxxxx",` followed by the rest of the object; the checksum is CRC-32 over that rest,
as bytes, so that a reader in any language can check it without writing JSON the way Python does.
"""

from __future__ import annotations

import json
import os
import zlib
from datetime import UTC, datetime
from pathlib import Path

from dagbook.errors import EnvironmentFault, Finding
from dagbook.run.events import PROGRESS_KINDS, Entry, Event, entry_from_json

_HEAD = b'{"crc":"'
_CRC_END = len(_HEAD) + 8


class JsonlJournal:
    """`<run folder>/journal.jsonl`. Opened for writing on the first append."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None
        self._seq = 0

    def append(self, event: Event) -> Entry:
        """Write one line; state changes are fsynced, progress is not.

        Raises:
            EnvironmentFault: the disk is full or the folder not writable.
        """
        try:
            if self._descriptor is None:
                self._open()
            entry = Entry(seq=self._seq + 1, at=_now(), event=event)
            self._write(encode_line(entry))
            if event.kind not in PROGRESS_KINDS:
                os.fsync(self._descriptor or 0)
        except OSError as error:
            raise EnvironmentFault(
                Finding(
                    code="journal-not-writable",
                    message=f"the run's journal cannot be written: {error.strerror}",
                    remedy="make room or allow writing there, then run again",
                    file=str(self._path),
                )
            ) from error
        self._seq += 1
        return entry

    def read(self, after: int = 0) -> list[Entry]:
        """Whole and sound lines with `seq > after`; reading ends at the first that is neither."""
        return read_journal(self._path, after)

    def close(self) -> None:
        """Close the file; safe to call twice."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _open(self) -> None:
        sound, self._seq = _sound_part(self._path)
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        # A torn last line (power cut, full disk) was never acknowledged: it goes.
        os.ftruncate(descriptor, sound)
        os.lseek(descriptor, 0, os.SEEK_END)
        self._descriptor = descriptor

    def _write(self, line: bytes) -> None:
        assert self._descriptor is not None
        start = os.lseek(self._descriptor, 0, os.SEEK_CUR)
        written = 0
        try:
            while written < len(line):
                written += os.write(self._descriptor, line[written:])
        except OSError:
            os.ftruncate(self._descriptor, start)
            os.lseek(self._descriptor, start, os.SEEK_SET)
            raise


def read_journal(path: Path, after: int = 0) -> list[Entry]:
    """The sound entries of a journal file with `seq > after`; an absent file has none."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return []
    entries: list[Entry] = []
    for line in content.split(b"\n"):
        entry = decode_line(line)
        if entry is None:
            break
        if entry.seq > after:
            entries.append(entry)
    return entries


def encode_line(entry: Entry) -> bytes:
    """One journal line, newline included."""
    text = json.dumps(entry.to_json(), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    rest = text[1:].encode()
    return _HEAD + b'%08x",' % zlib.crc32(rest) + rest + b"\n"


def decode_line(line: bytes) -> Entry | None:
    """The entry of a line without its newline; None when it is torn, damaged or no journal line."""
    if not line.startswith(_HEAD) or not line.endswith(b"}"):
        return None
    rest = line[_CRC_END + 2 :]
    if line[len(_HEAD) : _CRC_END + 2] != b'%08x",' % zlib.crc32(rest):
        return None
    try:
        return entry_from_json(json.loads(b"{" + rest))
    except (ValueError, KeyError, RecursionError):
        return None


def _sound_part(path: Path) -> tuple[int, int]:
    """How many bytes of the file are whole, sound lines, and the last `seq` among them."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return 0, 0
    sound, seq = 0, 0
    while (end := content.find(b"\n", sound)) >= 0:
        entry = decode_line(content[sound:end])
        if entry is None:
            break
        sound, seq = end + 1, entry.seq
    return sound, seq


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
