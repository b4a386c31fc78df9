"""A real kernel that runs cells one by one as JupyterLab does: with the notebook's path and ids of cells."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import re
import secrets
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from jupyter_client.manager import KernelManager

from tests.acceptance.project import wait_until


@dataclass
class Shown:
    """What a cell left: its text, its rich outputs, the error's name and traceback."""

    status: str = "ok"
    text: str = ""
    rich: list[dict[str, Any]] = field(default_factory=list)
    error: str = ""
    traceback: str = ""


class LiveKernel:
    """One kernel in `folder`, as of the notebook `folder/name`."""

    def __init__(self, folder: Path, env: Mapping[str, str], name: str = "study.ipynb") -> None:
        self._manager = KernelManager(kernel_name="python3")
        whole = {**os.environ, **env, "JPY_SESSION_NAME": str(folder / name)}
        self._manager.start_kernel(cwd=str(folder), env=whole)
        self._client = self._manager.client()
        self._client.start_channels()
        self._client.wait_for_ready(timeout=60)
        self._count = 0

    @property
    def pid(self) -> int:
        return int(self._manager.provisioner.pid)

    def send(self, source: str, cell: str | None = None) -> str:
        """Begin a cell."""
        self._count += 1
        content = {
            "code": source, "silent": False, "store_history": True, "user_expressions": {},
            "allow_stdin": False, "stop_on_error": True,
        }  # fmt: skip
        metadata = {"cellId": cell or f"cell-{self._count}"}
        message = self._client.session.msg("execute_request", content, metadata=metadata)
        self._client.shell_channel.send(message)
        return str(message["header"]["msg_id"])

    def run(self, source: str, cell: str | None = None, timeout: float = 120) -> Shown:
        """A cell from its beginning to its end."""
        return self.answer(self.send(source, cell), timeout)

    def answer(self, asked: str, timeout: float = 120) -> Shown:
        """What the cell left, once it is over."""
        shown = Shown()
        deadline = time.monotonic() + timeout
        while True:
            message = self._client.get_iopub_msg(timeout=max(0.1, deadline - time.monotonic()))
            if message["parent_header"].get("msg_id") != asked:
                continue
            kind, content = message["msg_type"], message["content"]
            if kind == "status" and content["execution_state"] == "idle":
                break
            if kind == "stream":
                shown.text += content["text"]
            elif kind in {"display_data", "execute_result"}:
                shown.rich.append(content["data"])
                shown.text += content["data"].get("text/plain", "") + "\n"
            elif kind == "error":
                shown.status, shown.error = "error", content["ename"]
                shown.traceback = "\n".join(content["traceback"])
        return shown

    def complete(self, text: str) -> tuple[list[str], str]:
        """What is offered behind the text, and the part of it that an offer replaces."""
        content = self._client.complete(text, reply=True, timeout=60)["content"]
        return content["matches"], text[content["cursor_start"] : content["cursor_end"]]

    def page(self, source: str) -> str:
        """The help that a front end is told to show, without colours."""
        content = self._client.execute(source, reply=True, timeout=60)["content"]
        (page,) = [part for part in content["payload"] if part["source"] == "page"]
        return re.sub(r"\x1b\[[\d;]*m", "", page["data"]["text/plain"])

    def interrupt(self) -> None:
        self._manager.interrupt_kernel()

    def kill(self) -> None:
        """SIGKILL, as the kernel of a crashed machine; nothing of ours can run."""
        os.kill(self.pid, 9)

    def shutdown(self) -> None:
        with contextlib.suppress(Exception):
            self._client.stop_channels()
        with contextlib.suppress(Exception):
            self._manager.shutdown_kernel(now=False)


