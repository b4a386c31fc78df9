"""The REST routes that take up, report and remove runs, and open their steps; see docs/reference/rest.md."""

from __future__ import annotations

import asyncio
import json
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote

from jupyter_server.auth.decorator import authorized
from tornado.web import authenticated

from dagbook.server.handlers import WATCH, DagbookHandler, RunHandler, checked_run
from dagbook.server.launch_handlers import json_body

_NOTHING_BUT_STYLE: Final = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:"


class ResumeHandler(DagbookHandler):
    """What a run has not finished."""

    @authenticated
    @authorized
    async def post(self, run: str) -> None:
        """Go on with it; `{"run": id}` once its driver has it."""
        await _take_up(self, "resumed", run)


class RetryHandler(DagbookHandler):
    """What failed in a run, or steps of it."""

    @authenticated
    @authorized
    async def post(self, run: str) -> None:
        """Do it again; `{"run": id}` once its driver has it."""
        await _take_up(self, "retried", run)


class OpenStepHandler(DagbookHandler):
    """A step's notebook with the inputs that the run gave it."""

    @authenticated
    @authorized
    async def post(self, run: str, step: str) -> None:
        """Write the copy; `{"run", "step", "path"}`, the path as the file browser shows it."""
        checked_run(run)
        said = await asyncio.to_thread(lambda: _verbs().opened(self.projects, run, step))
        self.set_status(HTTPStatus.CREATED)
        await self.finish(json.dumps(said))


class ReportHandler(DagbookHandler):
    """A run as one page of HTML."""

    @authenticated
    @authorized
    async def get(self, run: str) -> None:
        """The page, to be saved; what notebooks published cannot act in it, also where it is shown."""
        checked_run(run)
        best = self.get_query_argument("best", "")
        name, page = await asyncio.to_thread(lambda: _verbs().reported(self.projects, run, best))
        self.set_header("Content-Security-Policy", _NOTHING_BUT_STYLE)
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Content-Disposition", f"attachment; filename*=UTF-8''{quote(name, safe='')}")
        await self.finish(page, set_content_type="text/html; charset=UTF-8")


class ValuesHandler(DagbookHandler):
    """What a step was given and published."""

    @authenticated
    @authorized
    async def get(self, run: str, step: str) -> None:
        """`{"run", "step", "params": [{"name", "text", "file", "from"}, …], "why", "outputs": […]}`."""
        checked_run(run)
        await self.answer(lambda: _verbs().values(self.projects, run, step))


class LookHandler(DagbookHandler):
    """A file that a step was given or published."""

    @authenticated
    @authorized
    async def get(self, run: str, step: str) -> None:
        """As much of it as can be shown; as of recorded runs."""
        checked_run(run)
        of, name = self.get_query_argument("of", "output"), self.get_query_argument("name", "")
        await self.answer(lambda: _verbs().looked_at(self.projects, run, step, of, name))


class HistoryHandler(DagbookHandler):
    """The runs of one pipeline side by side."""

    @authenticated
    @authorized
    async def get(self, run: str) -> None:
        """What `dagbook history RUN --json` prints."""
        checked_run(run)
        limit = self.whole_number("limit", 30, 1, 500)
        await self.answer(lambda: _verbs().side_by_side(self.projects, run, limit))


class RemoveHandler(RunHandler):
    """One run, which may be removed."""

    @authenticated
    @authorized
    async def delete(self, run: str) -> None:
        """Remove it for good; `?mlflow=true` deletes its records too."""
        checked_run(run)
        mlflow = self.get_query_argument("mlflow", "false") == "true"
        said = await asyncio.to_thread(lambda: _verbs().removed(self.projects, run, mlflow=mlflow))
        self.projects.look_again()
        await self.finish(json.dumps(said))


async def _take_up(handler: DagbookHandler, verb: str, run: str) -> None:
    checked_run(run)
    body = json_body(handler.request.body or b"{}")
    handler.settings[WATCH].wanted()
    said = await asyncio.to_thread(lambda: getattr(_verbs(), verb)(handler.projects, run, body))
    handler.projects.look_again()
    handler.set_status(HTTPStatus.ACCEPTED)
    await handler.finish(json.dumps(said))


RUN_ROUTES: Final[tuple[tuple[str, type[DagbookHandler]], ...]] = (
    (r"dagbook/api/runs/([^/]+)/resume", ResumeHandler),
    (r"dagbook/api/runs/([^/]+)/retry", RetryHandler),
    (r"dagbook/api/runs/([^/]+)/steps/([^/]+)/open", OpenStepHandler),
    (r"dagbook/api/runs/([^/]+)/steps/([^/]+)/values", ValuesHandler),
    (r"dagbook/api/runs/([^/]+)/steps/([^/]+)/preview", LookHandler),
    (r"dagbook/api/runs/([^/]+)/report", ReportHandler),
    (r"dagbook/api/runs/([^/]+)/history", HistoryHandler),
    (r"dagbook/api/runs/([^/]+)", RemoveHandler),
)
"""Paths below the server's base URL; they come before those that only read."""


def _verbs() -> Any:
    from dagbook.server import run_verbs  # slow, and most servers are never asked

    return run_verbs
