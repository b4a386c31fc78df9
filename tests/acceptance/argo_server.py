"""A small Argo server: the documented REST API over an `ArgoController`. Faults can be put in its way."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.acceptance.argo_controller import ArgoController, PodCluster

TOKEN = "s3cret-t0ken"


@dataclass
class Faults:
    """What goes wrong: `answers` are given instead of the true ones, the first first, while there are any."""

    answers: list[tuple[int, str]] = field(default_factory=list)
    drop_watch_after: int | None = None
    is_down: bool = False
    lose_answer_of_create: bool = False
    refuse: str = ""


class ArgoServer:
    """The HTTP side."""

    def __init__(self, controller: ArgoController) -> None:
        self.controller = controller
        self.faults = Faults()
        self.asked: list[str] = []
        made = self

        class Handler(_Handler):
            server_of = made

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_port}"
        threading.Thread(target=self._http.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()


class _Handler(BaseHTTPRequestHandler):
    server_of: ArgoServer
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None:
        pass

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def do_PUT(self) -> None:
        self._answer()

    def _answer(self) -> None:
        server = self.server_of
        server.asked.append(f"{self.command} {self.path}")
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length) or "null")
        if server.faults.is_down:
            self.close_connection = True
            return
        if server.faults.answers:
            self._send(*server.faults.answers.pop(0))
            return
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            self._fail(401, 16, "token not valid. see https://argo-workflows.readthedocs.io/en/latest/faq/")
            return
        parts = urlsplit(self.path)
        kind, namespace, *rest = [unquote(part) for part in parts.path.removeprefix("/api/v1/").split("/")]
        if namespace == "forbidden":
            self._fail(403, 7, 'workflows.argoproj.io is forbidden: User "u" cannot create resource')
            return
        if namespace != "argo":
            self._fail(404, 5, f'namespaces "{namespace}" not found')
            return
        self._route(kind, rest, body, {key: value[0] for key, value in parse_qs(parts.query).items()})

    def _route(self, kind: str, rest: list[str], body: Any, query: dict[str, str]) -> None:
        if kind == "workflow-events":
            self._stream(self._events(query["listOptions.fieldSelector"].removeprefix("metadata.name=")))
        elif self.command == "POST" and not rest:
            self._create(body["workflow"])
        else:
            self._one(rest[0], "/".join(rest[1:]), query)

    def _create(self, document: Any) -> None:
        controller, faults = self.server_of.controller, self.server_of.faults
        name = document["metadata"]["name"]
        if faults.refuse:
            self._fail(400, 3, faults.refuse)
        elif name in controller.workflows:
            self._fail(409, 6, f'workflows.argoproj.io "{name}" already exists')
        else:
            made = json.dumps(controller.create(document))
            if faults.lose_answer_of_create:
                self.close_connection = True
            else:
                self._send(200, made)

    def _one(self, name: str, verb: str, query: dict[str, str]) -> None:
        controller = self.server_of.controller
        if name not in controller.workflows:
            self._fail(404, 5, f'workflows.argoproj.io "{name}" not found')
        elif verb == "log":
            self._stream(self._lines(query["podName"]))
        elif verb == "stop":
            self._send(200, json.dumps(controller.stop(name)))
        elif verb == "retry":
            if controller.workflows[name]["status"]["phase"] not in {"Failed", "Error"}:
                self._fail(400, 3, "Workflow must be Failed/Error to retry")
                return
            self._send(200, json.dumps(controller.retry(name)))
        elif not verb and self.command == "GET":
            with controller.changed:
                content = json.dumps(controller.workflows[name])
            self._send(200, content)
        else:
            self._fail(501, 12, "not implemented here")

    def _events(self, name: str) -> Iterator[dict[str, Any]]:
        controller = self.server_of.controller
        seen, sent = "", 0
        while not self.server_of.faults.is_down:
            with controller.changed:
                document = controller.workflows.get(name)
                if document is not None and document["metadata"]["resourceVersion"] == seen:
                    controller.changed.wait(0.5)
                    continue
                text = None if document is None else json.dumps(document)
            if text is None:
                yield {"type": "DELETED", "object": {"metadata": {"name": name}}}
                return
            seen = json.loads(text)["metadata"]["resourceVersion"]
            yield {"type": "MODIFIED" if sent else "ADDED", "object": json.loads(text)}
            sent += 1
            drop = self.server_of.faults.drop_watch_after
            if drop is not None and sent >= drop:
                return

    def _lines(self, pod: str) -> Iterator[dict[str, Any]]:
        controller, number = self.server_of.controller, 0
        while True:
            over = controller.is_over(pod)
            lines = controller.logs.get(pod, [])
            while number < len(lines):
                yield {"content": lines[number], "podName": pod}
                number += 1
            if over or self.server_of.faults.is_down:
                return
            time.sleep(0.05)

    def _stream(self, results: Iterator[dict[str, Any]]) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.close_connection = True
        try:
            for result in results:
                if self.server_of.faults.is_down:
                    return
                # The log is sent as plain lines: a proxy may have taken the header away.
                line = f"{json.dumps({'result': result})}\n".encode()
                if self.headers["Accept"] == "text/event-stream" and "/log" not in self.path:
                    line = b"data: %s\n" % line
                self.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))
                self.wfile.flush()
            self.wfile.write(b"0\r\n\r\n")
        except OSError:
            pass  # whoever listened is gone

    def _fail(self, status: int, code: int, message: str) -> None:
        self._send(status, json.dumps({"code": code, "message": message}))

    def _send(self, status: int, text: str) -> None:
        content = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@contextmanager
def argo_server(cluster: PodCluster) -> Iterator[ArgoServer]:
    """A server over the cluster, on a port of its own."""
    server = ArgoServer(ArgoController(cluster))
    try:
        yield server
    finally:
        cluster.stop()
        server.close()
