"""A journal as a file of JSON lines, each with a checksum. One writer; any number of readers.

A line is `{"crc":"xxxxxxxx",` followed by the rest of the object; the checksum is CRC-32 over that rest,
as bytes, so that a reader in any language can check it without writing JSON the way Python does.
"""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from dagbook.engine.disk import write_whole
from dagbook.errors import EnvironmentFault, Finding
from dagbook.run.events import (
    JOURNAL_VERSION,
    PROGRESS_KINDS,
    Entry,
    Event,
    RunStarted,
    entry_from_json,
)

_HEAD = b'{"crc":"'
_CRC_END = len(_HEAD) + 8


@dataclass(frozen=True)
class Place:
    """Behind a line of a journal file: how many bytes it and all before it take, and its number."""

    end: int = 0
    seq: int = 0


class JsonlJournal:
    """`<run folder>/journal.jsonl`. Opened for writing on the first append."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None
        self._place = Place()

    def append(self, event: Event) -> Entry:
        """Write one line; state changes are fsynced, progress is not.

        Raises:
            EnvironmentFault: the disk is full or the folder not writable.
        """
        return self.append_all((event,))[0]

    def append_all(self, events: Sequence[Event]) -> list[Entry]:
        """Write a line for each, and fsync once. What a crash leaves of them is a beginning.

        Raises:
            EnvironmentFault: as `append`; then nothing of them is there.
        """
        try:
            if self._descriptor is None:
                self._open()
            at = _now()
            entries = [
                Entry(seq=seq, at=at, event=event) for seq, event in enumerate(events, self._place.seq + 1)
            ]
            lines = b"".join(map(encode_line, entries))
            self._write(lines)
            if any(event.kind not in PROGRESS_KINDS for event in events):
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
        self._place = Place(self._place.end + len(lines), self._place.seq + len(entries))
        return entries

    def follow(self) -> None:
        """Go on behind what others have written meanwhile."""
        if self._descriptor is None:
            return
        found = os.fstat(self._descriptor)
        begin = self._place.end
        if found.st_nlink and found.st_size == begin:
            return
        content = os.pread(self._descriptor, max(0, found.st_size - begin), begin)
        place = self._place
        for end, entry in _sound_lines(content, place.seq):
            place = Place(begin + end, entry.seq)
        self._place = place
        if not found.st_nlink or place.end != found.st_size:
            self.close()  # a torn line, or another file: opening it sees to that

    def read(self, after: int = 0) -> list[Entry]:
        """Whole and sound lines with `seq > after`; reading ends at the first that is neither."""
        return read_journal(self._path, after)

    def damage(self) -> str | None:
        """What is wrong with the file and where, in words; a torn last line is no damage."""
        return damage_of(self._path)

    def close(self) -> None:
        """Close the file; safe to call twice."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _open(self) -> None:
        self._place = _sound_part(self._path)
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        # A torn last line (power cut, full disk) was never acknowledged: it goes. Damage is kept beside.
        if damage_of(self._path) is not None:
            self._keep_damaged()
        os.ftruncate(descriptor, self._place.end)
        self._descriptor = descriptor

    def _keep_damaged(self) -> None:
        """A copy of the whole file, before what cannot be read is cut off."""
        number = 1
        while (kept := self._path.with_name(f"{self._path.stem}.damaged-{number}.jsonl")).exists():
            number += 1
        write_whole(kept, self._path.read_bytes())

    def _write(self, line: bytes) -> None:
        assert self._descriptor is not None
        start = os.lseek(self._descriptor, self._place.end, os.SEEK_SET)
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
    return [entry for entry in read_behind(path, Place())[0] if entry.seq > after]


def read_behind(path: Path, place: Place) -> tuple[list[Entry], Place]:
    """The sound entries behind a place in a journal file, and the place behind their last whole line."""
    try:
        with path.open("rb") as file:
            file.seek(place.end)
            content = file.read()
    except FileNotFoundError:
        return [], Place()
    entries, end = [], 0
    for end, entry in _sound_lines(content, place.seq):  # noqa: B007
        entries.append(entry)
    behind = Place(place.end + end, place.seq + len(entries))
    # A last line that has all but its line break is whole.
    last = decode_line(content.rpartition(b"\n")[2])
    if last is not None and last.seq == behind.seq + 1:
        entries.append(last)
    return entries, behind


def damage_of(path: Path) -> str | None:
    """What is wrong with a journal file, and where; None when all of its whole lines are sound."""
    try:
        content = path.read_bytes()
    except OSError:
        return None
    sound, count, version = 0, 0, JOURNAL_VERSION
    for end, entry in _sound_lines(content):
        sound, count = end, count + 1
        if isinstance(entry.event, RunStarted):
            version = entry.event.version
    if version > JOURNAL_VERSION:
        return f"it was written by a newer Dagbook (version {version}; this one knows {JOURNAL_VERSION})"
    line, newline, _ = content[sound:].partition(b"\n")
    if not newline:
        return None
    lost = content[sound:].count(b"\n")
    after = f"; {lost - 1} more after it cannot be told" if lost > 1 else ""
    return f"line {count + 1} {_what_is_wrong(line)}{after}"


def _what_is_wrong(line: bytes) -> str:
    if not line.startswith(_HEAD):
        return "is no line of a journal"
    if decode_line(line) is not None:
        return "is not the next one: lines before it are missing"
    rest = line[_CRC_END + 2 :]
    if line[len(_HEAD) : _CRC_END + 2] != b'%08x",' % zlib.crc32(rest):
        return "does not hold its checksum"
    return "tells an event that this Dagbook cannot read"


def _sound_lines(content: bytes, seq: int = 0) -> Iterator[tuple[int, Entry]]:
    """The sound entries behind `seq`, each with where its line ends; ends at the first that is not."""
    begin = 0
    while (end := content.find(b"\n", begin)) >= 0:
        entry = decode_line(content[begin:end])
        if entry is None or entry.seq != seq + 1:
            return
        begin, seq = end + 1, entry.seq
        yield begin, entry


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


def _sound_part(path: Path) -> Place:
    """Behind the whole, sound lines of the file."""
    return read_behind(path, Place())[1]


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
