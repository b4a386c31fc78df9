"""The REST routes of kernels that are kept after a failure; see docs/reference/rest.md."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any, Final

from jupyter_server.auth.decorator import authorized
from tornado.web import authenticated

from dagbook.server.handlers import DagbookHandler, checked_run
from dagbook.server.launch_handlers import ApproveHandler, json_body

KEPT: Final = "dagbook_kept_kernels"


class AttachHandler(DagbookHandler):
    """A kept kernel, and the notebook to go on in."""

    @authenticated
    @authorized
    async def post(self, run: str, step: str) -> None:
        """`{"run", "step", "path", "kernel", "until", "cell"}`: the kernel's id on this server."""
        checked_run(run)
        found = await asyncio.to_thread(lambda: _verbs().attached(self.projects, run, step))
        kernel = self.settings[KEPT].adopt(Path(found.pop("connection")))
        await self.finish(json.dumps({**found, "kernel": kernel}))


class ContinueHandler(ApproveHandler):
    """A step that was finished by hand."""

    @authenticated
    @authorized
    async def post(self, run: str, step: str) -> None:
        """Go on from it, once its notebook is saved."""
        checked_run(run)
        body = json_body(self.request.body or b"{}")
        name = self._name()
        await self.answer(lambda: _verbs().continued(self.projects, run, step, body, name))


class ReleaseHandler(DagbookHandler):
    """A kept kernel that nobody wants."""

    @authenticated
    @authorized
    async def post(self, run: str, step: str) -> None:
        """Let it go: its step fails."""
        checked_run(run)
        await self.answer(lambda: _verbs().released(self.projects, run, step))


ATTACH_ROUTES: Final[tuple[tuple[str, type[DagbookHandler]], ...]] = (
    (r"dagbook/api/runs/([^/]+)/steps/([^/]+)/attach", AttachHandler),
    (r"dagbook/api/runs/([^/]+)/steps/([^/]+)/continue", ContinueHandler),
    (r"dagbook/api/runs/([^/]+)/steps/([^/]+)/release", ReleaseHandler),
)
"""Paths below the server's base URL."""


def _verbs() -> Any:
    from dagbook.server import attach_verbs  # slow, and most servers are never asked

    return attach_verbs
