"""Servers that the benchmarks start and ask: Jupyter's and others, each in its own process group."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_TOKEN = uuid.uuid4().hex
_PATIENCE = 180


def jupyter(module: str, folder: Path, port: int) -> list[str]:
    """The command of a Jupyter server; its last word says which extensions are on."""
    return [
        sys.executable, "-m", module, "--no-browser", "--ip=127.0.0.1", f"--port={port}", "--allow-root",
        f"--IdentityProvider.token={_TOKEN}", f"--ServerApp.root_dir={folder}",
        "--ServerApp.jpserver_extensions={'dagbook': True}",
    ]  # fmt: skip


@contextmanager
def server(command: list[str], folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The command in a process group of its own, with none of our settings; killed in the end."""
    settings = {
        name: value for name, value in os.environ.items() if not name.startswith(("MLFLOW_", "DAGBOOK_"))
    }
    home = folder / "home"
    settings |= {"JUPYTER_RUNTIME_DIR": str(home), "JUPYTERLAB_SETTINGS_DIR": str(home)}
    process = subprocess.Popen(
        command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=settings,
        start_new_session=True,
    )  # fmt: skip
    try:
        yield process
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def answer(url: str, body: dict[str, object] | None = None) -> bytes:
    """What the server says, once it is up."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"Authorization": f"token {_TOKEN}", "Content-Type": "application/json"}
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            request = urllib.request.Request(url, data, headers)
            with urllib.request.urlopen(request, timeout=_PATIENCE) as response:
                return bytes(response.read())
        except urllib.error.HTTPError:
            raise
        except (urllib.error.URLError, ConnectionError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
