"""Who writes an outbox: one process of one machine, told apart from whoever gets its number later."""

from __future__ import annotations

import getpass
import json
import os
import socket
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Final

import psutil

_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, kw_only=True)
class Writer:
    """The process that writes an outbox.

    Attributes:
        started: when the process began, in a form that only equality is asked of.
        notebook: the notebook's path as far as it is known; may be empty.
    """

    pid: int
    started: str
    host: str
    notebook: str
    user: str

    def is_alive(self) -> bool:
        """Whether that very process still runs. Of other machines nothing is known: they count as alive."""
        return self.host != socket.gethostname() or start_of(self.pid) == self.started

    def to_json(self) -> str:
        """As it is kept beside the records."""
        return json.dumps(asdict(self))


def this_process(notebook: str = "") -> Writer:
    """The process that asks."""
    return Writer(
        pid=os.getpid(),
        started=start_of(os.getpid()) or "",
        host=socket.gethostname(),
        notebook=notebook,
        user=user_name(),
    )


def writer_from_json(text: str) -> Writer:
    """What `to_json` wrote.

    Raises:
        ValueError, TypeError: it is something else.
    """
    return Writer(**json.loads(text))


def start_of(pid: int) -> str | None:
    """A mark of when the process began; None when there is none, or only its remains."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text("utf-8", errors="replace").rpartition(")")[2].split()
        state, ticks = fields[0], fields[19]
        return None if state in "ZX" else f"{_BOOT_ID.read_text().strip()}:{ticks}"
    except FileNotFoundError:
        if Path("/proc/self/stat").exists():
            return None
    except (OSError, IndexError):
        pass
    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else f"{process.create_time():.0f}"
    except psutil.Error:
        return None


def user_name() -> str:
    """Who works here: as JupyterHub knows them, else as the system does."""
    return os.environ.get("JUPYTERHUB_USER") or _system_user()


@cache
def _system_user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user id without a name, as in many containers
        return str(os.getuid())
