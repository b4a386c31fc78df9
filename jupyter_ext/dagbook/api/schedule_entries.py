"""The schedules of a project, one file each below `.dagbook/schedules/`, and how far each has come."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from dagbook.engine.disk import write_whole
from dagbook.schedule.due import Missed


class Entry(BaseModel):
    """What is to be run, and when.

    Attributes:
        name: of the schedule, unlike every other's in the project.
        file: the pipeline file, absolute.
        cron: None to follow what the file says under `on.schedule`.
        params: of each run, as texts, read like `-p NAME=VALUE`.
        pin: the git commit that is run; None for the file as it is when it is time.
        paused: whether it is left alone until somebody resumes it.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: str
    file: str
    cron: str | None = None
    timezone: str = "UTC"
    missed: Missed = "run-once"
    params: Mapping[str, str] = Field(default_factory=dict)
    jobs: int | None = None
    pin: str | None = None
    paused: bool = False
    added: datetime
    by: str = ""


class Starting(BaseModel):
    """A run that was about to be started: what a scheduler notes first, so that none is started twice."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    run: str
    instant: datetime


class Progress(BaseModel):
    """How far a schedule has come.

    Attributes:
        mark: up to when everything is settled.
        run: the last run that it started, for the firing `instant`.
        problem: why the last firing brought no run; empty when it did.
        missed: firings that nobody was there for, of the last time that there were any.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    mark: datetime
    run: str = ""
    instant: datetime | None = None
    problem: str = ""
    missed: int = 0
    starting: Starting | None = None


class Entries:
    """The schedules that are kept in `folder`, which is `Settings.schedules` of a project."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def all(self) -> list[Entry]:
        """Every schedule, by name; a file that cannot be read is passed over."""
        found = (_read(Entry, path) for path in sorted(self.folder.glob("*.entry.json")))
        return [entry for entry in found if entry is not None]

    def add(self, entry: Entry) -> None:
        """Keep a schedule. Raises OSError."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.change(entry)
        self.settle(entry.name, Progress(mark=entry.added))

    def change(self, entry: Entry) -> None:
        """Keep what a schedule has become. Raises OSError."""
        write_whole(self._path(entry.name, "entry"), entry.model_dump_json(indent=1).encode())

    def remove(self, name: str) -> None:
        """Forget a schedule; its runs stay."""
        self._path(name, "entry").unlink(missing_ok=True)
        self._path(name, "progress").unlink(missing_ok=True)

    def progress(self, entry: Entry) -> Progress:
        """How far it has come."""
        return _read(Progress, self._path(entry.name, "progress")) or Progress(mark=entry.added)

    def settle(self, name: str, progress: Progress) -> None:
        """Note how far it has come; on the disk when this returns. Raises OSError."""
        write_whole(self._path(name, "progress"), progress.model_dump_json(indent=1).encode())

    def _path(self, name: str, kind: str) -> Path:
        return self.folder / f"{name}.{kind}.json"


def _read(model: type[Any], path: Path) -> Any:
    try:
        return model.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return None
