"""The REST routes that start and end runs; see docs/reference/rest.md. What they do is in `launching`."""

from __future__ import annotations

import asyncio
import json
from http import HTTPStatus
from typing import Any, Final

from jupyter_server.auth.decorator import authorized
from tornado.web import authenticated

from dagbook.errors import Finding, InvalidInput
from dagbook.server.handlers import WATCH, DagbookHandler, RunsHandler, checked_run

_LONGEST_BODY: Final = 1_000_000


class LaunchHandler(DagbookHandler):
    """What these routes share: a body of JSON."""

    def body(self) -> dict[str, Any]:
        """The request's JSON object. Raises InvalidInput."""
        return json_body(self.request.body)


class LaunchablesHandler(LaunchHandler):
    """What could be run."""

    @authenticated
    @authorized
    async def get(self) -> None:
        """`{"pipelines": [path, …], "notebooks": [path, …]}`."""
        await self.answer(lambda: _launching().launchables(self.projects.root))


class ParametersHandler(LaunchHandler):
    """What a notebook or a pipeline takes."""

    @authenticated
    @authorized
    async def get(self) -> None:
        """Its typed parameters."""
        path = self.get_query_argument("path", "")
        await self.answer(lambda: _launching().described(self.projects.root, path))


class PlanHandler(LaunchHandler):
    """What a run would do."""

    @authenticated
    @authorized
    async def post(self) -> None:
        """The steps with their reasons. Starts nothing."""
        body = self.body()
        await self.answer(lambda: _launching().planned(self.projects.root, body))


class StartHandler(RunsHandler):
    """The list of runs, to which one may be added."""

    @authenticated
    @authorized
    async def post(self) -> None:
        """Start a run; `{"run": id, …}` once its driver has it."""
        body = json_body(self.request.body)
        self.settings[WATCH].wanted()
        said = await asyncio.to_thread(lambda: _launching().started(self.projects.root, body))
        self.projects.look_again()
        self.set_status(HTTPStatus.CREATED)
        await self.finish(json.dumps(said))


class CancelHandler(LaunchHandler):
    """The end of a run."""

    @authenticated
    @authorized
    async def post(self, run: str) -> None:
        """Ask for it; comes back before it has ended."""
        checked_run(run)
        await self.answer(lambda: self._cancelled(run))

    def _cancelled(self, run: str) -> dict[str, Any]:
        project = self.projects.of_run(run)
        said: dict[str, Any] = _launching().cancelled(project.folder, project.queries, run)
        return said


class ApproveHandler(LaunchHandler):
    """The answer to what a run asks."""

    @authenticated
    @authorized
    async def post(self, run: str) -> None:
        """Let a step go on, or reject it."""
        body = self.body()
        checked_run(run)
        await self.answer(lambda: self._answered(run, body))

    def _answered(self, run: str, body: dict[str, Any]) -> dict[str, Any]:
        project = self.projects.of_run(run)
        said: dict[str, Any] = _launching().approved(project.folder, run, body, self._name())
        return said

    def _name(self) -> str | None:
        """Who asks, where people log in by name; behind a token alone it is the server's own user."""
        user = self.current_user
        is_named = not str(getattr(user, "name", "")).startswith("Anonymous ")
        return str(user.username) if is_named else None


class TrialsHandler(LaunchHandler):
    """The steps of a run as a table."""

    @authenticated
    @authorized
    async def get(self, run: str) -> None:
        """Each step with what it was given and what it measured."""
        checked_run(run)
        await self.answer(lambda: self._trials(run))

    def _trials(self, run: str) -> dict[str, Any]:
        project = self.projects.of_run(run)
        said: dict[str, Any] = _recorded().trials(project.queries, project.folder, run)
        return said


class DefaultsHandler(LaunchHandler):
    """Other defaults for a parameters cell."""

    @authenticated
    @authorized
    async def post(self) -> None:
        """The edits of its source; no file is written."""
        body = self.body()
        await self.answer(lambda: _launching().edited_defaults(body))


class CellsHandler(LaunchHandler):
    """What the cells of a notebook logged."""

    @authenticated
    @authorized
    async def get(self) -> None:
        """The newest of each name."""
        path = self.get_query_argument("path", "")
        await self.answer(lambda: _recorded().logged_by_cells(_launching().file_at(self.projects.root, path)))


LAUNCH_ROUTES: Final[tuple[tuple[str, type[DagbookHandler]], ...]] = (
    (r"dagbook/api/launchables", LaunchablesHandler),
    (r"dagbook/api/parameters", ParametersHandler),
    (r"dagbook/api/plan", PlanHandler),
    (r"dagbook/api/runs", StartHandler),
    (r"dagbook/api/runs/([^/]+)/cancel", CancelHandler),
    (r"dagbook/api/runs/([^/]+)/approve", ApproveHandler),
    (r"dagbook/api/runs/([^/]+)/trials", TrialsHandler),
    (r"dagbook/api/defaults", DefaultsHandler),
    (r"dagbook/api/cells", CellsHandler),
)
"""Paths below the server's base URL; they come before those that only read."""


def json_body(body: bytes) -> dict[str, Any]:
    """The JSON object that a request carries. Raises InvalidInput."""
    try:
        said = json.loads(body) if len(body) <= _LONGEST_BODY else None
        json.dumps(said, ensure_ascii=False).encode()  # half of a character can be written nowhere
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict):
        raise InvalidInput(
            Finding(
                code="bad-body",
                message="the request's body is no JSON object of whole characters, or too long",
                remedy="see docs/reference/rest.md",
            )
        )
    return said


def _recorded() -> Any:
    from dagbook.server import recorded  # slow too

    return recorded


def _launching() -> Any:
    from dagbook.server import launching  # slow, and most servers are never asked

    return launching
