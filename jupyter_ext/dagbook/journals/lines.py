"""Lines of a journal: how an entry is written and read, which lines are sound, what is wrong with others.

A line is `{"crc":"xxxxxxxx",` followed by the rest of the object; the checksum is CRC-32 over that rest,
as bytes, so that a reader in any language can check it without writing JSON the way Python does.
"""

from __future__ import annotations

import errno
import json
import stat
import zlib
from collections.abc import Iterator
from pathlib import Path

from dagbook.run.events import JOURNAL_VERSION, Entry, RunStarted, entry_from_json

_HEAD = b'{"crc":"'
_CRC_END = len(_HEAD) + 8


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


def sound_lines(content: bytes, seq: int = 0) -> Iterator[tuple[int, Entry]]:
    """The sound entries after `seq`, each with where its line ends; ends at the first that is not."""
    begin = 0
    while (end := content.find(b"\n", begin)) >= 0:
        entry = decode_line(content[begin:end])
        if entry is None or entry.seq != seq + 1:
            return
        begin, seq = end + 1, entry.seq
        yield begin, entry


class NoJournal(OSError):
    """Something else lies where a journal should: a folder, a pipe, a link to nowhere."""


def content_of(path: Path, begin: int = 0) -> bytes:
    """A file from byte `begin` on; a pipe, which never ends, is not opened. Raises OSError, NoJournal."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        if not path.is_symlink():
            raise
        mode = 0
    except OSError as error:
        if error.errno != errno.ELOOP:
            raise
        mode = 0
    if not stat.S_ISREG(mode):
        raise NoJournal("its journal is no file")
    with path.open("rb") as file:
        file.seek(begin)
        return file.read()


def damage_of(path: Path) -> str | None:
    """What is wrong with a journal file, and where; None when all of its whole lines are sound."""
    try:
        content = content_of(path)
    except NoJournal as error:
        return str(error)
    except OSError:
        return None
    sound, count, version = 0, 0, JOURNAL_VERSION
    for end, entry in sound_lines(content):
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
