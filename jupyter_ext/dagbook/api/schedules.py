"""Schedules of a project: list, add, remove, run now. Each verb is the same in Python, shell and REST."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from dagbook import bootstrap
from dagbook.api.params import parse_assignments
from dagbook.api.pinned import commit_of, drift, pinned_file
from dagbook.api.planning import Choices, Prepared, check_file, make_plan
from dagbook.api.run import Run, start
from dagbook.api.schedule_entries import Entries, Entry
from dagbook.engine.writer import user_name
from dagbook.errors import (
    DagbookError,
    EnvironmentFault,
    Finding,
    InvalidInput,
    NotFound,
    did_you_mean,
    not_writable,
)
from dagbook.journals.lock import holder_of, is_held
from dagbook.loaders.pipeline_file import load_pipeline
from dagbook.schedule.calendar import cron_problem, first_after, timezone_problem
from dagbook.schedule.due import Missed, Timetable

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


def add_schedule(  # noqa: PLR0913  # each is a choice of its own, and named
    file: str | Path,
    *,
    name: str | None = None,
    cron: str | None = None,
    timezone: str = "UTC",
    missed: Missed = "run-once",
    params: Mapping[str, str] | None = None,
    jobs: int | None = None,
    pin: str | None = None,
) -> dict[str, Any]:
    """Have a pipeline run by a schedule.

    Args:
        file: the pipeline file.
        name: of the schedule; the pipeline's otherwise.
        cron: five fields; what the file says under `on.schedule` when None, also when that changes.
        timezone: that `cron` is read in; without `cron` the file's counts.
        missed: what becomes of firings that nobody was there for; without `cron` the file's counts.
        params: values of its parameters, as `-p NAME=VALUE` has them.
        jobs: how many steps may run at once.
        pin: a git revision to run in place of the file as it will be.

    Returns:
        The schedule, in the shape of `schedules`.

    Raises:
        InvalidInput: the pipeline, a parameter or the schedule is wrong; the name is taken.
        EnvironmentFault: the project cannot be written.
    """
    path = Path(file)
    loaded = load_pipeline(path)
    entries = Entries(bootstrap.settings(path).schedules)
    entry = Entry(
        name=name or re.sub(r"[^A-Za-z0-9_-]+", "-", loaded.spec.pipeline).strip("-") or "schedule",
        file=str(loaded.file), cron=cron, timezone=timezone, missed=missed, params=dict(params or {}),
        jobs=jobs, pin=commit_of(loaded.file, pin) if pin else None, added=datetime.now(UTC), by=user_name(),
    )  # fmt: skip
    _check_name(entry.name, entries)
    _check_times(entry)
    timetable_of(entry, entries.folder)
    prepare(entry, entries.folder)
    try:
        entries.add(entry)
    except OSError as error:
        raise _not_kept(error, entries) from error
    return describe(entry, entries)


def schedules(where: Path) -> list[dict[str, Any]]:
    """Every schedule of the project at `where`, as `dagbook schedule list --json` prints them."""
    entries = Entries(bootstrap.settings(where).schedules)
    return [describe(entry, entries) for entry in entries.all()]


def remove_schedule(name: str, where: Path) -> None:
    """Forget a schedule; its runs stay. Raises NotFound."""
    entries = Entries(bootstrap.settings(where).schedules)
    entries.remove(find_entry(name, entries).name)


def pause_schedule(name: str, where: Path) -> dict[str, Any]:
    """Have it bring no runs until it is resumed; the schedule. Raises NotFound, EnvironmentFault."""
    entries = Entries(bootstrap.settings(where).schedules)
    return _changed(find_entry(name, entries), entries, paused=True)


def resume_schedule(name: str, where: Path) -> dict[str, Any]:
    """Have it bring runs again; what fell into the pause is not made up for.

    Raises:
        NotFound: there is no such schedule.
        EnvironmentFault: it cannot be written.
    """
    entries = Entries(bootstrap.settings(where).schedules)
    return _changed(find_entry(name, entries), entries, paused=False)


def _changed(entry: Entry, entries: Entries, *, paused: bool) -> dict[str, Any]:
    now = entry.model_copy(update={"paused": paused})
    try:
        if entry.paused and not paused:
            # Before it counts again. No scheduler writes the progress of one that is paused.
            moved = {"mark": datetime.now(UTC), "missed": 0}
            entries.settle(entry.name, entries.progress(entry).model_copy(update=moved))
        entries.change(now)
    except OSError as error:
        raise _not_kept(error, entries) from error
    return describe(now, entries)


def _not_kept(error: OSError, entries: Entries) -> EnvironmentFault:
    return not_writable("the schedule cannot be kept", error, entries.folder, "allow writing there")


def run_schedule(name: str, where: Path) -> Run:
    """Start a run as the schedule would, now. Raises NotFound, InvalidInput."""
    entries = Entries(bootstrap.settings(where).schedules)
    entry = find_entry(name, entries)
    return start(prepare(entry, entries.folder))


def scheduler_state(where: Path) -> dict[str, Any]:
    """Whether somebody fires the project's schedules, and who: `{"running", "holder"}`."""
    folder = Entries(bootstrap.settings(where).schedules).folder
    running = is_held(folder)
    return {"running": running, "holder": holder_of(folder) if running else None}


