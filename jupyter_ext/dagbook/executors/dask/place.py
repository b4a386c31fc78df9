"""A worker's side: makes one attempt, in a process of its own, and ends it with whoever wanted it.

A cluster runs a task again by itself when a worker dies. Every execution therefore first says that it is
there, and begins only when the driver lets it: of one attempt, one execution alone.
"""

from __future__ import annotations

import platform
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, NotRequired, TypedDict

from dagbook.engine.folders import REQUEST
from dagbook.engine.ports import Ended
from dagbook.engine.request import NodeRequest, NodeResult
from dagbook.executors.dask.room import Room, Stopped, storage_fault
from dagbook.executors.dask.storage import Travel
from dagbook.executors.guardian import Guardian
from dagbook.executors.local import LocalExecutor
from dagbook.executors.workers import Workers
from dagbook.run.events import event_to_json
from dagbook.run.facts import NodeError
from dagbook.stores.store import UnknownScheme
from dagbook.version import __version__

MARK: Final = "DAGBOOK_PLACE"
"""In the environment of all that a worker's attempts start."""

_LOOK: Final = 0.1
_FOLDER_PATIENCE: Final = 10.0
"""Seconds; network file systems show a new folder only after a while."""


class Order(TypedDict):
    """What a worker is handed: plain values, so that any version can read it and refuse."""

    key: str
    topic: str
    dagbook: str
    python: str
    request: str
    command: list[str] | None
    travel: NotRequired[Travel]


@dataclass
class _Claim:
    """An execution that waits to be let, or runs."""

    go: threading.Event = field(default_factory=threading.Event)
    stop: threading.Event = field(default_factory=threading.Event)


_claims: dict[str, _Claim] = {}
_guardian: Guardian | None = None
_mark: Final = uuid.uuid4().hex
_guarding = threading.Lock()


def versions() -> tuple[str, str]:
    """Of Dagbook and of Python, as far as they must be the same on both sides."""
    return __version__, ".".join(platform.python_version_tuple()[:2])


def run_attempt(order: Order) -> dict[str, Any]:
    """Make the attempt; how it ended, as plain values. Called by Dask, on a worker."""
    from distributed import get_worker

    worker = get_worker()
    task = worker.get_current_task()
    nonce = uuid.uuid4().hex
    claim = _claims[nonce] = _Claim()

    def tell(what: str, **more: Any) -> None:
        said = {"what": what, "key": order["key"], "nonce": nonce, "worker": worker.address, **more}
        worker.log_event(order["topic"], said)

    def is_unwanted() -> bool:
        # The driver's connection ended, or it gave the attempt up: the scheduler has taken the task back.
        known = worker.state.tasks.get(task)
        return known is None or known.state == "cancelled"

    try:
        tell("claim")
        while not claim.go.wait(_LOOK):
            if claim.stop.is_set() or is_unwanted():
                return _over(None, "it was stopped before it began")
        problem = _mismatch(order, worker.address)
        if problem is not None:
            return _failed(problem)
        request = NodeRequest.model_validate_json(order["request"])
        watch = Watch(claim.stop.is_set, is_unwanted, tell, worker.address)
        if "travel" in order:
            return _make_in_a_room(order, request, watch, Path(worker.local_directory))
        return _make(order, request, watch)
    finally:
        del _claims[nonce]


def grant(nonce: str) -> bool:
    """Let an execution begin; whether it is there."""
    claim = _claims.get(nonce)
    if claim is not None:
        claim.go.set()
    return claim is not None


def stop(nonce: str) -> bool:
    """Have an execution end; whether it is there."""
    claim = _claims.get(nonce)
    if claim is not None:
        claim.stop.set()
    return claim is not None


@dataclass(frozen=True)
class Watch:
    """What an execution looks at and whom it tells."""

    stop_asked: Callable[[], bool]
    is_unwanted: Callable[[], bool]
    tell: Callable[..., None]
    address: str


def _make(order: Order, request: NodeRequest, watch: Watch) -> dict[str, Any]:
    if not _appears(Path(request.folder) / REQUEST):
        return _failed(_no_common_folder(request, watch.address))
    ended = carry_out(request, watch, order["command"])
    return _over(ended.result, ended.reason)


def _make_in_a_room(order: Order, request: NodeRequest, watch: Watch, near: Path) -> dict[str, Any]:
    """As `_make`, where nothing of the project is: its files come and go by the store."""
    near.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(
        prefix="dagbook-room-", dir=near.resolve(), ignore_cleanup_errors=True
    ) as folder:
        room = Room(Path(folder), order["travel"])
        try:
            room.fill(lambda: watch.stop_asked() or watch.is_unwanted())
        except Stopped:
            return _over(None, "it was stopped before it began")
        except (OSError, UnknownScheme) as error:
            return _failed(storage_fault(error, watch.address, "get what the step needs"))
        here = room.request(request)

        def tell(what: str, **more: Any) -> None:
            watch.tell(what, **room.said(more))

        ended = carry_out(here, replace(watch, tell=tell), order["command"])
        try:
            left = room.send(here)
        except OSError as error:
            return _failed(storage_fault(error, watch.address, "send what the step left"))
        result = ended.result and NodeResult.model_validate(room.said(ended.result.model_dump(mode="json")))
        return _over(result, room.text(ended.reason), left=left)


def _failed(error: NodeError) -> dict[str, Any]:
    return _over(NodeResult(state="failed", error=error, notebook=""), "")


def carry_out(request: NodeRequest, watch: Watch, command: list[str] | None) -> Ended:
    """Run the attempt in a process of its own, telling what it says, until it is over."""
    executor = LocalExecutor(Workers(command, mark={MARK: _guard()}))
    executor.start(request)
    asked = False
    while True:
        said: list[Any] = []
        for happened in executor.wait(_LOOK):
            if isinstance(happened, Ended):
                if said:
                    watch.tell("events", events=said)
                executor.close()
                return happened
            said.append(event_to_json(happened))
        if said:
            watch.tell("events", events=said)
        if not asked and (watch.stop_asked() or watch.is_unwanted()):
            asked = True
            executor.stop(request.step)


def _guard() -> str:
    """The mark that this process's guardian looks for once this process is gone."""
    global _guardian  # noqa: PLW0603  # one for each process, started when it is needed
    with _guarding:
        if _guardian is None:
            _guardian = Guardian({MARK: _mark})
            _guardian.begin()
    return _mark


def _appears(path: Path) -> bool:
    deadline = time.monotonic() + _FOLDER_PATIENCE
    while not path.is_file():
        if time.monotonic() > deadline:
            return False
        # Looking at its folder makes a network file system ask again.
        for parent in path.parents[:3]:
            parent.exists()
        time.sleep(_LOOK)
    return True


def _over(result: NodeResult | None, reason: str, **more: Any) -> dict[str, Any]:
    return {"result": result and result.model_dump_json(), "reason": reason, **more}


def _mismatch(order: Mapping[str, Any], address: str) -> NodeError | None:
    dagbook, python = versions()
    if (order["dagbook"], order["python"]) == (dagbook, python):
        return None
    return NodeError(
        name="VersionMismatch",
        value=f"the worker {address} has Dagbook {dagbook} and Python {python}, "
        f"and the run is driven by Dagbook {order['dagbook']} and Python {order['python']}",
        remedy="install the same on the workers as where the run is driven",
    )


def _no_common_folder(request: NodeRequest, address: str) -> NodeError:
    return NodeError(
        name="NoCommonFolder",
        value=f"the worker {address} does not see the run's folder: {request.folder}",
        remedy="keep the project where the workers have it too, by the same path, or give a --storage",
    )
