"""Run folders made from the golden journals, as a driver would leave them or hold them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from dagbook.journals.lines import encode_line
from dagbook.journals.lock import DriverLock
from dagbook.journals.tail import read_journal

JOURNALS = Path(__file__).parent / "journals"


class GoldenRuns:
    """The runs of one project."""

    def __init__(self, project: Path) -> None:
        self.folder = project / ".dagbook" / "runs"
        self._locks: dict[str, DriverLock] = {}

    def add(self, journal: str, lines: int | None = None, *, run: str = "", driven: bool = False) -> str:
        """A run with the first `lines` of a golden journal, under its own id or `run`."""
        return self._write(journal, lines, run=run, driven=driven, later=timedelta(0))

    def add_as_of_now(
        self, journal: str, lines: int | None = None, *, ago: float, driven: bool = False
    ) -> str:
        """The same, begun `ago` seconds before now."""
        began = datetime.now(UTC) - timedelta(seconds=ago)
        first = datetime.fromisoformat(read_journal(JOURNALS / f"{journal}.jsonl")[0].at)
        run = f"{began:%Y%m%d-%H%M%S}-{journal.encode().hex()[:6]}"
        return self._write(journal, lines, run=run, driven=driven, later=began - first)

    def executed(self, run: str, notebook: str) -> None:
        """Leave an executed notebook in the run's folder."""
        path = self.folder / run / notebook
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))

    def kill_driver(self, run: str) -> None:
        """The driver dies: its lock is free, and nothing is written."""
        self._locks.pop(run).release()

    def kill_drivers(self) -> None:
        """All of them."""
        for run in list(self._locks):
            self.kill_driver(run)

    def _write(self, journal: str, lines: int | None, *, run: str, driven: bool, later: timedelta) -> str:
        entries = read_journal(JOURNALS / f"{journal}.jsonl")[:lines]
        run = run or entries[0].event.run
        events = [entries[0].event.model_copy(update={"run": run}), *(entry.event for entry in entries[1:])]
        folder = self.folder / run
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "journal.jsonl").write_bytes(
            b"".join(
                encode_line(entry.model_copy(update={"at": _moved(entry.at, later), "event": event}))
                for entry, event in zip(entries, events, strict=True)
            )
        )
        if driven:
            self._locks[run] = DriverLock(folder)
            self._locks[run].acquire()
        return run


def _moved(at: str, later: timedelta) -> str:
    return (datetime.fromisoformat(at) + later).isoformat(timespec="milliseconds")
