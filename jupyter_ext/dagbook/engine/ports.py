"""Every port of the engine on one page. Adapters implement these; nothing else is known of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from dagbook.engine.deployment import Deployment, Manifest, Option
from dagbook.engine.model_registry import FindModel
from dagbook.engine.prepare import ReadNotebook
from dagbook.engine.request import NodeRequest, NodeResult
from dagbook.errors import Finding
from dagbook.notebook.environment import Requirements
from dagbook.notebook.outputs import Output
from dagbook.pipeline.planner import Known
from dagbook.run.events import Entry, Event, TrackingCompleted
from dagbook.run.outcome import Notice

Report = Callable[[Event], None]
"""How a runner says what it sees while it works; cheap, never raises."""


class Journal(Protocol):
    """Append-only events of one run: one writer, many readers."""

    def append(self, event: Event) -> Entry:
        """Record the event; when this returns, a state change is on the disk."""

    def append_all(self, events: Sequence[Event]) -> list[Entry]:
        """Record events in this order; when this returns, all are on the disk, for the price of one."""

    def read(self, after: int = 0) -> list[Entry]:
        """The entries with `seq > after`, in order, up to the last whole one."""

    def damage(self) -> str | None:
        """What of it cannot be read, and where, in words; None when nothing is lost."""

    def close(self) -> None:
        """Let go of the file."""


@dataclass(frozen=True, kw_only=True)
class CachedResult:
    """A step's result as a cache keeps it. Paths of outputs are relative to `folder`.

    Attributes:
        key: under what the newest result of this step is remembered (see pipeline.plan.result_key).
        parts: what the fingerprint was made of.
        run: the run that made it.
        notebook: the executed notebook, relative to `folder`; empty when there is none.
        accepted: who took it as current though something had changed, when, and what; empty when nothing had.
    """

    fingerprint: str
    key: str
    parts: Mapping[str, str]
    run: str
    folder: Path
    outputs: Mapping[str, Output] = field(default_factory=dict)
    notebook: str = ""
    accepted: str = ""


class Cache(Protocol):
    """Fingerprint → result, with the contents of what was published."""

    def known(self, fingerprint: str) -> Known | None:
        """What is recorded; never looks at contents, so it is quick and may be wrong about them."""

    def latest(self, key: str) -> Mapping[str, str] | None:
        """The fingerprint parts of the newest result under the key."""

    def fetch(self, fingerprint: str, into: Path) -> CachedResult | None:
        """Copy the result's files to `into`, checked; None when it is absent, damaged or incomplete."""

    def store(self, result: CachedResult) -> None:
        """Keep the result and copies of its files; a reader sees all of it or none. Raises OSError."""

    def trouble(self) -> str | None:
        """What went wrong beside, in words: a shared store is away. Said once."""

    def close(self) -> None:
        """Wait until everything is kept that can be."""


class Runner(Protocol):
    """Executes one notebook, here and now, in this process's own kernel."""

    def run(self, request: NodeRequest, report: Report) -> NodeResult:
        """Execute and come back with the result; what the notebook does wrong is in the result."""


@dataclass(frozen=True, kw_only=True)
class Ended:
    """An executor's word that an attempt is over; `result` is None when its process left none.

    `lost`: the place where it ran is gone, which is nobody's fault and worth another attempt elsewhere.
    """

    step: str
    attempt: int
    result: NodeResult | None
    reason: str = ""
    lost: bool = False


class Executor(Protocol):
    """A place where attempts run while we schedule."""

    def start(self, request: NodeRequest) -> None:
        """Begin the attempt; its events and its `Ended` come through the function given at creation."""

    def stop(self, step: str) -> None:
        """End the attempt and everything that it started; `Ended` follows."""

    def wait(self, seconds: float) -> Sequence[Event | Ended]:
        """What happened since the last call; blocks at most `seconds` when nothing did."""

    def close(self) -> None:
        """Stop what still runs and let go."""


class Locks(Protocol):
    """Locks that steps of a project hold while they run, whichever run they belong to."""

    def take(self, locks: Mapping[str, int], holder: str) -> str | None:
        """All of `locks` (name → how many may hold it) for a step, or none: then who is in the way."""

    def free(self, holder: str) -> None:
        """Let go of everything that the step holds."""

    def close(self) -> None:
        """Let go of everything."""


class Turn(Protocol):
    """A run's place in the line of all that a person started on this machine."""

    def in_the_way(self) -> str | None:
        """Why it is not the run's turn yet, in words; None once it is."""

    def leave(self) -> None:
        """Let the next one come; safe to call twice."""


class Compiler(Protocol):
    """Writes a pipeline in the language of another scheduler: a pure function of its deployment."""

    options: Mapping[str, Option]
    """What its user may choose, by name."""

    def compile(self, deployment: Deployment) -> Manifest:
        """The manifest; with problems of severity `error`, and no text, for what cannot be said in it."""


