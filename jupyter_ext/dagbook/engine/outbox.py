"""What a kernel wants recorded, as lines of a file: microseconds, no network, and it outlives the kernel.

One folder per writing process; whoever delivers keeps its own progress there (see outbox_reader).
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import time
from pathlib import Path
from typing import Any, Final

from dagbook.engine.writer import Writer

RECORDS: Final = "records.jsonl"
WRITER: Final = "writer.json"
FILES: Final = "files"

NODE_RUN: Final = "node"
"""The key, in records, of the run that a pipeline made for the notebook."""


def now() -> int:
    """Milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def new_key() -> str:
    """What our records call a run before the tracking store has named it."""
    return secrets.token_hex(16)


class Outbox:
    """The writing end. A forked child writes to a file of its own beside its parent's.

    Args:
        folder: made when there is something to write; only its owner may read what is in it.
        writer: the process that this is.
    """

    def __init__(self, folder: Path, writer: Writer) -> None:
        self.folder = folder
        self._writer = writer
        self._pid = 0
        self._descriptor = -1
        self._torn = False

    def append(self, record: dict[str, Any]) -> None:
        """Add a record; `t` is added to it.

        Raises:
            OSError: it could not be written.
        """
        self.append_line(json.dumps({"t": now(), **record}, ensure_ascii=False, default=str) + "\n")

    def append_line(self, line: str) -> None:
        """Add a line that is JSON and ends with a line break, with one write, so that lines never mix."""
        if self._pid != os.getpid():
            self._open()
        content = (("\n" if self._torn else "") + line).encode("utf-8", "backslashreplace")
        self._torn = os.write(self._descriptor, content) != len(content)
        if self._torn:
            raise OSError(f"the disk of {self.folder} is full")

    def keep(self, path: Path, name: str | None = None) -> Path:
        """A copy of a file or folder as it is now, for the record that follows; below the outbox.

        Raises:
            OSError: it cannot be read or copied.
        """
        kept = self.new_file(name or path.name)
        if path.is_dir():
            shutil.copytree(path, kept)
        else:
            shutil.copyfile(path, kept)
        return kept

    def new_file(self, name: str) -> Path:
        """A path of that name where nothing is yet; its folder is there."""
        self.begin()
        folder = self.folder / FILES / secrets.token_hex(6)
        folder.mkdir(parents=True)
        return folder / name

    def begin(self) -> None:
        """Make the folder and say who writes. Whoever delivers knows from then on that we are there."""
        if not (self.folder / WRITER).exists():
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            temporary = self.folder / f".{os.getpid()}.{WRITER}"
            temporary.write_text(self._writer.to_json(), "utf-8")
            temporary.replace(self.folder / WRITER)

    def size(self) -> int:
        """Bytes written by this process."""
        return os.fstat(self._descriptor).st_size if self._pid == os.getpid() else 0

    @property
    def file(self) -> str:
        """The name of the file that this process writes."""
        pid = os.getpid()
        return RECORDS if pid == self._writer.pid else f"records-{pid}.jsonl"

    def _open(self) -> None:
        self.begin()
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
        self._descriptor = os.open(self.folder / self.file, flags, 0o600)
        self._pid = os.getpid()
        self._torn = False
