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


def marked(mark: Mapping[str, str]) -> list[psutil.Process]:
    """This user's processes whose environment has every entry of `mark`; never the caller itself."""
    found = []
    user = os.getuid() if hasattr(os, "getuid") else None
    for process in _candidates(mark):
        try:
            if process.pid == os.getpid() or (user is not None and process.uids().real != user):
                continue
            environment = process.environ()
            if all(environment.get(key) == value for key, value in mark.items()):
                found.append(process)
        except (psutil.Error, OSError):
            continue
    return found


def _candidates(mark: Mapping[str, str]) -> Iterator[psutil.Process]:
    """Processes that may have the mark. Where /proc tells, looking there first is several times quicker."""
    if not Path("/proc/self/environ").exists():
        yield from psutil.process_iter()
        return
    entries = [f"{key}={value}".encode("utf-8", "surrogateescape") for key, value in mark.items()]
    for folder in os.listdir("/proc"):  # noqa: PTH208
        if not folder.isdigit():
            continue
        try:
            with open(f"/proc/{folder}/environ", "rb") as file:  # noqa: PTH123  # there are many
                environment = file.read()
            if all(entry in environment for entry in entries):
                yield psutil.Process(int(folder))
        except (psutil.Error, OSError):
            continue


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
