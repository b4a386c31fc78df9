"""The REST routes of models that are served; see docs/reference/rest.md. They need no port."""

from __future__ import annotations

import asyncio
import json
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from jupyter_server.auth.decorator import authorized
from tornado.web import authenticated

from dagbook.errors import Finding, NotFound
from dagbook.server.handlers import DagbookHandler
from dagbook.server.launch_handlers import json_body
from dagbook.server.model_handlers import project_folder, texts_of


class InterfaceHandler(DagbookHandler):
    """What a model takes and gives."""

    @authenticated
    @authorized
    async def get(self, name: str) -> None:
        """Its signature, its input example, and what stands in the way of serving it."""
        await self.answer(lambda: _api().interface(name, project_folder(self)))


class ServicesHandler(DagbookHandler):
    """The services of all projects that are shown."""

    @authenticated
    @authorized
    async def get(self) -> None:
        """`{"services": [service, …]}`."""

        def read() -> dict[str, Any]:
            found = []
            for project in self.projects.all():
                if (project.folder / ".dagbook" / "services").is_dir():
                    known = _api().services(project.folder)
                    found += [{**service, "project": project.name} for service in known]
            return {"services": found}

        await self.answer(read)

    @authenticated
    @authorized
    async def post(self) -> None:
        """Serve `model`; comes back while it is loaded. It ends with this server."""
        (model,) = texts_of(json_body(self.request.body), "model")
        folder = await asyncio.to_thread(lambda: project_folder(self))
        service = await asyncio.to_thread(lambda: _api().start_service(model, folder, with_us=True))
        self.set_status(HTTPStatus.CREATED)
        await self.finish(json.dumps(service.to_json()))


class ServiceHandler(DagbookHandler):
    """One service."""

    @authenticated
    @authorized
    async def get(self, service: str) -> None:
        """How it is, with the end of its log."""

        def read() -> dict[str, Any]:
            found = _api().find_service(service, folder_with(self, service))
            return {**found.to_json(), "log_text": _api().log_of(found)}

        await self.answer(read)

    @authenticated
    @authorized
    async def delete(self, service: str) -> None:
        """End it, and come back when it has ended."""
        await self.answer(lambda: _api().stop_service(service, folder_with(self, service)).to_json())


class InvocationsHandler(DagbookHandler):
    """A question to a model that is served."""

    @authenticated
    @authorized
    async def post(self, service: str) -> None:
        """What its own `/invocations` takes and answers."""
        body = self.request.body
        kind = self.request.headers.get("Content-Type", "application/json")
        reply = await asyncio.to_thread(
            lambda: _api().invoke(service, body, kind, folder_with(self, service))
        )
        self.set_header("Content-Type", reply.kind or "application/json")
        await self.finish(reply.body)


SERVICE_ROUTES: Final[tuple[tuple[str, type[DagbookHandler]], ...]] = (
    (r"dagbook/api/models/([^/]+)/interface", InterfaceHandler),
    (r"dagbook/api/services", ServicesHandler),
    (r"dagbook/api/services/([^/]+)", ServiceHandler),
    (r"dagbook/api/services/([^/]+)/invocations", InvocationsHandler),
)
"""Paths below the server's base URL."""


def folder_with(handler: DagbookHandler, service: str) -> Path:
    """The project that has the service. Raises NotFound."""
    for project in handler.projects.all():
        if (project.folder / ".dagbook" / "services" / service).is_dir():
            return project.folder
    raise NotFound(
        Finding(
            code="unknown-service", message=f"no project of this server has a service '{service[:80]}'",
            remedy="list them with GET dagbook/api/services",
        )
    )  # fmt: skip


def _api() -> Any:
    from dagbook.api import serving  # slow, and most servers are never asked

    return serving