def describe(entry: Entry, entries: Entries) -> dict[str, Any]:
    """A schedule as JSON: what it is, when it is next, what it did last, and how it drifted."""
    progress = entries.progress(entry)
    problem, table = progress.problem, None
    try:
        table = timetable_of(entry, entries.folder)
    except DagbookError as error:
        problem = error.findings[0].message
    after = max(progress.mark, datetime.now(UTC))
    following = first_after(table.cron, table.timezone, after) if table and not entry.paused else None
    return {
        "schedule": entry.name, "file": entry.file, "cron": table.cron if table else entry.cron,
        "timezone": table.timezone if table else entry.timezone,
        "missed": table.missed if table else entry.missed, "follows_file": entry.cron is None,
        "params": dict(entry.params), "pin": entry.pin, "paused": entry.paused,
        "drift": drift_of(entry, entries.folder),
        "next": following.isoformat() if following else None, "run": progress.run or None,
        "last": progress.instant.isoformat() if progress.instant else None,
        "missed_firings": progress.missed, "problem": problem,
    }  # fmt: skip


def find_entry(name: str, entries: Entries) -> Entry:
    """The schedule of that name. Raises NotFound."""
    known = {entry.name: entry for entry in entries.all()}
    if name not in known:
        raise NotFound(
            Finding(
                code="unknown-schedule",
                message=f"there is no schedule '{name}' in this project",
                remedy=did_you_mean(name, known, "add one with `dagbook schedule add FILE`"),
            )
        )
    return known[name]


def timetable_of(entry: Entry, folder: Path) -> Timetable:
    """When it is due: by its own expression, else by the file's as it is now (or was when pinned).

    Raises:
        InvalidInput: the file cannot be read, or names no schedule.
    """
    if entry.cron is not None:
        return Timetable(cron=entry.cron, timezone=entry.timezone, missed=entry.missed)
    file = source_of(entry, folder)
    written = load_pipeline(file).spec.on.schedule
    if written is None:
        raise InvalidInput(
            Finding(
                code="no-schedule",
                message="the pipeline names no schedule",
                remedy='write `on: {schedule: {cron: "0 6 * * *"}}`, or add --cron',
                file=entry.file,
            )
        )
    return Timetable(cron=written.cron, timezone=written.timezone, missed=written.missed)


def source_of(entry: Entry, folder: Path) -> Path:
    """The file that is run."""
    file = Path(entry.file)
    return file if entry.pin is None else pinned_file(file, entry.pin, folder)


def prepare(entry: Entry, folder: Path, instant: datetime | None = None) -> Prepared:
    """The plan of a run that the schedule starts, for a firing or for nobody's in particular.

    Raises:
        InvalidInput: the pipeline or a parameter is wrong.
        EnvironmentFault: a kernel is missing.
    """
    checked = check_file(source_of(entry, folder))
    checked.require()
    given = parse_assignments(checked.spec, [f"{key}={value}" for key, value in entry.params.items()])
    prepared = make_plan(checked, Choices(params=given, jobs=entry.jobs))
    due = instant.isoformat() if instant else ""
    plan = prepared.plan.model_copy(update={"schedule": entry.name, "due": due})
    return replace(prepared, plan=plan)


def drift_of(entry: Entry, folder: Path) -> list[str]:
    """How what would run, or when, differs from the pipeline file by now; empty when nothing does."""
    try:
        if entry.pin is not None:
            return drift(Path(entry.file), pinned_file(Path(entry.file), entry.pin, folder))
        written = load_pipeline(Path(entry.file)).spec.on.schedule if entry.cron is not None else None
    except (DagbookError, OSError) as error:
        return [str(error).splitlines()[0]]
    if written is not None and (written.cron, written.timezone) != (entry.cron, entry.timezone):
        return [f"the file says {written.cron} {written.timezone}"]
    return []


def _check_name(name: str, entries: Entries) -> None:
    if not _NAME.fullmatch(name):
        message, remedy = f"{name!r} is no name of a schedule", "use letters, digits, - and _"
        raise InvalidInput(Finding(code="schedule-name", message=message, remedy=remedy))
    if name in {entry.name for entry in entries.all()}:
        raise InvalidInput(
            Finding(
                code="schedule-name",
                message=f"there is a schedule '{name}' already",
                remedy=f"`dagbook schedule remove {name}` first, or give this one a --name",
            )
        )


def _check_times(entry: Entry) -> None:
    if entry.cron is not None and (problem := cron_problem(entry.cron)):
        remedy = "write minute, hour, day, month, weekday: 0 6 * * 1-5"
        raise InvalidInput(Finding(code="schedule-cron", message=problem, remedy=remedy))
    if problem := timezone_problem(entry.timezone):
        raise InvalidInput(
            Finding(code="schedule-timezone", message=problem, remedy="write one like UTC or Europe/Oslo")
        )
