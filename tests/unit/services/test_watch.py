"""Watching a server, asking it, and what is written of it. The server here is a small one of Python's own."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from dagbook.services.ask import NoAnswer, ask, free_port, is_healthy, port_problem
from dagbook.services.folder import (
    Service,
    all_services,
    is_watched,
    read_service,
    service_id,
    watching,
    write_service,
)
from dagbook.services.watch import Served, Watch

SERVER = """
import http.server, socketserver, sys
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers()
    def do_POST(self):
        size = int(self.headers["Content-Length"])
        said = self.rfile.read(size)
        self.send_response(200); self.end_headers(); self.wfile.write(said[::-1])
        if said == b"die":
            import os; os._exit(7)
    def address_string(self):
        return "x"
class Local(socketserver.UnixStreamServer):
    pass
address = sys.argv[1]
if address.startswith("unix:"):
    Local(address[5:], Answer).serve_forever()
host, _, port = address.rpartition(":")
http.server.HTTPServer((host, int(port)), Answer).serve_forever()
"""


class Small(Watch):
    """Watches our small server in place of MLflow's."""

    code = SERVER

    def _start(self) -> None:
        import subprocess

        Path(self._served.address.removeprefix("unix:")).unlink(missing_ok=True)
        with self._served.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-c", self.code, self._served.address], stdout=log, stderr=log
            )


class Broken(Small):
    code = "print('no such flavor'); raise SystemExit(3)"


def watched(kind: type[Watch], tmp_path: Path, address: str, then: Any) -> list[tuple[str, int, str]]:
    told: list[tuple[str, int, str]] = []
    done: list[bool] = []

    def tell(state: str, restarts: int, why: str) -> None:
        told.append((state, restarts, why))
        if state == "ready" and then(restarts):
            done.append(True)

    kind(Served(model=tmp_path, address=address, log=tmp_path / "log"), tell, lambda: bool(done)).run()
    return told


def test_a_server_is_started_asked_and_ended(tmp_path: Path):
    address = f"unix:{tmp_path}/s"

    def then(_restarts: int) -> bool:
        assert ask(address, "/invocations", b"abc").body == b"cba"
        return True

    told = watched(Small, tmp_path, address, then)
    assert [state for state, _, _ in told] == ["starting", "ready", "stopped"]
    assert not is_healthy(address, 1)


def test_a_server_that_dies_is_started_again(tmp_path: Path):
    address = f"127.0.0.1:{free_port('127.0.0.1')}"

    def then(restarts: int) -> bool:
        if restarts == 0:
            ask(address, "/invocations", b"die")
        return restarts == 1

    told = watched(Small, tmp_path, address, then)
    assert [state for state, _, _ in told] == ["starting", "ready", "restarting", "ready", "stopped"]
    assert "code 7" in told[2][2]


def test_a_server_that_never_was_ready_is_not_tried_again(tmp_path: Path):
    told = watched(Broken, tmp_path, f"unix:{tmp_path}/s", lambda _: True)
    assert [state for state, _, _ in told] == ["starting", "failed"]
    assert "no such flavor" in told[-1][2]


def test_nobody_at_an_address_is_said(tmp_path: Path):
    with pytest.raises(NoAnswer):
        ask(f"unix:{tmp_path}/none", "/ping")


def test_a_port_that_is_taken_is_a_problem():
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert port_problem("127.0.0.1", taken.getsockname()[1])
    assert port_problem("127.0.0.1", 0) is None


def test_what_is_known_of_a_service(tmp_path: Path):
    assert service_id("churn@champion") != service_id("churn/champion")
    folder = tmp_path / "a"
    service = Service(
        service="a", model="churn", name="churn", version=1, state="ready", address="x", warnings=("w",)
    )
    with watching(folder) as mine, watching(folder) as second:
        assert (mine, second, is_watched(folder)) == (True, False, True)
        write_service(folder, service)
        assert read_service(folder) == service
    (found,) = all_services(tmp_path)
    assert found.state == "lost"
    assert "address" not in found.to_json()
    assert read_service(tmp_path / "none") is None
