"""A run whose steps another scheduler starts: where it lies, and the processes that each do a part of it."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote

from dagbook import bootstrap
from dagbook.api.driver import cancel_file
from dagbook.api.params import parse_assignments, run_params
from dagbook.api.pipelines import open_pipeline
from dagbook.api.planning import Choices, check_file, make_plan
from dagbook.api.run import not_writable, write_run_folder
from dagbook.engine.folders import CLAIMS, PLAN, SCHEDULER, new_run_id, step_folder
from dagbook.engine.part import Others, Part
from dagbook.engine.surroundings import record_surroundings
from dagbook.errors import Finding, InvalidInput, did_you_mean
from dagbook.journals.lock import DriverLock, is_held
from dagbook.journals.shared import SharedJournal
from dagbook.notebook.values import encode
from dagbook.pipeline.digest import plan_digest
from dagbook.pipeline.plan import MOST_STEPS, Plan
from dagbook.run.events import Event

SCHEDULED: Final = "scheduled"
_OVER: Final = "finish"
_LONGEST_NAME: Final = 250


@dataclass(frozen=True, kw_only=True)
class Appointment:
    """Which run of which pipeline: what a scheduler says to each process that it starts.

    Attributes:
        key: the scheduler's own name of the run; the same for all parts, another for each run.
        scheduler: its name, for people.
        digest: what the pipeline was when it was compiled; empty to take it as it is.
        params: `NAME=VALUE`, as of `dagbook run -p`.
    """

    file: Path
    key: str
    scheduler: str
    digest: str = ""
    params: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class Signals:
    """What this process is told and tells: by its scheduler, and to its log."""

    is_to_end: Callable[[], bool] = lambda: False
    say: Callable[[Event], None] = lambda _: None


def take_part(appointment: Appointment, signals: Signals) -> Part:
    """A part of the run, which is begun if nobody has.

    Raises:
        InvalidInput: the pipeline is wrong or not the one that was compiled, or the run has other parameters.
        EnvironmentFault: the project's folder cannot be written, or a kernel is missing.
    """
    file = appointment.file.resolve()
    around = bootstrap.settings(file)
    relative = file.relative_to(around.project) if file.is_relative_to(around.project) else file
    place = place_of(around.state / SCHEDULED, relative.as_posix(), appointment.scheduler, appointment.key)
    try:
        with _alone(place):
            run, _, digest = place.read_text("utf-8").strip().partition(" ")
            folder = around.runs / run
            if not run or not (folder / PLAN).is_file():
                run = new_run_id()
                folder = around.runs / run
                plan = _prepare(appointment, file, run, folder)
                place.write_text(f"{run} {appointment.digest}", "utf-8")
            else:
                _require_digest(appointment, digest, str(folder), "give the new runs another name")
                plan = _planned_before(appointment, file, folder)
            part = _part(plan, folder, appointment, signals)
            if part.state.seq == 0:
                part.begin()
                # Its recorder has told what it had to tell.
                part = _part(plan, folder, appointment, signals)
    except OSError as error:
        raise not_writable(error, place) from error
    return part


def check_step(part: Part, step: str) -> None:
    """Raise InvalidInput when the run has no such step."""
    if step not in part.state.steps:
        raise InvalidInput(
            Finding(
                code="unknown-step", message=f"the pipeline '{part.state.pipeline}' has no step '{step}'",
                remedy=did_you_mean(step, part.state.steps), file=part.state.file,
            )
        )  # fmt: skip


def _prepare(appointment: Appointment, file: Path, run: str, folder: Path) -> Plan:
    checked = check_file(file)
    values = parse_assignments(checked.spec, appointment.params)
    prepared = make_plan(checked, Choices(params=values, jobs=MOST_STEPS))
    _require_digest(appointment, plan_digest(prepared.plan), prepared.plan.file)
    plan = _with_places(prepared.plan, run, checked.spec.concurrency)
    plan = plan.model_copy(update={"tags": {**plan.tags, "dagbook.scheduler": appointment.scheduler}})
    write_run_folder(folder, prepared, plan)
    plan = plan.model_copy(update={"tags": {**record_surroundings(folder, file.parent), **plan.tags}})
    (folder / PLAN).write_text(plan.model_dump_json(indent=1), "utf-8")
    return plan


def _planned_before(appointment: Appointment, file: Path, folder: Path) -> Plan:
    plan = Plan.model_validate_json((folder / PLAN).read_bytes())
    spec = open_pipeline(file).spec
    values = run_params(spec, parse_assignments(spec, appointment.params))
    encoded = {name: encode(value) for name, value in values.items()}
    if encoded != plan.params:
        other = [name for name in plan.params if encoded.get(name) != plan.params[name]]
        raise InvalidInput(
            Finding(
                code="other-parameters",
                message=f"run '{appointment.key}' was begun with another value of {', '.join(other)}",
                remedy="give runs with other parameters another name",
                file=str(folder),
            )
        )
    return plan


def _require_digest(appointment: Appointment, digest: str, file: str, remedy: str = "") -> None:
    if appointment.digest and appointment.digest != digest:
        raise InvalidInput(
            Finding(
                code="other-pipeline",
                message="the pipeline here is not the one that was compiled: it or a notebook was changed",
                remedy=remedy or "compile it again, and bring the same files to where steps run",
                file=file,
            )
        )


def _with_places(plan: Plan, run: str, concurrency: int | None) -> Plan:
    """Limits of a run as locks: no driver counts, and the scheduler starts steps in an order of its own."""
    shared: Mapping[str, int] = {} if concurrency is None else {f"places {run}": concurrency}
    nodes = {}
    for name, node in plan.nodes.items():
        own = {} if node.rules.concurrency is None else {f"places {run} {name}": node.rules.concurrency}
        rules = node.rules.model_copy(update={"concurrency": None})
        nodes[name] = node.model_copy(update={"rules": rules, "locks": {**node.locks, **own, **shared}})
    return plan.model_copy(update={"nodes": nodes, "jobs": MOST_STEPS})


def _part(plan: Plan, folder: Path, appointment: Appointment, signals: Signals) -> Part:
    journal = SharedJournal(folder / "journal.jsonl")
    others = Others(
        scheduler=appointment.scheduler,
        held=journal.held,
        claim=lambda step: _claim(folder, step),
        is_claimed=lambda step: is_held(_claimed(folder, step)),
        wants_cancel=lambda: cancel_file(folder),
        is_to_end=signals.is_to_end,
        say=signals.say,
    )
    return Part(plan, folder.name, folder, bootstrap.shared_ports(plan, folder.name, journal), others)


def _claimed(folder: Path, step: str) -> Path:
    return folder / CLAIMS / (step_folder(step) if step else _OVER)


@contextmanager
def _claim(folder: Path, step: str) -> Iterator[None]:
    claimed = _claimed(folder, step)
    claimed.mkdir(parents=True, exist_ok=True)
    lock = DriverLock(claimed)
    lock.acquire()
    try:
        _be_heard_of(folder)
        yield
    finally:
        _be_heard_of(folder)
        lock.release()


def _be_heard_of(folder: Path) -> None:
    with suppress(FileNotFoundError):  # the run is over
        os.utime(folder / SCHEDULER)


@contextmanager
def _alone(place: Path) -> Iterator[None]:
    """Processes that come for the same run at once enter one after the other; the file is there then."""
    place.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(place, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def place_of(scheduled: Path, pipeline: str, scheduler: str, key: str) -> Path:
    """The file that holds the id of the run that a scheduler calls `key`; compiled pipelines look there too.

    Raises:
        InvalidInput: the key is too long for a file's name.
    """
    name = quote(key, safe="")
    if not 0 < len(name) <= _LONGEST_NAME:
        raise InvalidInput(
            Finding(
                code="wrong-key", message=f"{key!r:.60} cannot name a run: it is empty or too long",
                remedy=f"keep it to {_LONGEST_NAME} letters",
            )
        )  # fmt: skip
    return scheduled / scheduler / quote(pipeline, safe="") / name
