"""The REST routes of the panel; see docs/reference/rest.md. Every answer is JSON, errors too."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Mapping
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import Any, Final, TypeVar

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from tornado.web import HTTPError, authenticated

from dagbook.errors import DagbookError, EnvironmentFault, Finding, InvalidInput, NotFound, QueueFull, RunBusy
from dagbook.server.projects import Projects
from dagbook.server.watch import RunWatch

PROJECTS: Final = "dagbook_projects"
WATCH: Final = "dagbook_watch"
"""Under these keys the application's settings hold what the handlers need."""

_RUN_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,80}")
_MOST_RUNS: Final = 500
_STATUS: Final = {
    NotFound: HTTPStatus.NOT_FOUND,
    InvalidInput: HTTPStatus.BAD_REQUEST,
    RunBusy: HTTPStatus.CONFLICT,
    QueueFull: HTTPStatus.TOO_MANY_REQUESTS,
    EnvironmentFault: HTTPStatus.SERVICE_UNAVAILABLE,
}
_T = TypeVar("_T")


class DagbookHandler(APIHandler):
    """What all routes share: who may ask, what a wrong question gets, and work in a thread."""

    auth_resource = "dagbook"
    # A panel that polls in the background must not keep an idle server from being shut down.
    _track_activity = False

    async def prepare(self) -> None:  # type: ignore[override]  # as APIHandler's own
        """Refuse before anything is read; the decorators on the verbs say the same once more."""
        await super().prepare()
        if self.current_user is None:
            raise HTTPError(HTTPStatus.FORBIDDEN)
        action = "read" if self.request.method in {"GET", "HEAD"} else "write"
        if not self.authorizer.is_authorized(self, self.current_user, action, self.auth_resource):
            raise HTTPError(HTTPStatus.FORBIDDEN)

    def write_error(self, status_code: int, **kwargs: object) -> None:
        """The error as `{"message", "code", "remedy"}`; what is wrong with input also as `findings`."""
        self.finish(json.dumps(_described(status_code, _raised(kwargs))))

    def log_exception(
        self,
        typ: type[BaseException] | None,
        value: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        """Wrong input is the asker's matter and is not logged; the machine's faults are, in a line."""
        if isinstance(value, InvalidInput):
            return
        if isinstance(value, DagbookError):
            self.log.warning("%s %s: %s", self.request.method, self.request.path, value)
        else:
            super().log_exception(typ, value, tb)

    def send_error(self, status_code: int = 500, **kwargs: object) -> None:
        """Our own errors have their own status."""
        super().send_error(_status_of(_raised(kwargs), status_code), **kwargs)

    @property
    def projects(self) -> Projects:
        """The projects that this server shows."""
        projects: Projects = self.settings[PROJECTS]
        return projects

    async def answer(self, read: Callable[[], _T]) -> None:
        """Send what `read` gives; it runs in a thread. Whoever asks will also want to hear of changes."""
        watch: RunWatch = self.settings[WATCH]
        watch.wanted()
        await self.finish(await asyncio.to_thread(lambda: json.dumps(read())))

    def whole_number(self, name: str, default: int, least: int, most: int | None = None) -> int:
        """The query argument `name` as a number. Raises InvalidInput."""
        text = self.get_query_argument(name, str(default))
        span = f"from {least} to {most}" if most is not None else f"of at least {least}"
        if (
            not re.fullmatch(r"[0-9]{1,15}", text)
            or int(text) < least
            or (most is not None and int(text) > most)
        ):
            raise InvalidInput(
                Finding(
                    code=f"bad-{name}",
                    message=f"'{name}' is {text[:40]!r}",
                    remedy=f"give a whole number {span}",
                )
            )
        return int(text)


class RunsHandler(DagbookHandler):
    """The list of runs."""

    @authenticated
    @authorized
    async def get(self) -> None:
        """`{"runs": [summary, …]}`, newest first."""
        limit = self.whole_number("limit", 100, 1, _MOST_RUNS)
        before = self.get_query_argument("before", None)
        if before is not None:
            checked_run(before)
        await self.answer(lambda: {"runs": self.projects.summaries(limit, before, self._wanted())})

    def _wanted(self) -> Any:
        """The filter that the query asks for; None when it asks for none. Raises InvalidInput."""
        said = {
            name: self.get_query_arguments(name) for name in ("pipeline", "state", "tag", "since", "until")
        }
        if not any(said.values()):
            return None
        from dagbook.api.run_listing import read_filter  # pydantic comes with it

        return read_filter(
            pipelines=said["pipeline"], states=said["state"], tags=said["tag"],
            since=next(iter(said["since"]), None), until=next(iter(said["until"]), None),
        )  # fmt: skip


class RunHandler(DagbookHandler):
    """One run."""

    @authenticated
    @authorized
    async def get(self, run: str) -> None:
        """What `dagbook show RUN --json` prints."""
        checked_run(run)
        await self.answer(lambda: self.projects.of_run(run).queries.show(run))


class RunEventsHandler(DagbookHandler):
    """The journal of one run, from a position."""

    @authenticated
    @authorized
    async def get(self, run: str) -> None:
        """`{"entries": [entry, …], "last": seq, "driver": "alive" | "gone"}`."""
        checked_run(run)
        after = self.whole_number("after", 0, 0)
        await self.answer(lambda: _events(self.projects, run, after))


class StepNotebookHandler(DagbookHandler):
    """The executed notebook of a step. The contents API does not serve hidden folders, where runs are."""

    @authenticated
    @authorized
    async def get(self, run: str, step: str) -> None:
        """The notebook document itself."""
        checked_run(run)
        await self.answer(lambda: _notebook(self.projects, run, step))


class StepLogHandler(DagbookHandler):
    """What a step printed."""

    @authenticated
    @authorized
    async def get(self, run: str, step: str) -> None:
        """`{"step", "attempt", "cells": [{"cell", "text"}, …], "cut"}`, of the newest attempt so far."""
        checked_run(run)
        await self.answer(lambda: _log(self.projects, run, step))


class NothingHandler(DagbookHandler):
    """Everything else below our path."""

    @authenticated
    @authorized
    async def get(self) -> None:
        """Not found, in the same words as every other error."""
        raise NotFound(
            Finding(
                code="unknown-route", message="there is nothing here", remedy="see docs/reference/rest.md"
            )
        )

    # A name that no route knows makes a path that none has.
    post = patch = delete = get


ROUTES: Final[tuple[tuple[str, type[DagbookHandler]], ...]] = (
    (r"dagbook/api/runs", RunsHandler),
    (r"dagbook/api/runs/([^/]+)", RunHandler),
    (r"dagbook/api/runs/([^/]+)/events", RunEventsHandler),
    (r"dagbook/api/runs/([^/]+)/steps/([^/]+)/notebook", StepNotebookHandler),
    (r"dagbook/api/runs/([^/]+)/steps/([^/]+)/log", StepLogHandler),
    (r"dagbook/api(?:/.*)?", NothingHandler),
)
"""Paths below the server's base URL."""


def checked_run(run: str) -> str:
    """The id, which is safe as a file name. Raises InvalidInput."""
    if not _RUN_ID.fullmatch(run):
        raise InvalidInput(
            Finding(
                code="bad-run",
                message=f"{run[:80]!r} is no run id",
                remedy="an id looks like 20261122-194502-ab12cd; list them with GET dagbook/api/runs",
            )
        )
    return run


def _events(projects: Projects, run: str, after: int) -> dict[str, Any]:
    queries = projects.of_run(run).queries
    # Asked before reading: a driver that ends in between has written its last entry by then.
    driven = queries.is_driven(run)
    entries = queries.entries(run, after)
    return {
        "entries": [entry.to_json() for entry in entries],
        "last": entries[-1].seq if entries else after,
        "driver": "alive" if driven else "gone",
    }


def _notebook(projects: Projects, run: str, step: str) -> dict[str, Any]:
    steps = projects.of_run(run).queries.show(run)["steps"]
    path = next((known["notebook"] for known in steps if known["step"] == step), None)
    try:
        if path is not None:
            document: dict[str, Any] = json.loads(Path(path).read_bytes())
            return document
    except (OSError, ValueError):
        pass
    raise NotFound(
        Finding(
            code="no-notebook",
            message=f"step '{step}' of run {run} has no executed notebook",
            remedy="a step has one once an attempt of it has ended",
        )
    )


def _log(projects: Projects, run: str, step: str) -> dict[str, Any]:
    from dagbook.api.logs import described_log  # slow, and most servers are never asked
    from dagbook.api.run import find

    return described_log(find(run, projects.of_run(run).folder), step)


def _raised(arguments: Mapping[str, object]) -> BaseException | None:
    """The exception among what Tornado hands to `send_error` and `write_error`."""
    raised = arguments.get("exc_info")
    error = raised[1] if isinstance(raised, tuple) else None
    return error if isinstance(error, BaseException) else None


def _status_of(error: BaseException | None, otherwise: int) -> int:
    return next((int(status) for kind, status in _STATUS.items() if isinstance(error, kind)), otherwise)


def _described(status: int, error: BaseException | None) -> dict[str, Any]:
    if isinstance(error, DagbookError) and error.findings:
        finding = error.findings[0]
        return {
            "message": finding.message,
            "code": finding.code,
            "remedy": finding.remedy,
            "findings": [finding.to_json() for finding in error.findings],
        }
    if status == HTTPStatus.FORBIDDEN:
        return {
            "message": "you may not read Dagbook's runs on this server",
            "code": "forbidden",
            "remedy": "log in, or send the server's token",
        }
    phrase = HTTPStatus(status).phrase
    remedy = "see the server's log" if status >= HTTPStatus.INTERNAL_SERVER_ERROR else ""
    return {"message": phrase, "code": phrase.lower().replace(" ", "-"), "remedy": remedy}
