"""Finds and ends processes by a mark in their environment, which children inherit wherever they go.

A process that wipes its own environment is not found; that is the stated limit.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import psutil

RUN = "DAGBOOK_RUN"
STEP = "DAGBOOK_STEP"
ATTEMPT = "DAGBOOK_ATTEMPT"
ATTEMPT_ID = "DAGBOOK_ATTEMPT_ID"
"""Unique to one attempt, on whatever machine and whenever."""

_LONGEST = 80
_LOOKS_AGAIN = (0.001, 0.003, 0.01, 0.02, 0.05, 0.1, 0.2)  # seconds


def marked(mark: Mapping[str, str]) -> list[psutil.Process]:
    """This user's processes whose environment has every entry of `mark`; never the caller itself."""
    found = []
    user = os.getuid() if hasattr(os, "getuid") else None
    for process in _carriers(mark):
        try:
            if process.pid != os.getpid() and (user is None or process.uids().real == user):
                found.append(process)
        except psutil.Error:
            continue
    return found


def _carriers(mark: Mapping[str, str]) -> Iterator[psutil.Process]:
    """Anybody's processes whose environment has `mark`. Where /proc tells, that is several times quicker."""
    if not Path("/proc/self/environ").exists():
        yield from (process for process in psutil.process_iter() if _carries(process, mark))
        return
    entries = {f"{key}={value}".encode("utf-8", "surrogateescape") for key, value in mark.items()}
    for folder in os.listdir("/proc"):  # noqa: PTH208
        if not folder.isdigit():
            continue
        try:
            if entries.issubset(_environment(f"/proc/{folder}").split(b"\0")):
                yield psutil.Process(int(folder))
        except (psutil.Error, OSError):
            continue


def _carries(process: psutil.Process, mark: Mapping[str, str]) -> bool:
    try:
        return mark.items() <= process.environ().items()
    except (psutil.Error, OSError):
        return False


def _environment(folder: str) -> bytes:
    """The environment of the process with this folder in /proc, as its bytes.

    A process that is becoming another program (exec) shows neither environment nor arguments for a moment,
    though it has a program: it is looked at again.
    """
    settled = 0
    for wait in (0.0, *_LOOKS_AGAIN):
        if wait:  # to sleep for no time takes some
            time.sleep(wait)
        if environment := _bytes_of(f"{folder}/environ"):
            return environment
        # With arguments it became one just now, or its environment is empty: then it is so the next time too.
        settled += bool(_bytes_of(f"{folder}/cmdline"))
        if environment := _bytes_of(f"{folder}/environ"):
            return environment
        if settled > 1:
            return b""
        os.readlink(f"{folder}/exe")  # noqa: PTH115  # fails for what never has one: kernel threads, zombies
    return b""


def _bytes_of(path: str) -> bytes:
    with open(path, "rb") as file:  # noqa: PTH123  # there are many
        return file.read()


def end_marked(mark: Mapping[str, str], *, grace: float = 0.5) -> list[str]:
    """End every process that has the mark; returns what each was, for a person.

    What is about to end by itself gets `grace` seconds; then SIGTERM, and after as long again SIGKILL.
    """
    if not mark:
        raise ValueError("an empty mark would match every process")
    left = _still_there(marked(mark), grace)
    named = [_described(process) for process in left]
    for send in ("terminate", "kill"):
        for process in left:
            try:
                getattr(process, send)()
            except psutil.Error:
                continue
        # Children that were started meanwhile are found too.
        left = _still_there(marked(mark), grace) if left else []
    return named


def _still_there(processes: list[psutil.Process], seconds: float) -> list[psutil.Process]:
    deadline = time.monotonic() + seconds
    while (left := [p for p in processes if _alive(p)]) and time.monotonic() < deadline:
        time.sleep(0.02)
    return left


def _alive(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


def _described(process: psutil.Process) -> str:
    try:
        command = " ".join(process.cmdline()) or process.name()
    except psutil.Error:
        command = "?"
    shown = command if len(command) <= _LONGEST else command[: _LONGEST - 1] + "…"
    return f"{process.pid} ({shown})"
