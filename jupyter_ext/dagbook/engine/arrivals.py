"""A run as seen from one step whose upstream ran elsewhere: made of the results that arrived as files.

Where another scheduler decides what runs, there is no driver and no journal. What each step left behind,
`STEP/ATTEMPT/result.json`, says all that the next one needs; folded in, it is the state that a driver would
have at this moment.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from dagbook.engine.commit import failure_of, published_by
from dagbook.engine.folders import RESULT, SKIPPED, step_folder
from dagbook.engine.ports import Ended
from dagbook.engine.request import NodeResult
from dagbook.pipeline.plan import Plan, PlannedStep
from dagbook.run.events import Entry, Event, RunStarted, StepFailed, StepSkipped, StepStarted, StepSucceeded
from dagbook.run.facts import StepOutline
from dagbook.run.state import RunState, fold

NO_RESULT: Final = "it left no result"


def state_on_arrival(plan: Plan, run: str, step: PlannedStep, roots: Sequence[Path]) -> RunState:
    """The state in which `step` is due.

    Args:
        plan: of the run.
        run: the run's id.
        step: the step that is to be prepared.
        roots: absolute folders that may hold the folders of upstream steps; the first that does counts.
    """
    events: list[Event] = [_beginning(plan, run)]
    for need in step.needs:
        events += _events_of(need, roots)
    return fold(entries_of(events))


def entries_of(events: Iterable[Event]) -> Iterator[Entry]:
    """The events as entries; they are told now, whenever they happened."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    for number, event in enumerate(events, 1):
        yield Entry(seq=number, at=now, event=event)


def newest_result(step: str, roots: Sequence[Path]) -> tuple[Path, int, NodeResult] | None:
    """Folder, number and result of a step's last attempt that has one; None when there is none."""
    for root in roots:
        folder = root / step_folder(step)
        numbers = [int(entry.name) for entry in _entries(folder) if entry.name.isdigit()]
        for number in sorted(numbers, reverse=True):
            result = read_result(folder / str(number) / RESULT)
            if result is not None:
                return folder / str(number), number, result
    return None


def read_result(path: Path) -> NodeResult | None:
    """The result in the file; None when there is none that can be read."""
    try:
        return NodeResult.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return None


def _events_of(step: str, roots: Sequence[Path]) -> list[Event]:
    found = newest_result(step, roots)
    if found is None:
        return [_skipped(step, roots)]
    folder, attempt, result = found
    place = str(folder)
    notebook = f"{place}/{result.notebook}" if result.notebook else ""
    began: Event = StepStarted(step=step, attempt=attempt, folder=place)
    if result.state == "succeeded":
        ended: Event = StepSucceeded(
            step=step, attempt=attempt, outputs=published_by(result.outputs, place), notebook=notebook,
            seconds=result.seconds, peak_memory=result.peak_memory, stopped_early=result.stopped_early,
            by_hand=result.by_hand,
        )  # fmt: skip
    else:
        as_, error = failure_of(Ended(step=step, attempt=attempt, result=result))
        ended = StepFailed(
            step=step, attempt=attempt, as_=as_, error=error, notebook=notebook, seconds=result.seconds
        )
    return [began, ended]


def _skipped(step: str, roots: Sequence[Path]) -> StepSkipped:
    for root in roots:
        try:
            return StepSkipped.model_validate_json((root / step_folder(step) / SKIPPED).read_bytes())
        except (OSError, ValidationError):
            continue
    return StepSkipped(step=step, because=NO_RESULT)


def _beginning(plan: Plan, run: str) -> RunStarted:
    outlines = tuple(
        StepOutline(step=step.step, node=step.node, needs=step.needs, item=step.item) for step in plan.steps
    )
    return RunStarted(
        run=run, pipeline=plan.pipeline, file=plan.file, jobs=plan.jobs, params=plan.params,
        steps=outlines, pid=0, host="",
    )  # fmt: skip


def _entries(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []
