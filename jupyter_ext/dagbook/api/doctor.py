"""What is installed, what can be reached, and what is wrong: one finding a line, each with its remedy."""

from __future__ import annotations

import json
import os
import shutil
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final, Literal
from urllib.parse import urlsplit

from dagbook import bootstrap
from dagbook.api import tracking
from dagbook.environments.uv import INSTALL as INSTALL_UV
from dagbook.environments.uv import uv_command
from dagbook.errors import EnvironmentFault
from dagbook.kernels.installed import installed
from dagbook.notifiers.apprise import INSTALL, MISSING, is_installed
from dagbook.settings import Settings

_PACKAGES: Final = ("dagbook", "papermill", "nbclient", "ipykernel", "mlflow", "jupyterlab", "jupyter_server")
_LITTLE_SPACE: Final = 500_000_000


@dataclass(frozen=True)
class Check:
    """One thing that was looked at. `remedy` is empty when all is well."""

    name: str
    state: Literal["ok", "warning", "error"]
    message: str
    remedy: str = ""

    def to_json(self) -> dict[str, str]:
        """As `dagbook doctor --json` prints it."""
        return asdict(self)


def examine(where: Path) -> Iterator[Check]:
    """Look at everything that a run in the project of `where` needs."""
    around = bootstrap.settings(where)
    yield Check("python", "ok", f"{sys.version.split()[0]} at {sys.executable}")
    for package in _PACKAGES:
        yield _package(package)
    checks: tuple[Callable[[Settings], Check], ...] = (
        _kernels,
        _project,
        _space,
        _locks,
        _sockets,
        _tracking,
        _records,
        _cache,
        _runs,
        _notifications,
        _uv,
        _schedules,
    )
    for check in checks:
        yield check(around)
    yield _panel()


def _package(name: str) -> Check:
    try:
        return Check(name, "ok", version(name))
    except PackageNotFoundError:
        if name == "dagbook":
            return Check(name, "ok", f"from the source tree {Path(__file__).parents[2]}")
        if name.startswith("jupyter"):
            return Check(name, "warning", "not installed: no panel", "pip install 'dagbook[lab]'")
        return Check(name, "error", "not installed", f"pip install {name}")


def _kernels(_around: Settings) -> Check:
    found = installed()
    if not found:
        return Check(
            "kernels", "error", "none installed", f"{sys.executable} -m ipykernel install --sys-prefix"
        )
    return Check(
        "kernels", "ok", ", ".join(f"{name} ({language})" for name, language in sorted(found.items()))
    )


def _project(around: Settings) -> Check:
    folder = around.state if around.state.exists() else around.project
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        return Check(
            "project", "error", f"{folder} cannot be written: {error.strerror}", "allow writing there"
        )
    return Check("project", "ok", str(around.project))


def _space(around: Settings) -> Check:
    free = shutil.disk_usage(around.project).free
    shown = f"{free / 1e9:.1f} GB free"
    if free < _LITTLE_SPACE:
        return Check("disk", "warning", shown, "make room: executed notebooks and outputs are kept per run")
    return Check("disk", "ok", shown)


def _locks(around: Settings) -> Check:
    import fcntl

    folder = around.state if around.state.exists() else Path(tempfile.gettempdir())
    try:
        with tempfile.NamedTemporaryFile(dir=folder) as one, Path(one.name).open("rb") as other:
            fcntl.flock(one, fcntl.LOCK_EX | fcntl.LOCK_NB)
            try:
                fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return Check("locks", "ok", "file locks exclude each other here")
    except OSError as error:
        return Check("locks", "warning", f"could not be tried: {error.strerror}", "see `project` above")
    return Check(
        "locks", "error", "file locks do not exclude each other here", "keep the project on a local disk"
    )


def _sockets(_around: Settings) -> Check:
    with tempfile.TemporaryDirectory(prefix="dagbook-") as folder, socket.socket(socket.AF_UNIX) as end:
        try:
            end.bind(f"{folder}/s")
        except OSError as error:
            return Check(
                "sockets", "warning", f"no local sockets: {error}", "kernels will use TCP ports instead"
            )
    return Check("sockets", "ok", "kernels talk over local sockets")


