"""The composition root: the one place that chooses adapters. Doors and the API get ready-made parts here."""

from __future__ import annotations

import json
import os
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from dagbook.caches.directory import DirectoryCache
from dagbook.engine import leftovers
from dagbook.engine.folders import JOURNAL, environments_of
from dagbook.engine.loop import Driver
from dagbook.engine.model_lookup import unknown_model, version_meant
from dagbook.engine.model_registry import FindModel, ModelRegistry, ModelVersion
from dagbook.engine.ports import (
    Cache,
    Compiler,
    Environments,
    Executor,
    Journal,
    Loader,
    Notifier,
    Ports,
    Tracker,
    TrackerAway,
)
from dagbook.engine.queries import Queries
from dagbook.engine.submission import Submission, Submitted
from dagbook.environments.uv import UvEnvironments
from dagbook.errors import EnvironmentFault, Finding, InvalidInput, did_you_mean
from dagbook.executors.capacity import capacity
from dagbook.executors.local import LocalExecutor
from dagbook.executors.workers import Workers
from dagbook.journals.jsonl import JsonlJournal
from dagbook.journals.lock import is_held, scheduled_by
from dagbook.loaders.notebooks import NotebookLoader
from dagbook.locks.files import FileLocks
from dagbook.locks.queue import Turn, queue_folder
from dagbook.notifiers.apprise import AppriseNotifier
from dagbook.pipeline.model_reference import read_reference
from dagbook.pipeline.plan import Plan
from dagbook.settings import Settings, read_argo, read_settings
from dagbook.trackers.mlflow import MlflowTracker
from dagbook.trackers.registry import MlflowRegistry
from dagbook.trackers.run_records import RunRecords
from dagbook.trackers.sender import Sender
from dagbook.trackers.store import MlflowStore, embedded_uri
from dagbook.zygote.asking import ForkServer

if TYPE_CHECKING:
    from dagbook.runners.node_command import StoppableRunner

# Name → module and class. Imported on use: each needs packages of its own.
COMPILERS: Final[dict[str, tuple[str, str]]] = {
    "argo": ("dagbook.compilers.argo.compiler", "ArgoCompiler"),
    "airflow": ("dagbook.compilers.airflow", "AirflowCompiler"),
    "kubeflow": ("dagbook.compilers.kubeflow", "KubeflowCompiler"),
    "luigi": ("dagbook.compilers.luigi", "LuigiCompiler"),
}


SUBMITTERS: Final = ("argo",)
_NAMESPACE: Final = "default"
"""Where Argo's own command makes workflows when nobody says."""


_stores: dict[tuple[str | None, Path], MlflowStore] = {}
_stores_lock = threading.Lock()


def compiler(name: str) -> Compiler:
    """The compiler to another scheduler. Raises InvalidInput for a name that nobody has."""
    if name not in COMPILERS:
        raise InvalidInput(
            Finding(
                code="unknown-compiler", message=f"nothing compiles to '{name}'",
                remedy=did_you_mean(name, COMPILERS),
            )
        )  # fmt: skip
    module, kind = COMPILERS[name]
    made: Compiler = getattr(import_module(module), kind)()
    return made


def submission_to(where: tuple[str, str, str], manifest: Mapping[str, Any], workflow: str) -> Submission:
    """Where a manifest is to be carried out, as a run folder says it.

    Args:
        where: the scheduler; its server and the namespace, which the environment says when they are empty.
        manifest: what was compiled.
        workflow: the name it is to have there.

    Raises:
        InvalidInput: nothing is known of that scheduler, or the server's address is none or not said.
    """
    from dagbook.submitters.argo.server import server_url
    from dagbook.submitters.argo.submitted import templates_of

    to, server, namespace = where
    around = read_argo()
    return Submission(
        to=to, server=server_url(server or around.server, secure=around.secure),
        namespace=namespace or around.namespace or _NAMESPACE, workflow=workflow,
        templates=templates_of(manifest),
    )  # fmt: skip


def require_submitter(name: str) -> None:
    """Raise InvalidInput when nothing can be submitted to a scheduler of that name."""
    if name not in SUBMITTERS:
        raise InvalidInput(
            Finding(
                code="not-submittable", message=f"nothing can be submitted to '{name}'",
                remedy=f"`dagbook compile --to {name}` writes it for {name} to run" if name in COMPILERS
                else did_you_mean(name, SUBMITTERS),
            )
        )  # fmt: skip


