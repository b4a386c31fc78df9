"""The Argo server's REST API, as far as we use it. Each request ends within a time of its own.

Hera's own client waits for ever, and cannot read what the server streams; hence `requests`, as in it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote, urlsplit

import requests
from pydantic import ValidationError

from dagbook.engine.submission import SubmittedAway, SubmittedGone
from dagbook.errors import EnvironmentFault, Finding, InvalidInput
from dagbook.submitters.argo.status import Workflow

_CONNECT: Final = 5.0
_ANSWER: Final = 30.0
_QUIET: Final = 60.0
"""Seconds in which a stream may say nothing until it is asked anew."""
_MOST_SAID: Final = 500
_DENIED: Final = frozenset({401, 403})


class Clash(Exception):
    """There is a workflow of that name."""


@dataclass(frozen=True, kw_only=True)
class Access:
    """Where the server is and who asks. `url` has a scheme and no slash at its end."""

    url: str
    namespace: str
    token: str = field(default="", repr=False)
    verify: bool = True


def server_url(text: str, *, secure: bool) -> str:
    """`host:port` or a URL, as a URL.

    Raises:
        InvalidInput: it is neither, or holds a password.
    """
    if not text:
        raise InvalidInput(
            Finding(
                code="argo-server", message="of which Argo server, nothing is said",
                remedy="add --server URL, or set DAGBOOK_ARGO_SERVER or ARGO_SERVER",
            )
        )  # fmt: skip
    url = text if "://" in text else f"{'https' if secure else 'http'}://{text}"
    try:
        parts = urlsplit(url)
        sound = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
        sound = sound and not (parts.query or parts.fragment or " " in url)
    except ValueError:
        sound = False
    if not sound or parts.username is not None or parts.password is not None:
        shown = text.rpartition("@")[2]  # what stands before it is nobody's business
        raise InvalidInput(
            Finding(
                code="argo-server", message=f"{shown!r:.80} is no address of an Argo server",
                remedy="give https://HOST:2746 or HOST:PORT, and say who you are by ARGO_TOKEN",
            )
        )  # fmt: skip
    return url.rstrip("/")


class ArgoServer:
    """One namespace of an Argo server.

    Every method raises SubmittedAway when the server does not answer or is out of order, and EnvironmentFault
    when it does not let us in, or is no Argo server.
    """

    def __init__(self, access: Access) -> None:
        if not (access.token.isascii() and access.token.isprintable()):
            raise EnvironmentFault(
                Finding(
                    code="argo-denied", message="ARGO_TOKEN holds letters or lines that no token has",
                    remedy="set it to the token alone, with or without `Bearer` before it",
                )
            )  # fmt: skip
        self._access = access

    def create(self, manifest: Mapping[str, Any]) -> Workflow:
        """Make a workflow.

        Raises:
            InvalidInput: the server refuses it, or has no such namespace.
            Clash: there is one of that name.
        """
        answer = self._ask("POST", "", {"workflow": manifest})
        if answer.status_code == requests.codes.conflict:
            raise Clash
        if answer.status_code == requests.codes.not_found:
            if not _is_json(answer):
                raise self._nonsense("it has nothing there")
            raise self._no_namespace(_said(answer))
        if not answer.ok:
            raise InvalidInput(
                Finding(
                    code="argo-refused", message=f"the Argo server refuses the workflow: {_said(answer)}",
                    remedy="correct what it names, or ask who keeps the cluster",
                )
            )  # fmt: skip
        return self._workflow(answer)

    def get(self, name: str) -> Workflow:
        """A workflow. Raises SubmittedGone when there is none of that name."""
        return self._workflow(self._found(self._ask("GET", f"/{name}")))

    def put(self, name: str, verb: str) -> Workflow:
        """`stop` or `retry` a workflow.

        Raises:
            SubmittedGone: there is none of that name.
            InvalidInput: the server refuses it.
        """
        body = {"name": name, "namespace": self._access.namespace}
        answer = self._found(self._ask("PUT", f"/{name}/{verb}", body))
        if not answer.ok:
            raise InvalidInput(
                Finding(
                    code="argo-refused", message=f"the Argo server does not {verb} {name}: {_said(answer)}",
                    remedy="look at the workflow in Argo's own screens",
                )
            )  # fmt: skip
        return self._workflow(answer)

    def watch(self, name: str) -> Iterator[Workflow]:
        """The workflow whenever it changes, until the server ends the stream or is quiet for a while.

        Raises:
            SubmittedGone: it was deleted.
        """
        params = {"listOptions.fieldSelector": f"metadata.name={name}"}
        for result in self._stream(self._url("workflow-events"), params):
            if result.get("type") == "DELETED":
                raise SubmittedGone
            seen = result.get("object")
            if isinstance(seen, dict) and seen.get("metadata", {}).get("name") == name:
                yield self._as_workflow(seen)

    def log(self, name: str, pod: str) -> Iterator[str]:
        """The lines of a pod's main container, from the first, as they come."""
        params = {"podName": pod, "logOptions.container": "main", "logOptions.follow": "true"}
        for result in self._stream(f"{self._url('workflows')}/{quote(name)}/log", params):
            yield str(result.get("content", ""))

    def _ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> requests.Response:
        url = self._url("workflows") + quote(path)
        answer = self._send(method, url, json=body, timeout=(_CONNECT, _ANSWER))
        self._require_let_in(answer)
        return answer

    def _send(self, method: str, url: str, **options: Any) -> requests.Response:
        try:
            return requests.request(  # noqa: S113  # whoever calls us says how long
                # A redirect leads to a page for people, and must not be shown the token.
                method, url, auth=self._sign, verify=self._access.verify, allow_redirects=False, **options
            )  # fmt: skip
        except requests.RequestException as error:
            raise SubmittedAway(_why(error)) from error

    def _sign(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """By our token, or not at all; a `.netrc` is asked nothing."""
        if token := self._access.token:
            request.headers["Authorization"] = token if " " in token.strip() else f"Bearer {token}"
        return request

    def _stream(self, url: str, params: Mapping[str, str]) -> Iterator[dict[str, Any]]:
        # As Argo's own clients ask; lines of JSON without `data:` are understood as well.
        wanted = {"Accept": "text/event-stream"}
        answer = self._send(
            "GET", url, params=params, headers=wanted, stream=True, timeout=(_CONNECT, _QUIET)
        )
        with closing(answer):
            self._require_let_in(answer)
            self._found(answer)
            try:
                for line in answer.iter_lines(_piece(answer)):
                    if found := self._result(line.removeprefix(b"data:").strip()):
                        yield found
            except requests.RequestException as error:
                if "Read timed out" in str(error):
                    return  # quiet, which is no fault
                raise SubmittedAway(_why(error)) from error

    def _result(self, line: bytes) -> dict[str, Any] | None:
        if not line:
            return None
        try:
            content = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise SubmittedAway("its stream broke off within a line") from error
        if isinstance(content, dict) and isinstance(fault := content.get("error"), dict):
            raise SubmittedAway(str(fault.get("message", "its stream ended with an error"))[:_MOST_SAID])
        result = content.get("result") if isinstance(content, dict) else None
        return result if isinstance(result, dict) else None

    def _url(self, kind: str) -> str:
        return f"{self._access.url}/api/v1/{kind}/{quote(self._access.namespace, safe='')}"

    def _require_let_in(self, answer: requests.Response) -> None:
        code = answer.status_code
        if code in _DENIED:
            who = "the token" if self._access.token else "somebody without a token"
            raise EnvironmentFault(
                Finding(
                    code="argo-denied",
                    message=f"the Argo server at {self._access.url} does not let in {who} ({code}): "
                    f"{_said(answer)}",
                    remedy=f"set ARGO_TOKEN to one that may use the namespace '{self._access.namespace}'",
                )
            )
        if code == requests.codes.too_many_requests or code >= requests.codes.server_error:
            raise SubmittedAway(f"it answers {code}: {_said(answer)}")
        if requests.codes.multiple_choices <= code < requests.codes.bad_request:
            raise self._nonsense(f"it sends us elsewhere ({code})")

    def _found(self, answer: requests.Response) -> requests.Response:
        if answer.status_code == requests.codes.not_found:
            raise SubmittedGone
        return answer

    def _workflow(self, answer: requests.Response) -> Workflow:
        try:
            content = answer.json()
        except (ValueError, RecursionError) as error:
            raise self._nonsense("what it answers is no JSON") from error
        return self._as_workflow(content)

    def _as_workflow(self, content: Any) -> Workflow:
        try:
            return Workflow.model_validate(content)
        except ValidationError as error:
            place = ".".join(map(str, error.errors()[0]["loc"]))
            raise self._nonsense(f"what it answers is no workflow ({place or 'all of it'})") from error

    def _nonsense(self, why: str) -> EnvironmentFault:
        return EnvironmentFault(
            Finding(
                code="argo-nonsense", message=f"{self._access.url} is no Argo server: {why}",
                remedy="check --server or DAGBOOK_ARGO_SERVER; a path before /api/v1 belongs to it",
            )
        )  # fmt: skip

    def _no_namespace(self, said: str) -> InvalidInput:
        return InvalidInput(
            Finding(
                code="argo-namespace",
                message=f"the Argo server has no namespace '{self._access.namespace}': {said}",
                remedy="name another by --namespace or ARGO_NAMESPACE",
            )
        )


def _piece(answer: requests.Response) -> int | None:
    """How much of a stream to wait for: what comes at a time; byte by byte where it is not sent in chunks."""
    return None if "chunked" in answer.headers.get("Transfer-Encoding", "").casefold() else 1


def _said(answer: requests.Response) -> str:
    """The server's own words."""
    try:
        content = answer.json()
        said = content["message"] if isinstance(content, dict) and "message" in content else answer.text
    except (ValueError, RecursionError):
        said = answer.text
    return " ".join(str(said).split())[:_MOST_SAID] or "nothing more is said"


def _is_json(answer: requests.Response) -> bool:
    try:
        answer.json()
    except (ValueError, RecursionError):
        return False
    return True


def _why(error: requests.RequestException) -> str:
    """In few words, and none of our own secrets: requests says a whole stack of them."""
    if isinstance(error, requests.exceptions.SSLError):
        return "its certificate does not fit (ARGO_INSECURE_SKIP_VERIFY=true trusts it all the same)"
    if isinstance(error, requests.Timeout):
        return "no answer in time"
    if isinstance(error, requests.ConnectionError):
        return "nothing answers there"
    return type(error).__name__
