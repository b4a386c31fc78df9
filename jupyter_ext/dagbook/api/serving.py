"""Serving a registered model: what is checked before, being its watcher, and asking it."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from dagbook import bootstrap
from dagbook.api.models import find_version, reach, reference_of, registry_at
from dagbook.engine.model_registry import ModelVersion
from dagbook.errors import (
    DagbookError,
    EnvironmentFault,
    Finding,
    InvalidInput,
    NotFound,
    RunBusy,
    did_you_mean,
)
from dagbook.services.ask import UNIX, NoAnswer, Reply, ask, free_port, port_problem
from dagbook.services.folder import (
    LOG,
    Service,
    all_services,
    read_service,
    service_id,
    watching,
    write_service,
)
from dagbook.services.interface import Interface, NoModel, read_interface
from dagbook.services.watch import Served, State, Watch

DEFAULT_PORT: Final = 5001
_PATIENCE: Final = 60.0
_STOP_PATIENCE: Final = 15.0
_PAUSE: Final = 0.1
_SHOWN_LOG: Final = 20_000
_BAD_REQUEST, _SERVER_ERROR = 400, 500


@dataclass(frozen=True, kw_only=True)
class Fetched:
    """A version with its files, checked as far as that goes without loading it."""

    version: ModelVersion
    folder: Path
    interface: Interface
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a service is to answer: a port (0: a free one), or only a local socket (None)."""

    host: str = "127.0.0.1"
    port: int | None = DEFAULT_PORT


def fetch_model(model: str, where: Path | str = ".") -> Fetched:
    """The version that `model` names, with its files.

    Raises:
        NotFound: no such model, version or alias; or its files are gone.
        EnvironmentFault: the registry is away, or packages that the model needs are not installed.
    """
    version = find_version(model, where)
    registry = registry_at(where)
    into = (
        bootstrap.settings(Path(where)).services / "models" / f"{service_id(version.name)}-{version.version}"
    )
    folder = reach(lambda: registry.fetch(version.name, version.version, into))
    named = f"{version.name}/{version.version}"
    try:
        interface = read_interface(folder)
    except NoModel as error:
        raise NotFound(
            _wrong("model-gone", f"the files of {named} are not a model that can be used: {error}",
                   "log the model again and register it; its artifacts were deleted or are damaged")
        ) from error  # fmt: skip
    if interface.missing:
        wanted = " ".join(f"'{package}'" for package in interface.missing)
        raise EnvironmentFault(
            _wrong("model-packages", f"{named} needs packages that are not installed here: {wanted}",
                   f"pip install {wanted}")
        )  # fmt: skip
    return Fetched(version=version, folder=folder, interface=interface, warnings=_warnings(named, interface))


def serve(
    model: str,
    where: Path | str = ".",
    place: Place = Place(),
    *,
    stop: Callable[[], bool],
    tell: Callable[[Service], None] = lambda _service: None,
) -> Service:
    """Serve a model until `stop` says so; how it ended is the service's `state`: `stopped` or `failed`.

    Raises:
        NotFound, EnvironmentFault: as of `fetch_model`; or the port is in use.
        RunBusy: it is served already.
    """
    reference = str(reference_of(model))
    around = bootstrap.settings(Path(where))
    folder = around.services / service_id(reference)
    fetched = fetch_model(reference, where)
    address, url = _address(place)
    with watching(folder) as mine:
        if not mine:
            raise _busy(reference, read_service(folder))
        log = folder / LOG
        log.write_bytes(b"")
        known = Service(
            service=folder.name, model=reference, name=fetched.version.name, version=fetched.version.version,
            state="starting", address=address, url=url, pid=os.getpid(), since=_now(),
            warnings=fetched.warnings, log=str(log),
        )  # fmt: skip
        latest = [known]

        def changed(state: State, restarts: int, why: str) -> None:
            latest[0] = replace(known, state=state, restarts=restarts, message=why, since=_now())
            write_service(folder, latest[0])
            tell(latest[0])

        try:
            Watch(Served(model=fetched.folder, address=address, log=log), changed, stop).run()
        finally:
            if latest[0].is_open:
                changed("stopped", latest[0].restarts, "")
            if address.startswith(UNIX):
                shutil.rmtree(Path(address.removeprefix(UNIX)).parent, ignore_errors=True)
        return latest[0]


def start_service(
    model: str, where: Path | str = ".", place: Place = Place(port=None), *, with_us: bool = False
) -> Service:
    """Serve a model from a process of its own, and come back once that has begun.

    Args:
        model: which.
        where: in the project.
        place: where it answers; only at a local socket unless a port is asked for.
        with_us: end it when this process ends.

    Raises:
        DagbookError: as of `serve`; nothing is left running.
    """
    reference = str(reference_of(model))
    around = bootstrap.settings(Path(where))
    folder = around.services / service_id(reference)
    fetch_model(reference, where)  # what is wrong is said here, not in a log
    if place.port is not None:
        _address(place)
    known = read_service(folder)
    if known is not None and known.is_open:
        raise _busy(reference, known)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    command = [sys.executable, "-m", "dagbook", "serve", reference, "--host", place.host]
    command += ["--socket"] if place.port is None else ["--port", str(place.port)]
    command += ["--with-parent"] if with_us else []
    with (folder / "watcher.log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=around.project, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            start_new_session=True,
        )  # fmt: skip
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        service = read_service(folder)
        if service is not None and service.pid == process.pid:
            return service
        if process.poll() is not None:
            said = (folder / "watcher.log").read_text("utf-8", "replace").strip()
            raise EnvironmentFault(
                _wrong("service-failed", f"the service did not start: {said[-500:]}", "see what it says")
            )
        time.sleep(_PAUSE)
    process.terminate()
    raise EnvironmentFault(
        _wrong("service-failed", f"the service did not start within {_PATIENCE:.0f} s", "try once more")
    )