def submitted(submission: Submission) -> Submitted:
    """The run there, asked with what the environment says of who we are."""
    from dagbook.submitters.argo.server import Access, ArgoServer
    from dagbook.submitters.argo.submitted import ArgoRun

    around = read_argo()
    access = Access(
        url=submission.server, namespace=submission.namespace, token=around.token, verify=around.verify
    )
    return ArgoRun(ArgoServer(access), submission)


def settings(start: Path) -> Settings:
    """Settings of the project that `start` belongs to."""
    return read_settings(start)


def queries(start: Path) -> Queries:
    """The read side of the project that `start` belongs to."""
    return queries_of(read_settings(start).runs)


def queries_of(runs: Path) -> Queries:
    """The read side of one folder of runs."""
    # Of a run that another scheduler runs, nobody holds the driver's lock.
    return Queries(runs, journal, lambda folder: is_held(folder) or scheduled_by(folder) is not None)


def journal(folder: Path) -> Journal:
    """The journal of a run folder."""
    return JsonlJournal(folder / JOURNAL)


def cache(around: Settings) -> Cache:
    """Where results are kept for reuse: in the project, and where a team shares them if it does.

    Raises:
        EnvironmentFault: what its address needs is not installed.
    """
    own, url = DirectoryCache(around.cache), around.shared_cache
    if url is None:
        return own
    from dagbook.caches.shared import SharedCache

    scheme, _, path = url.partition("://")
    if scheme == "file" or not path:
        return SharedCache(own, DirectoryCache(around.project / Path(path or url).expanduser()))
    from dagbook.caches.remote import CacheAway, RemoteCache, open_store

    with suppress(CacheAway):  # said when it is asked for something
        open_store(url)
    return SharedCache(own, RemoteCache(url))


def loader(around: Settings) -> Loader:
    """Reads notebooks and the project's own modules."""
    return NotebookLoader(around.project)


def environments(around: Settings) -> Environments:
    """Makes environments for nodes that ask for packages."""
    return UvEnvironments(environments_of(around.project))


def notifier() -> Notifier:
    """Tells people of a run's end."""
    return AppriseNotifier()


def take_turn(around: Settings, run: str) -> Turn | None:
    """A place in the line of this person's runs on this machine; None where there is no line.

    A run that a step of another started does not wait: the other one may wait for it.

    Raises:
        QueueFull: the line is as long as it may be.
    """
    folder = None if os.environ.get(leftovers.RUN) else queue_folder()
    if folder is None:
        return None
    try:
        return Turn.take(folder, run, around.runs_at_once, capacity()[1])
    except OSError:  # no room, or no locks: what goes on must not hang on that
        return None


def given_turn(start: Path, descriptor: int, ticket: Path) -> Turn:
    """The place in the line that whoever started us had taken for us."""
    os.set_inheritable(descriptor, False)  # noqa: FBT003  # our children must not keep it
    return Turn(ticket, descriptor, read_settings(start).runs_at_once)


def driver(
    plan: Plan,
    run: str,
    folder: Path,
    wants_cancel: Callable[[], str | None],
    guard: Callable[[], None],
    turn: Turn | None = None,
) -> Driver:
    """A driver for a prepared run folder.

    Args:
        plan: what is to be done.
        run: the run's id.
        folder: the run's folder.
        wants_cancel: who asks for the run to be cancelled, or None.
        guard: called before anything is started that must not outlive us.
        turn: its place in the line. A run that waits costs one small process, so others are begun later;
            a Dask cluster, which may be away, is begun or asked at once.

    Raises:
        EnvironmentFault: the place of the plan's steps is away.
    """
    waits = turn is not None and turn.in_the_way() is not None
    ports = _ports(plan, run, journal(folder), executor(plan, run, guard, at_once=not waits))
    # A cluster that somebody else keeps knows itself how much room it has.
    room = (0.0, 0) if plan.place.address else capacity()
    return Driver(plan, run, folder, replace(ports, capacity=room, turn=turn), wants_cancel)


def shared_ports(plan: Plan, run: str, kept: Journal) -> Ports:
    """What a process works with that does one step; how many there are at once is for others to say."""
    return _ports(plan, run, kept, LocalExecutor())


def _ports(plan: Plan, run: str, kept: Journal, place: Executor) -> Ports:
    around = read_settings(Path(plan.project))
    return Ports(
        journal=kept,
        executor=place,
        cache=cache(around),
        tracker=tracker(around, plan),
        read_notebook=read_frozen,
        notifier=notifier(),
        locks=FileLocks(around.state / "locks", run),
        find_model=find_model(Path(plan.project)),
    )


