"""The lock that says who drives a run. The kernel frees it when its holder dies, however it dies."""

from __future__ import annotations

import fcntl
import json
import os
import socket
import time
from pathlib import Path
from typing import Final

from dagbook.engine.file_lock import lock_file
from dagbook.engine.folders import CLAIMS, SCHEDULER
from dagbook.engine.writer import start_of
from dagbook.errors import EnvironmentFault, Finding, RunBusy

_PATIENCE = 1.0
SILENCE: Final = 300.0
"""Seconds in which a scheduler starts nothing of a run, and nothing of it runs, until it counts as gone."""


class DriverLock:
    """`flock` on `<run folder>/lock`, held for the driver's life. What is inside is for messages only."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "lock"
        self._descriptor: int | None = None

    def acquire(self) -> None:
        """Take the lock.

        Raises:
            RunBusy: another process drives the run; the message says which.
            EnvironmentFault: the file system cannot lock files.
        """
        # Not inheritable (Python's default): a child must never keep the lock of a dead driver.
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        deadline = time.monotonic() + _PATIENCE  # a reader's look holds it for microseconds
        while True:
            try:
                lock_file(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, self._path)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    os.close(descriptor)
                    raise RunBusy(
                        Finding(
                            code="run-busy",
                            message=f"another driver holds this run: {holder_of(self._path.parent)}",
                            remedy="wait for it, or `dagbook cancel` it",
                            file=str(self._path.parent),
                        )
                    ) from None
                time.sleep(0.02)
            except EnvironmentFault:
                os.close(descriptor)
                raise
        os.ftruncate(descriptor, 0)
        who = {
            "pid": os.getpid(),
            "host": socket.gethostname(),
            "since": time.strftime("%FT%TZ", time.gmtime()),
        }
        os.write(descriptor, json.dumps(who).encode())
        self._descriptor = descriptor

    def release(self) -> None:
        """Let go; safe to call twice."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def is_held(folder: Path) -> bool:
    """Whether a living process drives the run in `folder`. Where files cannot be locked, none ever could."""
    try:
        descriptor = os.open(folder / "lock", os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return False


def holder_of(folder: Path) -> str:
    """Who drives the run in `folder`, or did last: `process 4711 on ada since 2026-11-22T19:45:02Z`."""
    try:
        who = json.loads((folder / "lock").read_text("utf-8"))
        return f"process {who['pid']} on {who['host']} since {who['since']}"
    except (OSError, ValueError, KeyError, TypeError):
        return "a process that has not said who it is"


def living_holder(folder: Path) -> str | None:
    """Who drives the run in `folder`, in words; None when nobody does.

    A driver that was killed while it started a process leaves its lock to that process until it has become
    another program, which is a matter of moments: they are waited for.
    """
    deadline = time.monotonic() + _PATIENCE
    while is_held(folder):
        if _is_alive(folder) or time.monotonic() > deadline:
            return holder_of(folder)
        time.sleep(0.02)
    return None


def scheduled_by(folder: Path) -> str | None:
    """Which other scheduler runs the run in `folder`; None when none does, or it has fallen silent.

    It is heard of when one of its processes takes up a part of the run, while one is at it, and at the end.
    """
    mark = folder / SCHEDULER
    try:
        name = mark.read_text("utf-8").strip()
        silent = time.time() - mark.stat().st_mtime
    except OSError:
        return None
    if silent < SILENCE or any(is_held(lock.parent) for lock in (folder / CLAIMS).rglob("lock")):
        return name or "another scheduler"
    return None


def refuse_driven(folder: Path) -> None:
    """Raise RunBusy when somebody drives the run in `folder`, or another scheduler runs it."""
    if name := scheduled_by(folder):
        raise RunBusy(
            Finding(
                code="run-busy",
                message=f"run {folder.name} is going on: {name} runs it",
                remedy=(
                    f"let {name} finish it, or end it there; when {name} itself is gone, "
                    f"try again {SILENCE / 60:.0f} minutes after it was last heard of"
                ),
                file=str(folder),
            )
        )
    if holder := living_holder(folder):
        raise RunBusy(
            Finding(
                code="run-busy",
                message=f"run {folder.name} is going on: {holder}",
                remedy="wait for it, or `dagbook cancel` it",
                file=str(folder),
            )
        )


def _is_alive(folder: Path) -> bool:
    try:
        who = json.loads((folder / "lock").read_text("utf-8"))
        return who["host"] != socket.gethostname() or start_of(int(who["pid"])) is not None
    except (OSError, ValueError, KeyError, TypeError):
        return True  # a driver that has not said yet who it is
