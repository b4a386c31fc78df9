"""Attempts as processes of this machine: one worker each, which does what `dagbook node run` does.

A process of its own gives each attempt its own folder, signals and death.
"""

from __future__ import annotations

import json
import os
import selectors
import shutil
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dagbook.engine.arrivals import read_result
from dagbook.engine.folders import LOG, REQUEST, RESULT
from dagbook.engine.leftovers import RUN, STEP, end_marked
from dagbook.engine.ports import Ended
from dagbook.engine.request import NodeRequest, NodeResult
from dagbook.errors import Exit
from dagbook.executors.workers import Process, Workers
from dagbook.run.events import CellStarted, Event, OutputSeen, StepHeld, StepWarned, event_from_json
from dagbook.run.facts import NodeError

# How long a worker that was told to stop may take over saving its notebook and ending its kernel.
_GRACE: Final = 8.0
_CHUNK: Final = 65536
# Bytes below which a worker cannot have written down how it ended.
_LITTLE_SPACE: Final = 65536


@dataclass
class _Worker:
    """An attempt that runs: its process and the pipe that its events come through."""

    request: NodeRequest
    process: Process
    pipe: int
    pending: bytes = b""
    is_open: bool = True
    kill_at: float | None = None


class LocalExecutor:
    """Runs attempts side by side as long as they are handed over; the machine decides how many.

    Args:
        workers: begins them; or makes what does, once there is something to begin.
    """

    def __init__(self, workers: Workers | Callable[[], Workers] = Workers) -> None:
        self._begins: Workers | None = None
        self._make_workers: Callable[[], Workers] = Workers
        if isinstance(workers, Workers):
            self._begins = workers
        else:
            self._make_workers = workers
        self._workers: dict[str, _Worker] = {}
        self._selector = selectors.DefaultSelector()
        self._unheard: list[Event | Ended] = []

    def start(self, request: NodeRequest) -> None:
        """Write the request and begin its worker; to be called from the main thread."""
        folder = Path(request.folder)
        path = folder / REQUEST
        reading, writing = os.pipe()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            path.write_text(request.model_dump_json(indent=1), "utf-8")
            with (folder / LOG).open("ab") as log:
                process = self._begun(request).begin(request, path, log, writing)
        except OSError as error:
            os.close(reading)
            self._unheard.append(_ended(request, None, f"its worker could not be started: {error.strerror}"))
            return
        finally:
            os.close(writing)
        os.set_blocking(reading, False)
        worker = _Worker(request=request, process=process, pipe=reading)
        self._workers[request.step] = worker
        self._selector.register(reading, selectors.EVENT_READ, worker)

    def _begun(self, request: NodeRequest) -> Workers:
        if self._begins is None:
            self._begins = self._make_workers()
        refused = self._begins.refusal() if request.warm else ""
        if refused:
            message = f"kernels start cold: {refused}"
            self._unheard.append(StepWarned(step=request.step, message=message))
        return self._begins

    def stop(self, step: str) -> None:
        """Ask the worker to end; whoever does not within its grace is killed."""
        worker = self._workers.get(step)
        if worker is not None and worker.kill_at is None:
            worker.kill_at = time.monotonic() + _GRACE
            worker.process.terminate()

    def wait(self, seconds: float) -> Sequence[Event | Ended]:
        """Events and ends since the last call; blocks at most `seconds` while there are none."""
        happened: list[Event | Ended] = [*self._unheard]
        self._unheard.clear()
        for key, _ in self._selector.select(0 if happened else self._patience(seconds)):
            happened += self._drain(key.data)
        self._kill_overdue()
        for worker in list(self._workers.values()):
            if worker.process.poll() is not None:
                happened += self._drain(worker)
                happened.append(self._bury(worker))
        return happened

    def close(self) -> None:
        """Stop everything and wait for it."""
        for step in list(self._workers):
            self.stop(step)
        while self._workers:
            self.wait(0.1)
        self._selector.close()
        if self._begins is not None:
            self._begins.close()

    def _patience(self, seconds: float) -> float:
        """A worker whose pipe is closed already is found by polling alone: look soon."""
        closed = any(not worker.is_open for worker in self._workers.values())
        return min(seconds, 0.02) if closed else seconds

    def _drain(self, worker: _Worker) -> list[Event]:
        while worker.is_open:
            try:
                chunk = os.read(worker.pipe, _CHUNK)
            except BlockingIOError:
                break
            if not chunk:
                self._selector.unregister(worker.pipe)
                os.close(worker.pipe)
                worker.is_open = False
            worker.pending += chunk
        *lines, worker.pending = worker.pending.split(b"\n")
        return [event for line in lines if (event := _event(line, worker.request)) is not None]

    def _kill_overdue(self) -> None:
        now = time.monotonic()
        for worker in self._workers.values():
            if worker.kill_at is not None and now > worker.kill_at:
                _signal_group(worker.process, signal.SIGKILL)

    def _bury(self, worker: _Worker) -> Ended:
        """What the finished worker left behind, and an end to whatever it left running."""
        del self._workers[worker.request.step]
        if worker.is_open:
            # A leftover child may hold the other end; what it says is not for us.
            self._selector.unregister(worker.pipe)
            os.close(worker.pipe)
        result = read_result(Path(worker.request.folder) / RESULT)
        code = worker.process.returncode
        assert code is not None  # it is over
        if result is None or code < 0:
            end_marked({RUN: worker.request.run, STEP: worker.request.step}, grace=0.2)
        if code < 0:
            return _ended(worker.request, None, f"its worker was killed by {_signal_name(-code)}")
        if result is None and (error := _without_a_place(Path(worker.request.folder))) is not None:
            # Neither the result nor a word of why could be written.
            return _ended(worker.request, NodeResult(state="failed", error=error), "")
        said = _last_line(Path(worker.request.folder) / LOG)
        if result is None and code in {Exit.INVALID, Exit.ENVIRONMENT}:
            error = NodeError(name="CannotStart", value=said.removeprefix(": "))
            return _ended(worker.request, NodeResult(state="failed", error=error, notebook=""), "")
        if result is None:
            return _ended(worker.request, None, f"its worker ended with code {code} and left no result{said}")
        return _ended(worker.request, result, "")