def executor(plan: Plan, run: str, guard: Callable[[], None], *, at_once: bool) -> Executor:
    """Where the plan's steps run. Raises EnvironmentFault when that place cannot be reached."""

    def begin() -> Workers:
        guard()
        return workers(plan, run)

    if plan.place.executor == "local":
        # Fork servers become ready while the run's record is opened.
        return LocalExecutor(begin() if at_once else begin)
    guard()
    from dagbook.executors.dask.cluster import connect
    from dagbook.executors.dask.executor import DaskExecutor

    storage = None
    if plan.place.storage:
        from dagbook.executors.dask.storage import Storage

        storage = Storage(plan.place.storage, run, Path(plan.project))
        storage.require()
    return DaskExecutor(connect(plan.place.address, plan.jobs), storage=storage)


def store(start: Path) -> MlflowStore | None:
    """The tracking store of the project that `start` belongs to; None for one that was never written to."""
    around = read_settings(start)
    embedded = around.tracking_uri in {None, embedded_uri(around.state)}
    if embedded and not (around.state / "mlflow.db").exists():
        return None  # to look would make it, which takes seconds
    with _stores_lock:
        key = (around.tracking_uri, around.state)
        if key not in _stores:
            _stores[key] = MlflowStore(around.tracking_uri, around.state)
        return _stores[key]


def registry(start: Path) -> ModelRegistry | None:
    """The registered models of the project that `start` belongs to; None where nothing was ever tracked."""
    found = store(start)
    return None if found is None else MlflowRegistry(found)


def find_model(start: Path) -> FindModel:
    """Finds versions of the registered models of a project, which may be tracked only later."""

    def find(text: str) -> ModelVersion:
        reference, there = read_reference(text), registry(start)
        if there is None:
            raise unknown_model(reference.name, [])
        try:
            return version_meant(there, reference)
        except TrackerAway as error:
            raise EnvironmentFault(
                Finding(
                    code="tracking-away", message=f"MLflow's store does not answer: {error}",
                    remedy="`dagbook doctor` says more",
                )
            ) from error  # fmt: skip

    return find


def registry_of(env: Mapping[str, str]) -> ModelRegistry | None:
    """The registry of the store that a kernel's environment leads to; None where it leads to none."""
    uri = env.get("MLFLOW_TRACKING_URI")
    if not uri:
        return None
    # The driver made the store; what is left to lock is only the first look at it.
    return MlflowRegistry(MlflowStore(uri, Path(tempfile.gettempdir()) / f"dagbook-{os.getuid()}"))


def workers(plan: Plan, run: str) -> Workers:
    """Begins the workers of a run: forked, and with warm kernels, where any node may have one."""
    warm = any(plan.nodes[step.node].warm for step in plan.steps if step.action == "run")
    if not warm or sys.platform != "linux":
        return Workers()
    env = {**os.environ, leftovers.RUN: run}
    folder = str(Path(plan.file).parent)
    return Workers(
        forks=ForkServer(become="dagbook.worker", env=env),
        zygote=ForkServer(preload=plan.preload, learnt=plan.imports, env=env, folder=folder),
    )


def sender(root: Path) -> Sender:
    """Delivers the outboxes below `root`, which is `.dagbook/outbox` of a project."""
    return Sender(root, read_settings(root.parent.parent).tracking_uri)


def run_records(around: Settings, tracking_uri: str | None) -> RunRecords:
    """What the tracking store has of a run that was recorded there, or in the project's own store."""
    return RunRecords(MlflowStore(tracking_uri or around.tracking_uri, around.state))


def tracker(around: Settings, plan: Plan, tracking_uri: str | None = None) -> Tracker:
    """The tracking store of a run."""
    return MlflowTracker(tracking_uri or around.tracking_uri, around.state, plan.experiment or plan.pipeline)


def runner(zygote: str = "", *, echo: bool = False) -> StoppableRunner:
    """Executes notebooks in this process's own kernels; imports papermill.

    Args:
        zygote: path of the socket of a fork server that kernels are taken from; they start cold when empty.
        echo: whether to print what the notebook prints.
    """
    from dagbook.kernels.local import LocalKernels
    from dagbook.runners.papermill import PapermillRunner

    return PapermillRunner(
        loader=NotebookLoader(), kernels=LocalKernels(zygote), environments=UvEnvironments,
        say=_print_at_once if echo else None,
    )  # fmt: skip


def _print_at_once(text: str) -> None:
    with suppress(OSError, ValueError):  # whoever listened is gone
        sys.stdout.write(text)
        sys.stdout.flush()


def read_frozen(path: Path) -> dict[str, Any]:
    """A notebook that was checked when it was frozen into the run folder."""
    document: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return document
