"""A journal as a file of JSON lines, each with a checksum. One writer; any number of readers."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from dagbook.engine.disk import write_whole
from dagbook.errors import EnvironmentFault, Finding
from dagbook.journals.lines import content_of, damage_of, encode_line, sound_lines
from dagbook.journals.tail import Tail
from dagbook.run.events import PROGRESS_KINDS, Entry, Event


class JsonlJournal:
    """`<run folder>/journal.jsonl`. Opened for writing on the first append."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None
        self._seq = 0
        self._end = 0
        self._tail = Tail(path)

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
            entries = [Entry(seq=seq, at=at, event=event) for seq, event in enumerate(events, self._seq + 1)]
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
        self._seq += len(entries)
        self._end += len(lines)
        return entries

    def follow(self) -> None:
        """Go on behind what others have written meanwhile."""
        if self._descriptor is None:
            return
        found = os.fstat(self._descriptor)
        begin = self._end
        content = os.pread(self._descriptor, max(0, found.st_size - begin), begin)
        for end, entry in sound_lines(content, self._seq):
            self._end, self._seq = begin + end, entry.seq
        if not found.st_nlink or self._end != found.st_size:
            self.close()  # a torn line, or another file: opening it sees to that

    def read(self, after: int = 0) -> list[Entry]:
        """Whole and sound lines with `seq > after`; reading ends at the first that is neither."""
        return self._tail.read(after)

    def damage(self) -> str | None:
        """What is wrong with the file and where, in words; a torn last line is no damage."""
        return damage_of(self._path)

    def close(self) -> None:
        """Close the file; safe to call twice."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _open(self) -> None:
        self._end, self._seq = _sound_part(self._path)
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        # A torn last line (power cut, full disk) was never acknowledged: it goes. Damage is kept beside.
        if damage_of(self._path) is not None:
            self._keep_damaged()
        os.ftruncate(descriptor, self._end)
        self._descriptor = descriptor

    def _keep_damaged(self) -> None:
        """A copy of the whole file, before what cannot be read is cut off."""
        number = 1
        while (kept := self._path.with_name(f"{self._path.stem}.damaged-{number}.jsonl")).exists():
            number += 1
        write_whole(kept, self._path.read_bytes())

    def _write(self, line: bytes) -> None:
        assert self._descriptor is not None
        start = os.lseek(self._descriptor, self._end, os.SEEK_SET)
        written = 0
        try:
            while written < len(line):
                written += os.write(self._descriptor, line[written:])
        except OSError:
            os.ftruncate(self._descriptor, start)
            os.lseek(self._descriptor, start, os.SEEK_SET)
            raise


def _sound_part(path: Path) -> tuple[int, int]:
    """How many bytes of the file are whole, sound lines, and the last `seq` among them."""
    try:
        content = content_of(path)
    except FileNotFoundError:
        return 0, 0
    sound, seq = 0, 0
    for end, entry in sound_lines(content):
        sound, seq = end, entry.seq
    return sound, seq


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
