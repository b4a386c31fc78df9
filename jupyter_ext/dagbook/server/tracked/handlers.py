"""The REST routes of recorded runs; see docs/reference/rest-tracked.md.

MLflow is asked in threads, and imported when it is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any, Final
from urllib.parse import quote

from jupyter_server.auth.decorator import authorized
from tornado.iostream import StreamClosedError
from tornado.web import authenticated

from dagbook.errors import Finding, InvalidInput
from dagbook.server.handlers import DagbookHandler
from dagbook.server.launch_handlers import json_body

TRACKED_WATCH: Final = "dagbook_tracked_watch"
"""Under this key the application's settings hold what notices that stores change."""

_SCOPES: Final = ("notebook", "experiment", "all")
_MOST_RUNS: Final = 1000
_MOST_POINTS: Final = 20_000
_MOST_COLUMNS: Final = 200
_CHUNK: Final = 1 << 20


class TrackedHandler(DagbookHandler):
    """What these routes share."""

    async def tell(self, read: Callable[[Any], Any]) -> None:
        """Send what `read` gives for the stores; whoever asks will want to hear of changes."""
        watch = self.settings.get(TRACKED_WATCH)
        if watch is not None:
            watch.wanted()
        await self.answer(lambda: read(self._stores()))

    def _stores(self) -> Any:
        from dagbook.server.tracked.stores import TrackedStores  # slow, and most servers are never asked

        return TrackedStores(self.projects)


class TrackedRunsHandler(TrackedHandler):
    """The list of recorded runs."""

    @authenticated
    @authorized
    async def get(self) -> None:
        """A page of them."""
        scope = self.get_query_argument("scope", "all")
        if scope not in _SCOPES:
            raise InvalidInput(
                Finding(
                    code="bad-scope", message=f"'scope' is {scope[:40]!r}",
                    remedy=f"give one of: {', '.join(_SCOPES)}",
                )
            )  # fmt: skip
        limit = self.whole_number("limit", 100, 1, _MOST_RUNS)
        deleted = self.whole_number("deleted", 0, 0, 1)
        asked = {
            name: self.get_query_argument(name, "") for name in ("experiment", "filter", "order", "after")
        }
        path = self.get_query_argument("path", "")
        columns = tuple(self.get_query_arguments("column")[:_MOST_COLUMNS])

        def read(stores: Any) -> Any:
            from dagbook.server.tracked import listing

            wish = listing.Wish(
                scope=scope, notebook=self._notebook(path) if scope == "notebook" else None,
                experiment=asked["experiment"], text=asked["filter"], order=asked["order"], columns=columns,
                limit=limit, token=asked["after"], deleted=bool(deleted),
            )  # fmt: skip
            return listing.listed(stores, wish)

        await self.tell(read)

    def _notebook(self, path: str) -> Path:
        from dagbook.server.launching import file_at

        return file_at(self.projects.root, path).resolve()


class ExperimentsHandler(TrackedHandler):
    """The experiments."""

    @authenticated
    @authorized
    async def get(self) -> None:
        """Their names."""

        def read(stores: Any) -> Any:
            from dagbook.server.tracked import listing

            return listing.experiments(stores)

        await self.tell(read)


class TrackedRunHandler(TrackedHandler):
    """One recorded run."""

    @authenticated
    @authorized
    async def get(self, run: str) -> None:
        """Everything of it."""
        await self.tell(lambda stores: _runs().shown(stores, run))

    @authenticated
    @authorized
    async def patch(self, run: str) -> None:
        """Another name, note or tags."""
        body = json_body(self.request.body)
        await self.tell(lambda stores: _runs().edited(stores, run, body))

    @authenticated
    @authorized
    async def delete(self, run: str) -> None:
        """Delete it; it can be restored."""
        await self.tell(lambda stores: _runs().deleted(stores, run))


class RestoreHandler(TrackedHandler):
    """A deletion taken back."""

    @authenticated
    @authorized
    async def post(self, run: str) -> None:
        """Restore the run."""
        await self.tell(lambda stores: _runs().restored(stores, run))