def _tracking(around: Settings) -> Check:
    uri = around.tracking_uri
    if uri is None:
        return Check("tracking", "ok", "embedded SQLite in the project; nothing to start")
    parts = urlsplit(uri)
    if parts.scheme not in {"http", "https"}:
        return Check("tracking", "ok", uri)
    try:
        port = parts.port or (443 if parts.scheme == "https" else 80)
        socket.create_connection((parts.hostname or "", port), timeout=3).close()
    except OSError as error:
        return Check(
            "tracking", "error", f"{uri} does not answer: {error}", "start it, or unset MLFLOW_TRACKING_URI"
        )
    return Check("tracking", "ok", f"{uri} answers")


def _records(around: Settings) -> Check:
    """What kernels logged and MLflow has not got; this look ends the runs of kernels that are gone."""
    waits = tracking.waiting(around.project)
    gone = len(tracking.abandoned(around.project))
    tracking.tend(around.project)
    if not waits and not gone:
        return Check("records", "ok", "nothing waits to be recorded")
    count = sum(number for number, _ in waits.values())
    why = next((reason for _, reason in waits.values() if reason), "")
    said = [
        f"{count} records wait" + (f": {why}" if why else "") if count else "",
        f"{gone} kernels ended without a word; their open runs are ended as KILLED" if gone else "",
    ]
    message = "; ".join(part for part in said if part)
    return Check("records", "warning", message, "`dagbook sync` sends them now")


def _cache(around: Settings) -> Check:
    """Where results are kept, and whether the team's store answers."""
    try:
        cache = bootstrap.cache(around)
        cache.latest("")
        trouble = cache.trouble()
    except EnvironmentFault as error:
        finding = error.findings[0]
        return Check("cache", "error", finding.message, finding.remedy)
    if trouble is not None:
        return Check("cache", "warning", trouble, "see DAGBOOK_CACHE; runs go on without it")
    shared = f", shared at {around.shared_cache}" if around.shared_cache else ""
    return Check("cache", "ok", f"{around.cache}{shared}")


def _runs(around: Settings) -> Check:
    runs = bootstrap.queries_of(around.runs).runs()
    lost = [run["run"] for run in runs if run["state"] == "interrupted"]
    if lost:
        return Check(
            "runs", "warning", f"{len(lost)} of {len(runs)} lost their driver: {', '.join(lost[:3])}",
            "`dagbook resume RUN` goes on with one, `dagbook rm RUN` removes it",
        )  # fmt: skip
    return Check("runs", "ok", f"{len(runs)} kept")


def _notifications(_around: Settings) -> Check:
    if is_installed():
        return Check("notifications", "ok", f"Apprise {version('apprise')}")
    return Check("notifications", "ok", f"{MISSING}: needed by `notify:` in pipeline files alone; {INSTALL}")


def _uv(_around: Settings) -> Check:
    command = uv_command()
    if command is None:
        return Check("uv", "ok", f"not installed: needed by nodes that ask for packages alone; {INSTALL_UV}")
    return Check("uv", "ok", command)


def _schedules(around: Settings) -> Check:
    if not any(around.schedules.glob("*.entry.json")):
        return Check("schedules", "ok", "none")
    from dagbook.api.schedules import scheduler_state, schedules

    found, scheduler = schedules(around.project), scheduler_state(around.project)
    following = sorted((entry["next"], entry["schedule"]) for entry in found if entry["next"])
    said = f"{len(found)} kept" + (
        f"; next: {following[0][1]} at {following[0][0][:16]} UTC" if following else ""
    )
    if not scheduler["running"]:
        return Check(
            "schedules", "warning", f"{said}; nobody fires them", "`dagbook scheduler`, or start JupyterLab"
        )
    if wrong := [f"{entry['schedule']}: {entry['problem']}" for entry in found if entry["problem"]]:
        return Check("schedules", "warning", f"{said}; {wrong[0]}", "correct it; the next firing tries again")
    return Check("schedules", "ok", f"{said}; fired by {scheduler['holder']}")


def _panel() -> Check:
    """Whether JupyterLab will find the front end, without starting it."""
    try:
        from jupyter_core.paths import jupyter_path
    except ImportError:
        return Check("panel", "warning", "jupyter_core is not installed", "pip install 'dagbook[lab]'")
    for folder in jupyter_path("labextensions"):
        package = Path(folder) / "dagbook" / "package.json"
        if package.exists():
            built = json.loads(package.read_text("utf-8")).get("version", "?")
            return Check("panel", "ok", f"version {built} in {os.path.relpath(package.parent)}")
    return Check(
        "panel", "warning", "JupyterLab will not find the panel", "pip install --force-reinstall dagbook"
    )
