"""Every route of the server extension, in the order in which they are tried."""

from __future__ import annotations

from typing import Final

from dagbook.server.attach_handlers import ATTACH_ROUTES
from dagbook.server.handlers import ROUTES, DagbookHandler
from dagbook.server.launch_handlers import LAUNCH_ROUTES
from dagbook.server.model_handlers import MODEL_ROUTES
from dagbook.server.openapi_handlers import OPENAPI_ROUTES
from dagbook.server.pipeline_handlers import PIPELINE_ROUTES
from dagbook.server.run_handlers import RUN_ROUTES
from dagbook.server.schedule_handlers import SCHEDULE_ROUTES
from dagbook.server.service_handlers import SERVICE_ROUTES
from dagbook.server.tracked.handlers import TRACKED_ROUTES

EVERY_ROUTE: Final[tuple[tuple[str, type[DagbookHandler]], ...]] = (
    *TRACKED_ROUTES,
    *LAUNCH_ROUTES,
    *RUN_ROUTES,
    *ATTACH_ROUTES,
    *SCHEDULE_ROUTES,
    *PIPELINE_ROUTES,
    *MODEL_ROUTES,
    *SERVICE_ROUTES,
    *OPENAPI_ROUTES,
    *ROUTES,
)
"""Paths below the server's base URL. Where one stands twice, the first answers."""
