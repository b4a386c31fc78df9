"""The process that delivers a project's outboxes: whether it is there, and how to get one."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

LOCK: Final = "sender.lock"
LOG: Final = "sender.log"

# Of the run that a kernel is in at the moment; the sender serves many.
_OF_ONE_RUN: Final = ("RUN_ID", "RUN_CONTEXT", "EXPERIMENT_ID", "EXPERIMENT_NAME")

_started: Final[list[subprocess.Popen[bytes]]] = []


class SenderLock:
    """`flock` on `<root>/sender.lock`: one sender per project. Free as soon as its holder dies."""

    def __init__(self, root: Path) -> None:
        self._path = root / LOCK
        self._descriptor: int | None = None

    def acquire(self) -> bool:
        """Take the lock if it is free."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        os.ftruncate(descriptor, 0)
        os.write(descriptor, str(os.getpid()).encode())
        self._descriptor = descriptor
        return True

    def release(self) -> None:
        """Let go; safe to call twice."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def holder(root: Path) -> int | None:
    """The process that delivers at the moment, if one does."""
    try:
        descriptor = os.open(root / LOCK, os.O_RDONLY)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        told = os.read(descriptor, 20).decode()
        return int(told) if told.isdigit() else None
    finally:
        os.close(descriptor)
    return None


def start_sender(root: Path) -> None:
    """Start a sender that outlives us; if there is one already, the new one ends at once.

    Raises:
        OSError: it cannot be started.
    """
    root.mkdir(parents=True, exist_ok=True, mode=0o700)
    _started[:] = [process for process in _started if process.poll() is None]
    with (root / LOG).open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "dagbook", "send", str(root)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=root,
            env={
                name: value
                for name, value in os.environ.items()
                if name.removeprefix("MLFLOW_") not in _OF_ONE_RUN
            },
            start_new_session=True,
        )
    _started.append(process)


def take_over(root: Path, lock: SenderLock, seconds: float = 20.0) -> bool:
    """Ask a sender that runs to end, and take its lock; whether that came about in time."""
    deadline = time.monotonic() + seconds
    while not lock.acquire():
        pid = holder(root)
        if pid is not None:
            try:
                os.kill(pid, signal.SIGTERM)
            except ProcessLookupError:
                continue
        if time.monotonic() > deadline:
            return False
        time.sleep(0.2)
    return True