class SeriesHandler(TrackedHandler):
    """Values of metrics over steps."""

    @authenticated
    @authorized
    async def get(self) -> None:
        """Thinned out, so that they can be drawn."""
        most = self.whole_number("points", 1000, 10, _MOST_POINTS)
        runs, keys = self.get_query_arguments("run"), self.get_query_arguments("metric", strip=False)
        await self.tell(lambda stores: _runs().series(stores, runs, keys, most))


class CellsOfTwoHandler(TrackedHandler):
    """The executed notebooks of two runs."""

    @authenticated
    @authorized
    async def get(self) -> None:
        """Cell by cell: what belongs together, and what differs."""
        runs = self.get_query_arguments("run")

        def read(stores: Any) -> Any:
            from dagbook.server.tracked import cells

            return cells.compared(stores, runs)

        await self.tell(read)


class ArtifactsHandler(TrackedHandler):
    """A folder of artifacts."""

    @authenticated
    @authorized
    async def get(self, run: str) -> None:
        """What is in it."""
        path = self.get_query_argument("path", "", strip=False)
        await self.tell(lambda stores: _artifacts().listed(stores, run, path))


class PreviewHandler(TrackedHandler):
    """One artifact, as a person sees it."""

    @authenticated
    @authorized
    async def get(self, run: str) -> None:
        """Its preview."""
        path = self.get_query_argument("path", "", strip=False)
        await self.tell(lambda stores: _artifacts().previewed(stores, run, path))


class ArtifactNotebookHandler(TrackedHandler):
    """A notebook among the artifacts."""

    @authenticated
    @authorized
    async def get(self, run: str) -> None:
        """The document itself."""
        path = self.get_query_argument("path", "", strip=False)
        await self.tell(lambda stores: _artifacts().notebook(stores, run, path))


class DownloadHandler(TrackedHandler):
    """One artifact, whole."""

    @authenticated
    @authorized
    async def get(self, run: str) -> None:
        """The file, to be saved and never to be shown as a page of this server."""
        path = self.get_query_argument("path", "", strip=False)
        stores = self._stores()
        store, record, found = await asyncio.to_thread(lambda: _artifacts().file_of(stores, run, path))
        kept = _artifacts().fetched(store, record, found)
        file = await asyncio.to_thread(kept.__enter__)
        try:
            name = quote(PurePosixPath(found).name)
            self.set_header("Content-Type", "application/octet-stream")
            self.set_header("Content-Disposition", f"attachment; filename*=UTF-8''{name}")
            self.set_header("Content-Length", str(file.stat().st_size))
            with file.open("rb") as opened:
                while chunk := await asyncio.to_thread(opened.read, _CHUNK):
                    self.write(chunk)
                    await self.flush()
            await self.finish()
        except StreamClosedError:  # who asked has gone
            return
        finally:
            await asyncio.to_thread(kept.__exit__, None, None, None)


TRACKED_ROUTES: Final[tuple[tuple[str, type[DagbookHandler]], ...]] = (
    (r"dagbook/api/tracked/runs", TrackedRunsHandler),
    (r"dagbook/api/tracked/experiments", ExperimentsHandler),
    (r"dagbook/api/tracked/series", SeriesHandler),
    (r"dagbook/api/tracked/cells", CellsOfTwoHandler),
    (r"dagbook/api/tracked/runs/([^/]+)", TrackedRunHandler),
    (r"dagbook/api/tracked/runs/([^/]+)/restore", RestoreHandler),
    (r"dagbook/api/tracked/runs/([^/]+)/artifacts", ArtifactsHandler),
    (r"dagbook/api/tracked/runs/([^/]+)/preview", PreviewHandler),
    (r"dagbook/api/tracked/runs/([^/]+)/notebook", ArtifactNotebookHandler),
    (r"dagbook/api/tracked/runs/([^/]+)/download", DownloadHandler),
)
"""Paths below the server's base URL."""


def _runs() -> Any:
    from dagbook.server.tracked import runs

    return runs


def _artifacts() -> Any:
    from dagbook.server.tracked import artifacts

    return artifacts
