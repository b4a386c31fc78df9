"""The REST routes of schedules; see docs/reference/rest.md."""

from __future__ import annotations

import asyncio
import json
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from jupyter_server.auth.decorator import authorized
from tornado.web import authenticated

from dagbook.errors import Finding, InvalidInput, NotFound
from dagbook.server.handlers import DagbookHandler
from dagbook.server.launch_handlers import json_body

_TEXTS: Final = ("name", "cron", "timezone", "missed", "pin")


class SchedulesHandler(DagbookHandler):
    """The schedules of all projects that are shown."""

    @authenticated
    @authorized
    async def get(self) -> None:
        """`{"schedules": [schedule, …], "schedulers": {project: {"running", "holder"}}}`."""

        def read() -> dict[str, Any]:
            api = _api()
            found, holders = [], {}
            for project in self.projects.all():
                entries = api.schedules(project.folder)
                found += [{**entry, "project": project.name} for entry in entries]
                if entries:
                    holders[project.name] = api.scheduler_state(project.folder)
            return {"schedules": found, "schedulers": holders}

        await self.answer(read)

    @authenticated
    @authorized
    async def post(self) -> None:
        """Add one: `path`; perhaps `name`, `cron`, `timezone`, `missed`, `params`, `jobs`, `pin`."""
        body = _checked(json_body(self.request.body))
        said = await asyncio.to_thread(lambda: _added(self.projects.root, body))
        self.projects.look_again()
        self.set_status(HTTPStatus.CREATED)
        await self.finish(json.dumps(said))


class ScheduleHandler(DagbookHandler):
    """One schedule, by its project and name."""

    @authenticated
    @authorized
    async def delete(self, name: str) -> None:
        """Forget it; its runs stay."""
        await asyncio.to_thread(lambda: _api().remove_schedule(name, _folder_with(self, name)))
        self.set_status(HTTPStatus.NO_CONTENT)
        await self.finish()


class ScheduleRunHandler(DagbookHandler):
    """A run as a schedule would start it, now."""

    @authenticated
    @authorized
    async def post(self, name: str) -> None:
        """`{"run": id}`."""
        run = await asyncio.to_thread(lambda: _api().run_schedule(name, _folder_with(self, name)).id)
        self.set_status(HTTPStatus.CREATED)
        await self.finish(json.dumps({"run": run}))


class SchedulePauseHandler(DagbookHandler):
    """A schedule that brings no runs for a while."""

    @authenticated
    @authorized
    async def post(self, name: str) -> None:
        """The schedule, paused."""
        await self.answer(lambda: _api().pause_schedule(name, _folder_with(self, name)))


class ScheduleResumeHandler(DagbookHandler):
    """A schedule that goes on."""

    @authenticated
    @authorized
    async def post(self, name: str) -> None:
        """The schedule; what fell into the pause is not made up for."""
        await self.answer(lambda: _api().resume_schedule(name, _folder_with(self, name)))


SCHEDULE_ROUTES: Final[tuple[tuple[str, type[DagbookHandler]], ...]] = (
    (r"dagbook/api/schedules", SchedulesHandler),
    (r"dagbook/api/schedules/([A-Za-z0-9_-]+)", ScheduleHandler),
    (r"dagbook/api/schedules/([A-Za-z0-9_-]+)/run", ScheduleRunHandler),
    (r"dagbook/api/schedules/([A-Za-z0-9_-]+)/pause", SchedulePauseHandler),
    (r"dagbook/api/schedules/([A-Za-z0-9_-]+)/resume", ScheduleResumeHandler),
)


def _api() -> Any:
    from dagbook.api import schedules  # slow, and most servers are never asked

    return schedules


def _added(root: Path, body: dict[str, Any]) -> dict[str, Any]:
    from dagbook.server.launching import file_at

    given = {key: body[key] for key in (*_TEXTS, "params", "jobs") if body.get(key) is not None}
    added: dict[str, Any] = _api().add_schedule(file_at(root, str(body["path"])), **given)
    return added


def _checked(body: dict[str, Any]) -> dict[str, Any]:
    """The body of a request to add one. Raises InvalidInput."""
    wrong = [key for key in _TEXTS if not isinstance(body.get(key, ""), str | None)]
    params = body.get("params") or {}
    if not isinstance(params, dict) or not all(isinstance(value, str) for value in params.values()):
        wrong.append("params")
    if not isinstance(body.get("jobs"), int | None) or body.get("missed", "skip") not in {
        "run-once",
        "run-all",
        "skip",
    }:
        wrong.append("jobs or missed")
    if not isinstance(body.get("path"), str) or wrong:
        raise InvalidInput(
            Finding(
                code="bad-body",
                message=f"the body has no `path`, or a wrong {', '.join(wrong) or 'value'}",
                remedy="see docs/reference/rest.md",
            )
        )
    return body


def _folder_with(handler: DagbookHandler, name: str) -> Path:
    """The project that has the schedule. Raises NotFound."""
    for project in handler.projects.all():
        if any(entry["schedule"] == name for entry in _api().schedules(project.folder)):
            return project.folder
    raise NotFound(
        Finding(
            code="unknown-schedule",
            message=f"no project of this server has a schedule '{name}'",
            remedy="list them with GET dagbook/api/schedules",
        )
    )