@dataclass(frozen=True, kw_only=True)
class RunIdentity:
    """Where the tracking store keeps a run, and the environment that leads code in a kernel to it."""

    tracking_uri: str
    experiment: str
    mlflow_run_id: str
    env: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Found:
    """A record that the store has: its status, the metrics it holds, and of what step and attempt it is."""

    identity: RunIdentity
    status: str
    metrics: frozenset[str] = frozenset()
    place: tuple[str, int] | None = None


@dataclass(frozen=True, kw_only=True)
class Completed:
    """What was done to complete a run in the store: how many records were made, and how many mended."""

    event: TrackingCompleted
    made: int = 0
    mended: int = 0


class Tracker(Protocol):
    """The tracking store. Any method may raise `TrackerAway`; the run goes on without it.

    `at` is when it happened, in milliseconds since 1970; now when None.
    """

    def open_run(
        self, *, name: str, tags: Mapping[str, str], params: Mapping[str, str], at: int | None = None
    ) -> RunIdentity:
        """Create the record of a pipeline run."""

    def find_run(self, run: str) -> Found | None:
        """The record of the pipeline run of that id, the oldest if there are several; None without any."""

    def attempts_of(self, run: str, mlflow_run_id: str) -> Sequence[Found]:
        """The records of attempts, and of hooks, directly below the record of a pipeline run."""

    def reopen_run(self, *, experiment: str, mlflow_run_id: str) -> RunIdentity | None:
        """Have the record of a pipeline run going on again; None when there is none any more."""

    def open_step(
        self,
        *,
        parent: RunIdentity,
        name: str,
        experiment: str | None,
        tags: Mapping[str, str],
        params: Mapping[str, str],
        at: int | None = None,
    ) -> RunIdentity:
        """Create the record of an attempt, a child of `parent`; in another experiment when one is named."""

    def log(self, mlflow_run_id: str, *, metrics: Mapping[str, float], artifacts: Sequence[Path]) -> None:
        """Add metrics and artifacts (files, folders) to a record."""

    def deliver(self, outbox: Path, mlflow_run_id: str) -> bool:
        """Record some of what a notebook left in its outbox; whether nothing more waits there."""

    def close(self, mlflow_run_id: str, status: str, at: int | None = None) -> None:
        """Set the true final status: FINISHED, FAILED or KILLED; also of what code left open below it."""


@dataclass(frozen=True, kw_only=True)
class Ports:
    """What a driver works with. Seconds of `clock` are monotonic.

    Attributes:
        capacity: processors and bytes of memory that steps may use together; 0 where it is not known.
        find_model: the version that a reference means; None where there is no registry.
        turn: None for a run that need not wait for others.
    """

    journal: Journal
    executor: Executor
    cache: Cache
    tracker: Tracker
    locks: Locks
    read_notebook: ReadNotebook
    clock: Callable[[], float] = time.monotonic
    capacity: tuple[float, int] = (0.0, 0)
    notifier: Notifier | None = None
    find_model: FindModel | None = None
    turn: Turn | None = None


class TrackerAway(Exception):  # a condition, not a fault of ours
    """The tracking store cannot be reached or refuses; the message says why."""


class Notifier(Protocol):
    """Tells somebody outside. Addresses hold secrets: nothing that is said of one repeats it."""

    def problem(self, address: str) -> str | None:
        """Why nobody can be told at this address, without trying; None when it looks right."""

    def send(self, address: str, notice: Notice) -> None:
        """Tell it. Raises `NotifyFailed`; returns when it was taken."""


class Environments(Protocol):
    """Environments of their own for the kernels of nodes that ask for packages."""

    def lock(self, wanted: Requirements) -> str:
        """Every package with its version. Raises InvalidInput or EnvironmentFault, naming the package."""

    def keep(self, wanted: Requirements, lock: str) -> None:
        """Take this lock for these requirements from now on, unless there is one. Raises EnvironmentFault."""

    def prepare(self, lock: str) -> str:
        """The Python of such an environment, made if need be. Raises EnvironmentFault."""


class NotifyFailed(Exception):  # a condition, not a fault of ours
    """Nobody was told; the message says why, and holds nothing of the address."""


class Loader(Protocol):
    """Reads notebooks for checking, planning and fingerprints."""

    def notebook_and_warnings(self, path: Path) -> tuple[dict[str, Any], tuple[Finding, ...]]:
        """The notebook document at `path`, sound, and what was repaired in it. Raises InvalidInput."""

    def local_modules(self, path: Path, code: str) -> Mapping[str, str]:
        """File, as `shared/io.py`, → source, for every local module that `code` can reach by import."""
