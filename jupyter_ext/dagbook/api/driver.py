"""The driver process of a run: starting one, and being one."""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from dagbook import bootstrap
from dagbook.engine.disk import write_whole
from dagbook.engine.folders import CANCEL, DRIVER_LOG, PLAN
from dagbook.engine.submission import is_submitted
from dagbook.engine.surroundings import record_surroundings
from dagbook.run.state import RunState

if TYPE_CHECKING:
    from dagbook.engine.again import Again


def start_driver(
    folder: Path, again: Again | None = None, env: Mapping[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """Start the driver of a prepared run folder; it needs neither us nor a terminal.

    Args:
        folder: the run's folder.
        again: how to take up a run that was driven before.
        env: its environment variables; ours when None.

    Raises:
        OSError: the folder cannot be written.
        QueueFull: too many runs go on or wait already.
    """
    command = [sys.executable, "-m", "dagbook", "drive", str(folder)]
    if again is not None:
        # A file of its own for each: two who ask at once must not read each other's.
        request = folder / f"again-{secrets.token_hex(4)}.json"
        write_whole(request, again.model_dump_json().encode())
        command += ["--again", str(request)]
    # Whoever only follows a run that another scheduler carries out is in nobody's way.
    turn = None if is_submitted(folder) else bootstrap.take_turn(bootstrap.settings(folder), folder.name)
    kept: tuple[int, ...] = ()
    if turn is not None:
        command += ["--turn", str(turn.descriptor), str(turn.ticket)]
        kept = (turn.descriptor,)
    try:
        with (folder / DRIVER_LOG).open("ab" if again else "wb") as log:
            return subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, env=env,
                pass_fds=kept,
            )  # fmt: skip
    finally:
        if turn is not None:
            turn.hand_over()


def drive(
    folder: Path,
    wants_cancel: Callable[[], str | None],
    again: Path | None = None,
    turn: tuple[int, Path] | None = None,
) -> RunState:
    """Be the driver of a run folder, to the end of the run.

    Args:
        folder: prepared, or left by an earlier driver.
        wants_cancel: who asks for the run to be cancelled, or None.
        again: the file that says how the run is to be taken up; what is unfinished when None.
        turn: its place in the line, as `start_driver` gave it: an open descriptor, and the file.

    Raises:
        RunBusy: another process drives it.
        EnvironmentFault: the folder cannot be written any more.
    """
    from dagbook.engine.again import Again
    from dagbook.engine.leftovers import RUN, end_marked
    from dagbook.executors.guardian import Guardian
    from dagbook.journals.lock import DriverLock
    from dagbook.pipeline.plan import Plan

    if is_submitted(folder):
        # The run is not in this process: whoever ends this, as a shutdown does, does not mean it.
        return _follow(folder, is_to_end=lambda: wants_cancel() is not None)
    place = None if turn is None else bootstrap.given_turn(folder, *turn)
    lock = DriverLock(folder)
    lock.acquire()
    wanted = Again() if again is None else Again.model_validate_json(again.read_bytes())
    plan = wanted.applied_to(Plan.model_validate_json((folder / PLAN).read_bytes()))
    if again is not None:
        # Of a driver that was killed together with its guardian, something may still run.
        end_marked({RUN: folder.name})
    guard = Guardian({RUN: folder.name})

    def asked() -> str | None:
        return wants_cancel() or cancel_file(folder)

    try:
        if again is None:
            # Taken up again, a run still says where it was made.
            tags = {**record_surroundings(folder, Path(plan.file).parent), **plan.tags}
            plan = plan.model_copy(update={"tags": tags})
        state = bootstrap.driver(plan, folder.name, folder, asked, guard.begin, place).drive(wanted)
        guard.release()
    finally:
        lock.release()
    if again is not None:
        again.unlink(missing_ok=True)
    return state


def _follow(folder: Path, is_to_end: Callable[[], bool]) -> RunState:
    from dagbook.api.following import follow_submitted
    from dagbook.journals.lock import DriverLock
    from dagbook.pipeline.plan import Plan

    lock = DriverLock(folder)
    lock.acquire()
    try:
        plan = Plan.model_validate_json((folder / PLAN).read_bytes())
        return follow_submitted(folder, plan, lambda: cancel_file(folder), is_to_end)
    finally:
        lock.release()


def cancel_file(folder: Path) -> str | None:
    """Who asked for the run in the folder to be cancelled, or None."""
    path = folder / CANCEL
    if not path.exists():
        return None
    try:
        return str(json.loads(path.read_text("utf-8")).get("by", "api"))
    except (OSError, ValueError, AttributeError, RecursionError):
        return "api"
