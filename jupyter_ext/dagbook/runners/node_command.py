"""What `dagbook node run request.json` does: one attempt in this process, which ends when it is told to.

Events go as JSON lines to a file descriptor. Knows nothing of the command line or of who waits.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from pydantic import ValidationError

from dagbook.engine.attempts_elsewhere import exit_of_failure
from dagbook.engine.commit import failure_of
from dagbook.engine.ports import Ended, Report, Runner
from dagbook.engine.registration import FindRegistry
from dagbook.engine.request import NodeRequest, NodeResult
from dagbook.engine.run_node import run_node
from dagbook.errors import DagbookError, Exit, Finding, InvalidInput
from dagbook.run.events import Event, event_to_json

_PR_SET_PDEATHSIG = 1


class StoppableRunner(Runner, Protocol):
    """A runner that can be told to end what it runs."""

    def stop(self) -> None:
        """End it; called from a signal handler."""


def run_request_file(
    path: Path,
    report_fd: int | None,
    runner: StoppableRunner,
    find_registry: FindRegistry,
    *,
    spawned: bool = True,
) -> int:
    """Make the attempt that `path` asks for; its result is in `result.json` beside it when this returns.

    Args:
        path: of the request.
        report_fd: where events go.
        runner: executes the notebook.
        find_registry: the registry of models that a kernel's environment leads to.
        spawned: whether whoever wants it is our parent, so that we are to die with it.

    Returns the exit code: 0 when the notebook succeeded, 1 when not, 75 when it is then to be tried again by
    the request's `retries`; 2 when the request, the notebook or a
    parameter cannot be used; 3 when there is no kernel or the disk is in the way, both said on stderr.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: runner.stop())
    if spawned:
        die_with_parent()
    try:
        request = read_request(path)
        result = run_node(request, runner, reporter(report_fd), find_registry)
    except DagbookError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return Exit.OK if result.state == "succeeded" else _failed(request, result)


def _failed(request: NodeRequest, result: NodeResult) -> int:
    """The exit code: whether whoever counts the attempts is to make another."""
    if request.retries is None:
        return Exit.FAILED
    as_, error = failure_of(Ended(step=request.step, attempt=request.attempt, result=result))
    return exit_of_failure(request.retries, request.attempt, as_, error.name)


def die_with_parent() -> None:
    """Get SIGTERM when the process that started us ends, however it ends. Linux only.

    Must be called in the main thread of a process that the parent's main thread started: the kernel's rule is
    about threads.
    """
    if sys.platform != "linux":
        return
    parent = os.getppid()
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    # It may have ended before we asked.
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGTERM)


def read_request(path: Path) -> NodeRequest:
    """The request in a file.

    Raises:
        InvalidInput: with every problem there is.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise InvalidInput(_wrong(path, f"the request cannot be read: {reason}")) from error
    try:
        return NodeRequest.model_validate(json.loads(text))
    except json.JSONDecodeError as error:
        raise InvalidInput(_wrong(path, f"the request is no JSON: {error.msg}", error.lineno)) from error
    except RecursionError as error:
        raise InvalidInput(_wrong(path, "the request is nested too deeply")) from error
    except ValidationError as error:
        found = [
            _wrong(path, f"{'.'.join(map(str, problem['loc'])) or 'the request'}: {problem['msg']}")
            for problem in error.errors()
        ]
        raise InvalidInput(*found) from error


def _wrong(path: Path, message: str, line: int | None = None) -> Finding:
    return Finding(
        code="bad-request",
        message=message,
        remedy="requests are written by Dagbook; run the pipeline instead",
        file=str(path),
        line=line,
    )


def reporter(report_fd: int | None) -> Report:
    """Writes each event as one JSON line to the descriptor, at once; a reader that went away is no matter."""

    def report(event: Event) -> None:
        if report_fd is None:
            return
        line = json.dumps(event_to_json(event), ensure_ascii=True) + "\n"
        with suppress(OSError):
            os.write(report_fd, line.encode())

    return report
