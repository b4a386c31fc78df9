"""The REST route that describes all the others; see docs/reference/rest.md."""

from __future__ import annotations

from typing import Any, Final

from jupyter_server.auth.decorator import authorized
from tornado.web import authenticated

from dagbook.server.handlers import DagbookHandler

ROUTES: Final = "dagbook_routes"
"""Under this key the application's settings hold the routes."""


class OpenApiHandler(DagbookHandler):
    """What can be asked of this server, as an OpenAPI document."""

    @authenticated
    @authorized
    async def get(self) -> None:
        """OpenAPI 3.1: every route, what it takes, and what it answers with."""

        def read() -> dict[str, Any]:
            from dagbook.server.openapi import document  # slow, and most servers are never asked

            return document(self.settings[ROUTES], self.base_url)

        await self.answer(read)


OPENAPI_ROUTES: Final[tuple[tuple[str, type[DagbookHandler]], ...]] = (
    (r"dagbook/api/openapi\.json", OpenApiHandler),
)
"""Paths below the server's base URL."""
