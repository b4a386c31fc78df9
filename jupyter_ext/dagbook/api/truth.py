"""Runs that MLflow does not know wholly, since it was away or a driver died; `dagbook sync` mends them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dagbook import bootstrap
from dagbook.api.run import Run
from dagbook.api.run_plan import plan_in
from dagbook.engine.completion import complete
from dagbook.engine.ports import TrackerAway
from dagbook.errors import EnvironmentFault, RunBusy
from dagbook.journals.lock import DriverLock
from dagbook.run.events import Entry
from dagbook.run.state import RunState, apply


@dataclass(frozen=True, kw_only=True)
class Mended:
    """A run that is complete in the store now: records that were made, and that were given what they lacked.

    `reason` says why it is not, after all; empty when it is.
    """

    run: str
    made: int = 0
    mended: int = 0
    reason: str = ""


def untrue(where: Path) -> list[str]:
    """Runs of the project that are over and that the store may not know wholly, oldest first."""
    queries = bootstrap.queries(where)
    return [
        summary["run"]
        for summary in reversed(queries.runs())
        if summary["state"] != "running" and _lacks(queries.state(summary["run"]))
    ]


def mend(where: Path) -> Iterator[Mended]:
    """Complete them, one by one. Who is being driven is passed over."""
    queries = bootstrap.queries(where)
    for name in untrue(where):
        try:
            yield _mended(Run(name, queries))
        except RunBusy:
            continue
        except (TrackerAway, EnvironmentFault) as error:
            yield Mended(run=name, reason=str(error))


def _lacks(state: RunState) -> bool:
    return state.seq > 0 and (state.tracking_lost is not None or state.state == "interrupted")


def _mended(run: Run) -> Mended:
    plan = plan_in(run.folder)
    lock = DriverLock(run.folder)
    lock.acquire()
    try:
        entries, state = run.entries(), run.state
        tracker = bootstrap.tracker(bootstrap.settings(run.folder), plan, state.tracking_uri)
        done = complete(plan, run.folder, entries, tracker, bootstrap.read_frozen)
        told = apply(state, Entry(seq=state.seq, at="", event=done.event))
        # What is damaged is kept as it is until somebody takes the run up.
        if told != state and run.damage is None:
            journal = bootstrap.journal(run.folder)
            journal.append(done.event)
            journal.close()
    except OSError as error:
        return Mended(run=run.id, reason=f"{error.strerror or error}")
    finally:
        lock.release()
    return Mended(run=run.id, made=done.made, mended=done.mended)
