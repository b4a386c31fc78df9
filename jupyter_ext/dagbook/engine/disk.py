"""Files that are whole or absent, and what is said when the disk is in the way."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from dagbook.run.facts import NodeError

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_NOT_WRITABLE = {errno.EACCES, errno.EPERM, errno.EROFS}


def disk_error(fault: OSError, path: Path) -> NodeError:
    """What a failed write at `path` (or at the fault's own path) means, and what to do."""
    where = fault.filename or str(path)
    if fault.errno in _FULL:
        return NodeError(
            name="DiskFull", value=f"no space left to write {where}", remedy="free space, or raise the quota"
        )
    if fault.errno in _NOT_WRITABLE:
        return NodeError(
            name="NotWritable",
            value=f"{where} cannot be written: {fault.strerror}",
            remedy="make the folder writable for this user",
        )
    return NodeError(
        name="DiskFault", value=f"{where}: {fault.strerror or fault}", remedy="check that disk and folder"
    )


def write_whole(path: Path, content: bytes) -> None:
    """Put `content` at `path` so that a reader, or a crash, sees the old file or the new one, never a part.

    Raises:
        OSError: nothing was changed.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def copy_whole(source: Path, target: Path) -> None:
    """Copy a file or a folder to `target`, which appears complete or not at all. Links are followed.

    Raises:
        OSError: nothing is at `target` that was not there before.
    """
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        if source.is_dir():
            shutil.copytree(source, temporary)
        else:
            shutil.copyfile(source, temporary)
        sync_tree(temporary)
        if target.is_dir():
            shutil.rmtree(target)
        temporary.replace(target)
    except shutil.Error as error:
        raise OSError(errno.EIO, str(error.args[0][0][2]), str(error.args[0][0][0])) from error
    finally:
        if temporary.is_dir():
            shutil.rmtree(temporary, ignore_errors=True)
        else:
            temporary.unlink(missing_ok=True)


def sync_tree(path: Path) -> None:
    """Have a file, or every file below a folder, and the folders, on the disk."""
    for file in files_below(path):
        with file.open("rb") as opened:
            os.fsync(opened.fileno())
    if path.is_dir():
        for folder in (path, *(p for p in path.rglob("*") if p.is_dir())):
            sync_folder(folder)


def sync_folder(folder: Path) -> None:
    """Have the names in a folder on the disk. Not every system can."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def files_below(path: Path) -> Iterator[Path]:
    """The file itself, or every file below the folder in a fixed order."""
    if path.is_file():
        yield path
    else:
        yield from sorted(p for p in path.rglob("*") if p.is_file())
