"""Makes what a forked child has in its environment visible from outside, as if it had been started anew.

Whoever looks for processes by a mark in their environment reads the memory that a program was started with,
and a forked child has its parent's. So room is set aside at the start, and written over after the fork.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Mapping

ROOM = "DAGBOOK_ROOM"
"""A variable that the fork server is started with, whose place in memory its children use."""

SIZE = 4096
"""Bytes of it."""

_FILLER = b"_="


def room() -> dict[str, str]:
    """What is to be added to the environment of a fork server."""
    return {ROOM: "x" * SIZE}


def find_room() -> int:
    """The address of the room in this process; 0 when there is none."""
    os.environ.pop(ROOM, None)
    try:
        with open("/proc/self/stat", "rb") as file:  # noqa: PTH123  # imports as little as it can
            begin, end = (int(field) for field in file.read().rsplit(b")", 1)[1].split()[47:49])
        at = ctypes.string_at(begin, end - begin).find(f"{ROOM}=".encode())
    except (OSError, ValueError, IndexError):
        return 0
    return begin + at if at >= 0 else 0


def show(address: int, marks: Mapping[str, str]) -> bool:
    """Write `marks` where others see them; whether they fit."""
    size = len(ROOM) + 1 + SIZE
    text = b"".join(f"{name}={value}".encode() + b"\0" for name, value in marks.items())
    if not address or len(text) + len(_FILLER) > size:
        return False
    ctypes.memmove(address, text + _FILLER.ljust(size - len(text), b"x"), size)
    return True