def _without_a_place(folder: Path) -> NodeError | None:
    """Why nothing could be written into an attempt's folder."""
    if not folder.is_dir():
        return NodeError(
            name="FolderGone",
            value=f"{folder} was removed while the step ran",
            remedy="let the notebook remove only what it made itself",
        )
    try:
        if shutil.disk_usage(folder).free >= _LITTLE_SPACE:
            return None
    except OSError:
        return None
    return NodeError(
        name="DiskFull",
        value=f"no space left to write {folder}",
        remedy="free space and run again; finished steps are reused",
    )


def _ended(request: NodeRequest, result: NodeResult | None, reason: str) -> Ended:
    return Ended(step=request.step, attempt=request.attempt, result=result, reason=reason)


def _event(line: bytes, request: NodeRequest) -> Event | None:
    """What a worker may say: how far it is, of its own attempt. How it ended is for its result alone."""
    try:
        event = event_from_json(json.loads(line))
    except (ValueError, AttributeError, RecursionError):
        return None  # a torn line of a worker that was killed
    if isinstance(event, CellStarted | OutputSeen | StepHeld):
        return event if (event.step, event.attempt) == (request.step, request.attempt) else None
    return event if isinstance(event, StepWarned) and event.step == request.step else None


def _signal_group(process: Process, number: signal.Signals) -> None:
    try:
        os.killpg(process.pid, number)
    except (ProcessLookupError, PermissionError):
        process.kill()


def _signal_name(number: int) -> str:
    try:
        return f"signal {number} ({signal.Signals(number).name})"
    except ValueError:
        return f"signal {number}"


def _last_line(log: Path) -> str:
    try:
        lines = log.read_text("utf-8", "replace").strip().splitlines()
    except OSError:
        return ""
    return f": {lines[-1][:300]}" if lines else ""
