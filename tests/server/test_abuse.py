"""What people with bad intentions send to the server: they get words, and nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Iterator
from itertools import product
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from tornado.httpclient import HTTPClientError, HTTPRequest
from tornado.routing import PathMatches, Router
from tornado.websocket import WebSocketHandler, websocket_connect

from dagbook.server.handlers import DagbookHandler

RUN = "20261122-194502-ab12cd"
VERBS = ("GET", "POST", "PUT", "PATCH", "DELETE")
FIELDS = ("path", "texts", "sweep", "run", "step", "name", "text", "alias", "tags", "cron")
BODIES = {
    "nothing": b"",
    "no JSON": b"{",
    "no text": b"\xff\xfe\x00",
    "too deep": b"[" * 100_000,
    "deep objects": b'{"path":' * 5_000 + b"1" + b"}" * 5_000,
    "a list": b"[]",
    "null": b"null",
    "not a number": b'{"path": NaN}',
    "wrong types": json.dumps(dict.fromkeys(FIELDS, 5)).encode(),
    "lists": json.dumps({name: [[]] for name in FIELDS}).encode(),
    "unknown fields": b'{"__proto__": {"x": 1}, "constructor": 1}',
    "half of a character": b'{"path": "\\ud800", "name": "\\ud800", "text": "\\ud800"}',
    "a long text": json.dumps({"path": "x" * 2_000_000}).encode(),
    "NUL": b'{"path": "a\\u0000b", "name": "a\\u0000b"}',
}
SECRET = '{"cells": [], "metadata": {"secret": "s3cr3t"}, "nbformat": 4, "nbformat_minor": 5}'
LEADING_OUT = (
    "../../etc/passwd",
    "/etc/passwd",
    "..%2f..%2fetc%2fpasswd",
    "%2e%2e/%2e%2e/etc/passwd",
    "a/../../../etc/passwd",
    "a\0.ipynb",
    "~root/x.ipynb",
    ".dagbook/mlflow.db",
    "link/secret.ipynb",
    "/dev/zero",
)


def ours(app: Any) -> Iterator[tuple[str, type]]:
    """Pattern and handler of every route that the extension added."""
    routers = [app.web_app.default_router]
    while routers:
        for rule in routers.pop().rules:
            if isinstance(rule.target, Router):
                routers.append(rule.target)
            elif isinstance(rule.matcher, PathMatches) and "dagbook/" in rule.matcher.regex.pattern:
                yield rule.matcher.regex.pattern, rule.target


def example(pattern: str) -> str:
    """A path that the pattern takes."""
    path = pattern.removesuffix("$").replace("(?:/.*)?", "/elsewhere")
    return re.sub(r"\((?!\?).*?\)", RUN, path).replace("\\", "")


@pytest.fixture
def paths(jp_serverapp: Any) -> list[str]:
    """One path for every route."""
    found = [example(pattern) for pattern, _ in ours(jp_serverapp)]
    assert len(found) > 30
    return found


Ask = Callable[..., Awaitable[Any]]


@pytest.fixture
def ask(http_server_client: Any) -> Ask:
    """Sends a request and gives the answer, whatever its status."""

    async def asked(path: str, verb: str, headers: dict[str, str], body: bytes | None = None) -> Any:
        if body is None and verb in {"POST", "PUT", "PATCH"}:
            body = b"{}"
        try:
            return await http_server_client.fetch(
                path, method=verb, headers=headers, body=body, follow_redirects=False,
                allow_nonstandard_methods=True, request_timeout=60,
            )  # fmt: skip
        except HTTPClientError as error:
            return error.response

    return asked


def is_refusal(response: Any) -> bool:
    """Words for a program, and neither a traceback nor a path of this machine."""
    said = json.loads(response.body)
    text = response.body.decode()
    return (
        {"message", "code", "remedy"} <= set(said) and "Traceback" not in text and "site-packages" not in text
    )


async def test_every_route_of_the_extension_is_closed_without_a_token(ask: Ask, paths: list[str]):
    opened = [
        (verb, path, response.code)
        for path in paths
        for verb in VERBS
        for response in [await ask(path, verb, {})]
        if response.code != 403
    ]
    assert opened == []


def test_the_extension_opens_no_socket_of_its_own(jp_serverapp: Any):
    handlers = [handler for _, handler in ours(jp_serverapp)]
    assert handlers
    assert not [handler for handler in handlers if issubclass(handler, WebSocketHandler)]
    assert all(issubclass(handler, DagbookHandler) for handler in handlers if "api" in handler.__module__)


async def test_a_cookie_alone_changes_nothing(
    ask: Ask, jp_base_url: str, paths: list[str], jp_serverapp: Any
):
    login = f"{jp_base_url}login?token={jp_serverapp.identity_provider.token}"
    logged_in = await ask(login, "GET", {})
    cookie = "; ".join(value.split(";")[0] for value in logged_in.headers.get_list("Set-Cookie"))
    without_xsrf = "; ".join(part for part in cookie.split("; ") if not part.startswith("_xsrf"))
    assert without_xsrf
    read = await ask(f"{jp_base_url}dagbook/api/runs", "GET", {"Cookie": without_xsrf})
    assert read.code == 200  # the cookie is good
    changed = [
        (verb, path, response.code)
        for path in paths
        for verb in VERBS[1:]
        for response in [await ask(path, verb, {"Cookie": without_xsrf})]
        if response.code not in {403, 404, 405}
    ]
    assert changed == []


async def test_a_foreign_host_is_refused(ask: Ask, jp_auth_header: dict[str, str], paths: list[str]):
    for path in paths:
        response = await ask(path, "GET", {**jp_auth_header, "Host": "evil.example:8888"})
        assert response.code == 403, path


async def test_a_foreign_page_hears_no_events(jp_ws_fetch: Any, http_server_port: Any, jp_base_url: str):
    url = f"ws://127.0.0.1:{http_server_port[-1]}{jp_base_url}api/events/subscribe"
    with pytest.raises(HTTPClientError) as raised:
        await websocket_connect(
            HTTPRequest(url, headers={"Origin": "https://evil.example"}, follow_redirects=False)
        )
    assert raised.value.code in {302, 403}  # to the login page, or not at all


async def test_no_body_brings_a_route_down(ask: Ask, jp_auth_header: dict[str, str], paths: list[str]):
    down = [
        (what, verb, path, response.code, response.body[:200])
        for what, body in BODIES.items()
        for path in paths
        for verb in ("POST", "PUT", "PATCH")
        for response in [await ask(path, verb, jp_auth_header, body)]
        if response.code >= 500 or (response.code >= 400 and not is_refusal(response))
    ]
    assert down == []


async def test_no_path_leads_out(
    ask: Ask, jp_auth_header: dict[str, str], paths: list[str], jp_root_dir: Path, tmp_path: Path
):
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret.ipynb").write_text(SECRET)
    (jp_root_dir / "link").symlink_to(tmp_path / "outside")
    leaks = []
    for path, route in product(LEADING_OUT, paths):
        quoted = quote(path, safe="%")
        body = {"path": path, "text": "pipeline: x\nnodes: {}\n", "notebooks": [path], "texts": {}}
        inside = route.replace(RUN, quoted)
        for asked, verb, sent in (
            (f"{inside}?path={quoted}", "GET", None),
            (inside, "POST", json.dumps(body).encode()),
        ):
            response = await ask(asked, verb, jp_auth_header, sent)
            if response.code >= 500 or b"s3cr3t" in response.body or b"root:x:0" in response.body:
                leaks.append((verb, asked, response.code, response.body[:200]))
    assert leaks == []


async def test_a_bug_tells_the_client_nothing_of_the_machine(
    ask: Ask, jp_auth_header: dict[str, str], jp_base_url: str, monkeypatch: pytest.MonkeyPatch
):
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("secret of /home/ada")

    monkeypatch.setattr("dagbook.server.projects.Projects.summaries", broken)
    response = await ask(f"{jp_base_url}dagbook/api/runs", "GET", jp_auth_header)
    assert response.code == 500
    assert is_refusal(response)
    assert b"ada" not in response.body
