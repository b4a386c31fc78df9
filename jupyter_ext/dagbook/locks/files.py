"""Locks as files of a project. The kernel frees them when their holder dies, however it dies."""

from __future__ import annotations

import fcntl
import json
import os
import socket
from collections.abc import Mapping
from pathlib import Path

from dagbook.engine.file_lock import lock_file
from dagbook.errors import EnvironmentFault, Finding


class FileLocks:
    """`flock` on one file for each place of each lock. What is inside is for messages only.

    Args:
        folder: made when the first lock is taken.
        run: whose steps take the locks.
    """

    def __init__(self, folder: Path, run: str) -> None:
        self._folder = folder
        self._run = run
        self._held: dict[str, list[int]] = {}

    def take(self, locks: Mapping[str, int], holder: str) -> str | None:
        """All of the locks for the step `holder`, or none: then who is in the way.

        `locks` is `mutex gpu` or `semaphore licences` → how many may hold it at once.

        Raises:
            EnvironmentFault: the folder cannot be written.
        """
        taken: list[int] = []
        for name, limit in locks.items():
            descriptor, holders = self._take_one(name, limit, holder)
            if descriptor is None:
                _close(taken)
                return f"{name}, held by {', '.join(holders)}"
            taken.append(descriptor)
        self._held.setdefault(holder, []).extend(taken)
        return None

    def free(self, holder: str) -> None:
        """Everything that the step has."""
        _close(self._held.pop(holder, []))

    def close(self) -> None:
        """Everything that the run has."""
        for holder in list(self._held):
            self.free(holder)

    def _take_one(self, name: str, limit: int, holder: str) -> tuple[int | None, list[str]]:
        holders: list[str] = []
        for place in range(limit):
            path = self._folder / f"{name.replace(' ', '-')}.{place}"
            try:
                self._folder.mkdir(parents=True, exist_ok=True)
                # Not inheritable (Python's default): a child must never keep the lock of a dead driver.
                descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
            except OSError as error:
                raise _not_writable(error, path) from error
            try:
                lock_file(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, path)
            except BlockingIOError:
                holders.append(_read_holder(descriptor))
                os.close(descriptor)
                continue
            except EnvironmentFault:
                os.close(descriptor)
                raise
            who = {"run": self._run, "step": holder, "pid": os.getpid(), "host": socket.gethostname()}
            os.ftruncate(descriptor, 0)
            os.write(descriptor, json.dumps(who).encode())
            return descriptor, []
        return None, holders


def _read_holder(descriptor: int) -> str:
    try:
        who = json.loads(os.pread(descriptor, 4096, 0))
        return f"{who['step']} of run {who['run']} (driver {who['pid']} on {who['host']})"
    except (OSError, ValueError, KeyError, TypeError):
        return "another run"  # it has just taken it


def _close(descriptors: list[int]) -> None:
    for descriptor in descriptors:
        os.close(descriptor)


def _not_writable(error: OSError, path: Path) -> EnvironmentFault:
    return EnvironmentFault(
        Finding(
            code="not-writable",
            message=f"the lock cannot be written: {error.strerror}",
            remedy="make room or allow writing there",
            file=str(path),
        )
    )
