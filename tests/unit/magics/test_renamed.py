"""A notebook that was renamed after its kernel had started is found by its server's word."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from dagbook.magics import renamed as module
from dagbook.magics.place import notebook_path
from dagbook.magics.renamed import kernel_id

KERNEL = "0f0e0d0c-0000-4000-8000-0123456789ab"


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[dict[str, Any]]]:
    """A server with these sessions, written down where Jupyter's servers are; in its root we are."""
    sessions: list[dict[str, Any]] = []

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            allowed = self.headers["Authorization"] == "token secret"
            body = json.dumps(sessions if allowed else {"message": "Forbidden"}).encode()
            self.send_response(200 if allowed else 403)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Silent."""

    listening = HTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=listening.serve_forever, daemon=True).start()
    runtime, root = tmp_path / "runtime", tmp_path / "root"
    runtime.mkdir()
    root.mkdir()
    about = {"url": f"http://127.0.0.1:{listening.server_port}/", "token": "secret", "root_dir": str(root)}
    (runtime / "jpserver-1.json").write_text(json.dumps(about))
    (runtime / "jpserver-0.json").write_text('{"url": "http://127.0.0.1:9/"}')  # one that is gone
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(runtime))
    monkeypatch.setattr(sys, "argv", ["ipykernel_launcher", "-f", f"/run/kernel-{KERNEL}.json"])
    monkeypatch.setattr(module, "_found", {})
    monkeypatch.chdir(root)
    yield sessions
    listening.shutdown()
    listening.server_close()


def test_the_present_name_counts(server: list[dict[str, Any]]):
    Path("prepare.ipynb").touch()
    server.append({"path": "other.ipynb", "kernel": {"id": "another"}})
    server.append({"path": "prepare.ipynb", "kernel": {"id": KERNEL}})

    assert notebook_path({"JPY_SESSION_NAME": "Untitled.ipynb"}) == Path("prepare.ipynb").resolve()


def test_a_notebook_that_is_there_is_asked_nobody_about(server: list[dict[str, Any]]):
    Path("n.ipynb").touch()
    server.append({"path": "prepare.ipynb", "kernel": {"id": KERNEL}})
    assert notebook_path({"JPY_SESSION_NAME": "n.ipynb"}) == Path("n.ipynb").resolve()


@pytest.mark.parametrize("path", ["gone.ipynb", None])
def test_where_nobody_knows_it_is_as_it_was_told(server: list[dict[str, Any]], path: str | None):
    server.append({"path": path, "kernel": {"id": KERNEL}})
    assert notebook_path({"JPY_SESSION_NAME": "Untitled.ipynb"}) == Path("Untitled.ipynb").resolve()


def test_a_process_that_no_server_started_has_no_id():
    assert kernel_id(["python", "-f", "kernel.json"]) == ""
