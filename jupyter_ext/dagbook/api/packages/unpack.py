"""A package as a ZIP file: checked as a whole before any of it is written."""

from __future__ import annotations

import shutil
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Final

from dagbook.api.packages.manifest import MANIFEST
from dagbook.errors import EnvironmentFault, Finding, InvalidInput

MOST_FILES: Final = 20_000
MOST_BYTES: Final = 4 * 2**30
"""Of a package, unpacked."""

_MOST_TIMES: Final = 1000
"""Deflate itself makes nothing smaller than that: more is files that lie over each other."""

_DAMAGED: Final = (
    zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, UnicodeError
)  # fmt: skip


def unpack(archive: Path, into: Path) -> Path:
    """Unpack the archive to `into`, which appears whole or not at all; if it holds this, it stays.

    Raises:
        InvalidInput: it is no package, is damaged, leads out of its folder or grows beyond bounds; or `into`
            holds something else.
        EnvironmentFault: it cannot be read or written.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            entries = _entries(opened, archive)
            if _is_there(opened, into):
                return into
            _require_room(archive, entries, into)
            _write(opened, entries, into)
    except _DAMAGED as error:
        raise _refusal("package-damaged", f"the archive cannot be unpacked: {error}", archive) from error
    except FileNotFoundError as error:
        if archive.exists():
            raise _not_writable(error, into) from error
        raise InvalidInput(
            Finding(code="no-such-file", message="there is no such file", remedy="check the path",
                    file=str(archive))
        ) from error  # fmt: skip
    except OSError as error:
        raise _not_writable(error, into) from error
    return into


def _entries(opened: zipfile.ZipFile, archive: Path) -> list[zipfile.ZipInfo]:
    entries = opened.infolist()
    names = [entry.filename.rstrip("/").casefold() for entry in entries]
    if MANIFEST not in {entry.filename for entry in entries}:
        raise _refusal("no-package", f"the archive holds no {MANIFEST}", archive)
    for entry in entries:
        if problem := _problem(entry):
            raise _refusal("bad-path", f"the archive holds {entry.filename!r:.80}, {problem}", archive)
    files = {entry.filename.casefold() for entry in entries if not entry.is_dir()}
    above = {str(up) for name in names for up in PurePosixPath(name).parents}
    if len(set(names)) < len(names) or files & above:
        raise _refusal(
            "package-damaged", "the archive holds a file twice, or a file that is a folder", archive
        )
    size = sum(entry.file_size for entry in entries)
    if len(entries) > MOST_FILES or size > MOST_BYTES:
        said = f"the archive holds {len(entries):,} files of {size:,} bytes"
        raise _refusal(
            "package-too-large", f"{said}; {MOST_FILES:,} files of {MOST_BYTES:,} are the limit", archive
        )
    if size > _MOST_TIMES * archive.stat().st_size:
        raise _refusal("package-too-large", f"{size:,} bytes cannot be in so small an archive", archive)
    return entries


def _problem(entry: zipfile.ZipInfo) -> str | None:
    """Why the entry may not be written."""
    name = PurePosixPath(entry.filename)
    if name.is_absolute() or "\\" in entry.filename or ":" in entry.filename or ".." in name.parts:
        return "which leads out of the package"
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in {0, stat.S_IFREG, stat.S_IFDIR}:
        return "which is a link or a device"
    return None


def _is_there(opened: zipfile.ZipFile, into: Path) -> bool:
    """Whether the folder holds this package; what else it may hold is refused."""
    if not into.exists() or (into.is_dir() and not any(into.iterdir())):
        return False
    try:
        if (into / MANIFEST).read_bytes() == opened.read(MANIFEST):
            return True
    except OSError:
        pass
    raise InvalidInput(
        Finding(
            code="not-empty", message=f"{into} is there, and holds something else than this package",
            remedy="name a folder that is not there yet with --into", file=str(into),
        )
    )  # fmt: skip


def _require_room(archive: Path, entries: list[zipfile.ZipInfo], into: Path) -> None:
    place = next(up for up in (into.absolute(), *into.absolute().parents) if up.exists())
    size, free = sum(entry.file_size for entry in entries), shutil.disk_usage(place).free
    if size > free:
        raise EnvironmentFault(
            Finding(
                code="disk-full", message=f"the package needs {size:,} bytes, and {free:,} are free",
                remedy="make room, or unpack it elsewhere with --into", file=str(archive),
            )
        )  # fmt: skip


def _write(opened: zipfile.ZipFile, entries: list[zipfile.ZipInfo], into: Path) -> None:
    into.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=into.parent, prefix=f".{into.name}-") as unfinished:
        made = Path(unfinished) / into.name
        made.mkdir()
        for entry, target in _targets(entries, made):
            target.parent.mkdir(parents=True, exist_ok=True)
            # Reads no more than the entry says it holds, and checks its sum.
            with opened.open(entry) as source, target.open("xb") as file:
                shutil.copyfileobj(source, file)
        made.replace(into)


def _targets(entries: list[zipfile.ZipInfo], made: Path) -> Iterator[tuple[zipfile.ZipInfo, Path]]:
    for entry in entries:
        if not entry.is_dir():
            yield entry, made / entry.filename


def _refusal(code: str, message: str, archive: Path) -> InvalidInput:
    return InvalidInput(
        Finding(
            code=code, message=message, file=str(archive),
            remedy="get the package again, or make it again: dagbook package FILE -o NAME.zip",
        )
    )  # fmt: skip


def _not_writable(error: OSError, into: Path) -> EnvironmentFault:
    return EnvironmentFault(
        Finding(
            code="not-writable", message=f"the package cannot be unpacked: {error.strerror or error}",
            remedy="name a folder where you may write with --into", file=str(error.filename or into),
        )
    )  # fmt: skip
