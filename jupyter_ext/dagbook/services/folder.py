"""What is known of a service, in a folder that its watcher writes and everybody may read."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from dagbook.engine.disk import write_whole

RECORD: Final = "service.json"
LOG: Final = "log"
LOCK: Final = "lock"
_OPEN: Final = frozenset({"starting", "ready", "restarting"})
_NOT_IN_NAMES: Final = re.compile(r"[^A-Za-z0-9.-]+")


@dataclass(frozen=True, kw_only=True)
class Service:
    """A model that is, or was, served.

    Attributes:
        service: its id: what it is called in routes and folders.
        model: as it was asked for, such as `churn@champion`; `version` is what that meant when it started.
        state: `starting`, `ready`, `restarting`, `stopped`, `failed`; `lost` when its watcher was killed.
        url: where it answers; empty for one that only the Jupyter server reaches.
        pid: of the watcher.
        message: why it is not well.
    """

    service: str
    model: str
    name: str
    version: int
    state: str
    address: str
    url: str = ""
    pid: int = 0
    restarts: int = 0
    since: str = ""
    message: str = ""
    warnings: tuple[str, ...] = field(default=())
    log: str = ""

    def to_json(self) -> dict[str, Any]:
        """The shape of `dagbook serve --list --json`."""
        shown = asdict(self)
        del shown["address"]
        return {**shown, "warnings": list(self.warnings)}

    @property
    def is_open(self) -> bool:
        """Whether it answers, or is about to."""
        return self.state in _OPEN


def service_id(model: str) -> str:
    """The id of the service of a model: readable, and another for each."""
    digest = hashlib.sha256(model.encode()).hexdigest()[:6]
    return f"{_NOT_IN_NAMES.sub('-', model).strip('-.')[:60] or 'model'}-{digest}"


def write_service(folder: Path, service: Service) -> None:
    """Replace what is known."""
    write_whole(folder / RECORD, json.dumps(asdict(service), ensure_ascii=False, indent=1).encode())


def read_service(folder: Path) -> Service | None:
    """What is known; None where no service was."""
    try:
        told = json.loads((folder / RECORD).read_text("utf-8"))
        service = Service(**{**told, "warnings": tuple(told.get("warnings", ()))})
    except (OSError, ValueError, TypeError):
        return None
    if service.is_open and not is_watched(folder):
        return replace(service, state="lost", message="its watcher was killed")
    return service


def all_services(root: Path) -> Iterator[Service]:
    """Every service below a folder, by id."""
    try:
        folders = sorted(entry for entry in root.iterdir() if entry.is_dir())
    except OSError:
        return
    for folder in folders:
        if (service := read_service(folder)) is not None:
            yield service


@contextmanager
def watching(folder: Path) -> Iterator[bool]:
    """Be the watcher of the service in the folder; gives False where somebody is."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(descriptor)


def is_watched(folder: Path) -> bool:
    """Whether a living process watches it."""
    try:
        descriptor = os.open(folder / LOCK, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
