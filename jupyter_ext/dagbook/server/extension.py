"""The server extension: says which projects are shown, and ties routes, watching and events together.

Imported at every start of a Jupyter server, so it must not import what is slow: mlflow, papermill, pydantic.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_server.extension.application import ExtensionApp
from traitlets import Bool, Unicode

from dagbook.server.attach_handlers import KEPT
from dagbook.server.handlers import PROJECTS, WATCH
from dagbook.server.kept_kernels import KeptKernels
from dagbook.server.openapi_handlers import ROUTES
from dagbook.server.projects import Projects
from dagbook.server.routes import EVERY_ROUTE
from dagbook.server.scheduling import ServerScheduler
from dagbook.server.tracked import watch as tracked_watch
from dagbook.server.tracked.handlers import TRACKED_WATCH
from dagbook.server.watch import SCHEMA_FILE, SCHEMA_ID, RunWatch

if TYPE_CHECKING:
    from dagbook.engine.queries import Queries


class DagbookApp(ExtensionApp):
    """Shows the runs of the projects below the server's root folder."""

    name = "dagbook"

    project_dir = Unicode(
        "",
        config=True,
        help="Show this project alone, in place of those at and below the server's root folder.",
    )

    scheduler = Bool(
        default_value=True,
        config=True,
        help="Fire the schedules of the projects that are shown, while this server runs.",
    )

    def initialize_settings(self) -> None:
        """Make what the handlers need, and make the event known."""
        server = self.serverapp
        assert server is not None
        events = server.event_logger
        assert events is not None
        for schema, file in ((SCHEMA_ID, SCHEMA_FILE), (tracked_watch.SCHEMA_ID, tracked_watch.SCHEMA_FILE)):
            if schema not in events.schemas.schema_ids:
                events.register_event_schema(file)

        def emitting(schema: str) -> Callable[[dict[str, Any]], None]:
            def emit(change: dict[str, Any]) -> None:
                events.emit(schema_id=schema, data=change)

            return emit

        only = Path(self.project_dir).expanduser() if self.project_dir else None
        projects = Projects(Path(server.root_dir), _queries, only)
        self.settings[PROJECTS] = projects
        self.settings[KEPT] = KeptKernels(server.kernel_manager)
        self.settings[ROUTES] = EVERY_ROUTE
        self.settings[WATCH] = RunWatch(projects, emitting(SCHEMA_ID), self.log)
        self.settings[TRACKED_WATCH] = tracked_watch.TrackedWatch(
            projects, emitting(tracked_watch.SCHEMA_ID), self.log
        )
        self._scheduler = ServerScheduler(lambda: [project.folder for project in projects.all()], self.log)
        if self.scheduler:
            self._scheduler.start()

    def initialize_handlers(self) -> None:
        """Add the routes."""
        self.handlers.extend(EVERY_ROUTE)

    async def stop_extension(self) -> None:
        """End the watching."""
        self.settings[KEPT].stop()
        await self.settings[WATCH].stop()
        await self.settings[TRACKED_WATCH].stop()
        await asyncio.to_thread(self._scheduler.stop)


def _queries(folder: Path) -> Queries:
    from dagbook import bootstrap  # slow, and most servers are never asked

    return bootstrap.queries(folder)
