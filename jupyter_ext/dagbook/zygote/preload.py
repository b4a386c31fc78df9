"""Imports modules into a fork server, and sees to it that nothing is left running or open by it."""

from __future__ import annotations

import importlib
import importlib.util
import os
import stat
import sys
from collections.abc import Iterable
from pathlib import Path

_SQLITE = b"SQLite format 3\0"


class Refused(Exception):
    """A module cannot be preloaded; the message says which and why."""

    def __init__(self, module: str, why: str) -> None:
        super().__init__(f"preload '{module}' {why}" if module else f"what every kernel imports {why}")
        self.module = module


def preload(modules: Iterable[str]) -> None:
    """Import `modules`.

    Raises:
        Refused: one does not import, or leaves behind what no child can share.
    """
    for module in modules:
        before = _descriptors()
        try:
            importlib.import_module(module)
        except BaseException as error:  # noqa: BLE001
            # Whatever it is, SystemExit included: a notebook that imports it will be told by its own kernel.
            raise Refused(module, f"does not import ({type(error).__name__}: {error})") from None
        left = left_behind(before)
        if left:
            raise Refused(module, left)


def preload_learnt(modules: Iterable[str]) -> None:
    """Import those of `modules` that are installed; nobody asked for them. Raises Refused."""
    for module in modules:
        top = module.partition(".")[0]
        try:
            found = importlib.util.find_spec(top)
        except (ImportError, ValueError):
            continue
        if found is not None and found.origin and is_installed(found.origin):
            preload([module])


def is_installed(file: str) -> bool:
    """Whether a file belongs to a package of this Python, and not to somebody's project."""
    real = os.path.realpath(file)
    return any(
        real.startswith(os.path.realpath(prefix) + os.sep) for prefix in (sys.prefix, sys.base_prefix)
    ) or any(part in {"site-packages", "dist-packages"} for part in Path(real).parts)


def _file_of(module: object) -> str:
    file = getattr(module, "__file__", None)
    return file if isinstance(file, str) else ""


def require_alone(expected: frozenset[int]) -> None:
    """Raise Refused when there is anything but the descriptors `expected` that no forked child can share."""
    left = left_behind(expected)
    if left:
        raise Refused("", left)


def left_behind(before: frozenset[int]) -> str:
    """What of this process no forked child can share, in words; empty when there is nothing."""
    if len(os.listdir("/proc/self/task")) > 1:  # noqa: PTH208
        return "starts threads"
    if Path("/proc/self/task", str(os.getpid()), "children").read_text().strip():
        return "starts a process"
    for descriptor in _descriptors() - before:
        found = _what(descriptor)
        if found:
            return found
    return ""


def _descriptors() -> frozenset[int]:
    listed = os.listdir("/proc/self/fd")  # noqa: PTH208
    # The one that it was read by is closed again.
    return frozenset(int(name) for name in listed if Path("/proc/self/fd", name).is_symlink())


def _what(descriptor: int) -> str:
    try:
        target = str(Path(f"/proc/self/fd/{descriptor}").readlink())
        mode = os.fstat(descriptor).st_mode
    except OSError:
        return ""  # closed meanwhile
    if target.startswith(("/dev/nvidia", "/dev/dri", "/dev/kfd")):
        return "opens the graphics processor (CUDA)"
    if stat.S_ISSOCK(mode):
        return "opens a connection"
    if stat.S_ISREG(mode):
        try:
            if os.pread(descriptor, len(_SQLITE), 0) == _SQLITE:
                return f"opens a database ({target})"
        except OSError:
            return f"keeps a file open for writing ({target})"
    return ""


class Origin:
    """What the modules in this process were loaded from, and whether it is still the same.

    Installing or removing a package changes the folder that holds it; a local module is a file that changes.

    Args:
        folder: the one whose modules other folders may have under the same name.
    """

    def __init__(self, folder: str) -> None:
        self.folder = os.path.realpath(folder)
        files = [Path(file) for file in map(_file_of, list(sys.modules.values())) if file]
        outside = [
            file for file in files if not is_installed(str(file)) and Path(__file__).parent != file.parent
        ]
        self.has_local = bool(folder) and any(file.resolve().is_relative_to(self.folder) for file in outside)
        folders = {Path(place) for place in sys.path if Path(place).is_dir()}
        self._seen = {place: _signature(place) for place in (*folders, *outside)}

    def changed(self) -> str:
        """What is not as it was, in words; empty when nothing is."""
        for place, seen in self._seen.items():
            if _signature(place) != seen:
                return f"{place} has changed since"
        return ""


def _signature(place: Path) -> tuple[int, int, int] | None:
    try:
        found = place.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