class Store:
    """What MLflow's own client says about a store."""

    def __init__(self, uri: str) -> None:
        logging.getLogger("mlflow").setLevel(logging.ERROR)
        from mlflow import MlflowClient

        self.client = MlflowClient(tracking_uri=uri, registry_uri=uri)

    def runs(self) -> dict[str, Any]:
        """Name → run, of every experiment; of several with one name the newest."""
        experiments = [found.experiment_id for found in self.client.search_experiments()]
        found = self.client.search_runs(experiments, order_by=["attributes.start_time ASC"], max_results=500)
        return {run.info.run_name: run for run in found}

    def points(self, run: Any, metric: str) -> list[tuple[int, float]]:
        """Step and value, in the order of steps."""
        history = self.client.get_metric_history(run.info.run_id, metric)
        return sorted((point.step, point.value) for point in history)

    def files(self, run: Any, folder: str | None = None) -> list[str]:
        """Paths of all artifacts."""
        found = []
        for entry in self.client.list_artifacts(run.info.run_id, folder):
            found += self.files(run, entry.path) if entry.is_dir else [entry.path]
        return sorted(found)

    def text(self, run: Any, path: str) -> str:
        """The content of an artifact."""
        return Path(self.client.download_artifacts(run.info.run_id, path)).read_text("utf-8")


def closed(path: Path) -> bool:
    """Whether every run in an SQLite store has ended. Quicker than MLflow's client, for waiting."""
    with contextlib.closing(sqlite3.connect(path, timeout=20)) as database:
        states = {state for (state,) in database.execute("select status from runs")}
    return bool(states) and "RUNNING" not in states


def no_senders(project: Path, seconds: float = 60) -> None:
    """Wait until no sender of the project runs: they end by themselves once their kernels have."""
    from dagbook.engine.sending import holder

    wait_until(lambda: holder(project / ".dagbook" / "outbox") is None, seconds)


@contextlib.contextmanager
def mlflow_server(folder: Path, port: int, env: Mapping[str, str]) -> Iterator[str]:
    """A real tracking server."""
    command = [
        sys.executable, "-m", "mlflow", "server", "--port", str(port), "--workers", "1",
        "--backend-store-uri", f"sqlite:///{folder}/server.db",
        "--artifacts-destination", str(folder / "served"),
    ]  # fmt: skip
    whole = {**os.environ, **env, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen(command, env=whole, stdout=log, stderr=log, start_new_session=True)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(server.pid, 15)
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(20)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(server.pid, 9)


def listens(url: str) -> bool:
    """Whether somebody takes connections there."""
    where = urlsplit(url)
    with socket.socket() as one:
        return one.connect_ex((where.hostname or "", where.port or 80)) == 0


@contextlib.contextmanager
def jupyter_server(folder: Path, env: Mapping[str, str]) -> Iterator[Callable[[str], bytes]]:
    """A real Jupyter server with our extension and `folder` as its root; gives what fetches a path."""
    token = secrets.token_hex(16)
    runtime = folder.parent / f"runtime-{token[:8]}"
    command = [
        sys.executable, "-m", "jupyter_server", "--no-browser", "--ip=127.0.0.1", "--port=0", "--allow-root",
        f"--IdentityProvider.token={token}", f"--ServerApp.root_dir={folder}",
        "--ServerApp.jpserver_extensions={'dagbook': True}",
    ]  # fmt: skip
    whole = {**os.environ, **env, "JUPYTER_RUNTIME_DIR": str(runtime)}
    with (folder.parent / "jupyter.log").open("wb") as log:
        server = subprocess.Popen(
            command, env=whole, stdout=log, stderr=log, cwd=folder, start_new_session=True
        )

    def url() -> str:
        assert server.poll() is None, (folder.parent / "jupyter.log").read_text()
        for info in runtime.glob("jpserver-*.json"):
            with contextlib.suppress(ValueError):  # half written
                return str(json.loads(info.read_text())["url"])
        return ""

    def fetch(path: str) -> bytes:
        asked = Request(f"{where}{path}", headers={"Authorization": f"token {token}"})
        with urlopen(asked, timeout=30) as reply:
            return bytes(reply.read())

    try:
        where = wait_until(url, 60)
        # It writes its address down before it listens.
        wait_until(lambda: url() and listens(where), 60)
        yield fetch
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(server.pid, 15)
        server.wait(20)
