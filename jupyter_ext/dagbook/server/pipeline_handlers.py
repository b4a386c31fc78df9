"""The REST routes of the canvas; see docs/reference/rest.md. What they do is in `checking`."""

from __future__ import annotations

import asyncio
import json
from http import HTTPStatus
from typing import Any, Final

from jupyter_server.auth.decorator import authorized
from tornado.web import authenticated

from dagbook.server.handlers import DagbookHandler
from dagbook.server.launch_handlers import json_body


class PipelineCheckHandler(DagbookHandler):
    """A pipeline that is being written."""

    @authenticated
    @authorized
    async def post(self) -> None:
        """`{"findings": […], "notebooks": {…}}`. Nothing is written."""
        body = json_body(self.request.body)
        await self.answer(lambda: _checking().checked(self.projects.root, body))


class PipelineDraftHandler(DagbookHandler):
    """A first pipeline file for a folder."""

    @authenticated
    @authorized
    async def post(self) -> None:
        """`{"path": …}` of the file that was written."""
        body = json_body(self.request.body)
        said = await asyncio.to_thread(lambda: _checking().drafted(self.projects.root, body))
        self.set_status(HTTPStatus.CREATED)
        await self.finish(json.dumps(said))


class PipelineSchemaHandler(DagbookHandler):
    """What can stand in a pipeline file."""

    @authenticated
    @authorized
    async def get(self) -> None:
        """The JSON Schema."""
        await self.answer(lambda: _schemas().pipeline_schema())


PIPELINE_ROUTES: Final[tuple[tuple[str, type[DagbookHandler]], ...]] = (
    (r"dagbook/api/pipeline/check", PipelineCheckHandler),
    (r"dagbook/api/pipeline/draft", PipelineDraftHandler),
    (r"dagbook/api/pipeline/schema", PipelineSchemaHandler),
)


def _schemas() -> Any:
    from dagbook.api import schemas

    return schemas


def _checking() -> Any:
    from dagbook.server import checking  # slow, and most servers are never asked

    return checking
