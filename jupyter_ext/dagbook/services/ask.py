"""One HTTP request to a service, at a port or at a local socket."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

UNIX: Final = "unix:"


class NoAnswer(Exception):  # a condition, not a fault of ours
    """Nobody answers at the address, or not in time; the message says why."""


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What was answered."""

    status: int
    body: bytes
    kind: str


def ask(
    address: str,
    path: str,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    seconds: float = 5.0,
) -> Reply:
    """GET the path, or POST the body to it.

    Raises:
        NoAnswer: as it says.
    """
    connection = _connection(address, seconds)
    try:
        connection.request("GET" if body is None else "POST", path, body, dict(headers or {}))
        reply = connection.getresponse()
        return Reply(status=reply.status, body=reply.read(), kind=reply.getheader("Content-Type") or "")
    except TimeoutError as error:
        raise NoAnswer(f"no answer within {seconds:g} s") from error
    except (OSError, http.client.HTTPException) as error:
        raise NoAnswer(str(error) or type(error).__name__) from error
    finally:
        connection.close()


def is_healthy(address: str, seconds: float = 5.0) -> bool:
    """Whether the model is loaded and answers."""
    try:
        return ask(address, "/ping", seconds=seconds).status == http.client.OK
    except NoAnswer:
        return False


def port_problem(host: str, port: int) -> str | None:
    """Why nobody can listen there; None when one can."""
    try:
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind((host, port))
    except (OSError, OverflowError) as error:
        return getattr(error, "strerror", None) or str(error)
    return None


def free_port(host: str) -> int:
    """A port that nobody listens at just now."""
    with socket.socket() as trial:
        trial.bind((host, 0))
        return int(trial.getsockname()[1])


def _connection(address: str, seconds: float) -> http.client.HTTPConnection:
    if address.startswith(UNIX):
        return _LocalConnection(address.removeprefix(UNIX), seconds)
    host, _, port = address.rpartition(":")
    return http.client.HTTPConnection(host, int(port), timeout=seconds)


class _LocalConnection(http.client.HTTPConnection):
    """HTTP over a local socket."""

    def __init__(self, path: str, seconds: float) -> None:
        super().__init__("localhost", timeout=seconds)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)