def services(where: Path | str = ".") -> list[dict[str, Any]]:
    """Every service of the project that is known, also those that ended."""
    return [service.to_json() for service in all_services(bootstrap.settings(Path(where)).services)]


def find_service(name: str, where: Path | str = ".") -> Service:
    """The service of that id, or of that model. Raises NotFound."""
    known = list(all_services(bootstrap.settings(Path(where)).services))
    for service in known:
        if name in (service.service, service.model):
            return service
    raise NotFound(
        _wrong("unknown-service", f"'{name}' is not served",
               did_you_mean(name, [service.model for service in known], f"dagbook serve {name}"))
    )  # fmt: skip


def stop_service(name: str, where: Path | str = ".") -> Service:
    """End a service and wait until it has; one that is over is left as it is."""
    service = find_service(name, where)
    deadline = time.monotonic() + _STOP_PATIENCE
    asked = False
    while service.is_open:
        if not asked:
            asked = True
            with suppress(ProcessLookupError):
                os.kill(service.pid, signal.SIGTERM)
        if time.monotonic() > deadline:
            raise EnvironmentFault(
                _wrong("service-failed", f"the service of {service.model} does not end",
                       f"end process {service.pid} yourself")
            )  # fmt: skip
        time.sleep(_PAUSE)
        service = find_service(name, where)
    return service


def log_of(service: Service) -> str:
    """The end of what its server wrote."""
    try:
        return Path(service.log).read_bytes()[-_SHOWN_LOG:].decode("utf-8", "replace")
    except OSError:
        return ""


def invoke(name: str, body: bytes, kind: str = "application/json", where: Path | str = ".") -> Reply:
    """Ask a service: what its `/invocations` answers.

    Raises:
        NotFound: it is not served.
        InvalidInput: the model refuses the input, and says why.
        EnvironmentFault: it does not answer.
    """
    service = find_service(name, where)
    if service.state != "ready":
        raise EnvironmentFault(
            _wrong("service-not-ready", f"{service.model} is {service.state}"
                   + (f": {service.message}" if service.message else ""),
                   "wait until it is ready" if service.is_open else f"dagbook serve {service.model}")
        )  # fmt: skip
    try:
        reply = ask(service.address, "/invocations", body, {"Content-Type": kind}, _PATIENCE)
    except NoAnswer as error:
        raise EnvironmentFault(
            _wrong("service-not-ready", f"{service.model} does not answer: {error}", f"see {service.log}")
        ) from error
    if reply.status >= _BAD_REQUEST:
        said = reply_message(reply)
        wrong = _wrong("model-refused", said, "compare with the model's signature and its input example")
        raise EnvironmentFault(wrong) if reply.status >= _SERVER_ERROR else InvalidInput(wrong)
    return reply


def reply_message(reply: Reply) -> str:
    """The sentence in an answer of MLflow's that is an error."""
    import json

    try:
        told = json.loads(reply.body)
        text = str(told.get("message") or told)
    except (ValueError, AttributeError):
        text = reply.body.decode("utf-8", "replace")
    return text.strip()[:2000]


def interface(model: str, where: Path | str = ".") -> dict[str, Any]:
    """What a model takes and gives: its signature and its input example."""
    version = find_version(model, where)
    try:
        fetched = fetch_model(model, where)
    except EnvironmentFault as error:
        if error.findings[0].code != "model-packages":
            raise
        registry = registry_at(where)
        into = bootstrap.settings(Path(where)).services / "models" / secrets.token_hex(4)
        known = read_interface(reach(lambda: registry.fetch(version.name, version.version, into)))
        return {"name": version.name, "version": version.version, "warnings": [str(error)], **known.to_json()}
    return {
        "name": version.name, "version": version.version, "warnings": list(fetched.warnings),
        **fetched.interface.to_json(),
    }  # fmt: skip


def _address(place: Place) -> tuple[str, str]:
    """The address to listen at, and its URL. Raises EnvironmentFault for a port that is taken."""
    if place.port is None:
        return f"{UNIX}{tempfile.mkdtemp(prefix='dagbook-')}/s", ""
    port = place.port or free_port(place.host)
    problem = port_problem(place.host, port)
    if problem is not None:
        raise EnvironmentFault(
            _wrong("port-in-use", f"port {port} of {place.host} cannot be used: {problem}",
                   "name another with --port; --port 0 takes a free one")
        )  # fmt: skip
    return f"{place.host}:{port}", f"http://{place.host}:{port}/invocations"


def _warnings(named: str, interface: Interface) -> tuple[str, ...]:
    said = []
    if interface.inputs is None:
        said.append(
            f"{named} has no signature: input is handed on unchecked; "
            "log the model with input_example=X[:3] to have one"
        )
    if interface.python:
        said.append(f"{named} was made with Python {interface.python}, and this is another")
    if interface.others:
        said.append(f"{named} was made with other versions: {', '.join(interface.others[:5])}")
    return tuple(said)


def _busy(reference: str, known: Service | None) -> DagbookError:
    at = f" at {known.url}" if known and known.url else ""
    return RunBusy(
        _wrong("already-served", f"{reference} is served already{at}", f"dagbook serve {reference} --stop")
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _wrong(code: str, message: str, remedy: str) -> Finding:
    return Finding(code=code, message=message, remedy=remedy)
