"""The REST routes of registered models; see docs/reference/rest.md."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from jupyter_server.auth.decorator import authorized
from tornado.web import authenticated

from dagbook.errors import EnvironmentFault, Finding, InvalidInput, NotFound
from dagbook.server.handlers import DagbookHandler, checked_run
from dagbook.server.launch_handlers import json_body


class ModelsHandler(DagbookHandler):
    """The registered models of all projects that are shown."""

    @authenticated
    @authorized
    async def get(self) -> None:
        """`{"models": [model, …], "away": {project: why}}`."""

        def read() -> dict[str, Any]:
            found: list[dict[str, Any]] = []
            away = {}
            for project in self.projects.all():
                try:
                    found += [{**model, "project": project.name} for model in _api().models(project.folder)]
                except EnvironmentFault as error:  # one store that is away must not hide the others
                    away[project.name] = error.findings[0].message
            return {"models": found, "away": away}

        await self.answer(read)

    @authenticated
    @authorized
    async def post(self) -> None:
        """Register the model that a step of a run logged."""
        body = json_body(self.request.body)
        run, name, step = texts_of(body, "run", "name", "step")
        checked_run(run)

        def register() -> dict[str, Any]:
            folder = self.projects.of_run(run).folder
            made: dict[str, Any] = _api().register_model(name, folder, _api().Source(run=run, step=step))
            return {**made, "version": str(made["version"])}

        await self.answer(register)


class ModelHandler(DagbookHandler):
    """One registered model."""

    @authenticated
    @authorized
    async def get(self, name: str) -> None:
        """With its versions, newest first."""

        def read() -> dict[str, Any]:
            shown: dict[str, Any] = _api().show_model(name, project_folder(self))
            for version in shown.get("versions", [shown]):
                made_by = version["made_by"]
                if source := made_by.get("notebook"):
                    made_by["path"] = self.projects.shown_path(source)
            return shown

        await self.answer(read)

    @authenticated
    @authorized
    async def patch(self, name: str) -> None:
        """Say what it, or its `version`, is: `description`, `tags`."""
        body = json_body(self.request.body)
        text, version, tags = body.get("description"), body.get("version"), body.get("tags") or {}
        if not isinstance(text, str | None) or not isinstance(version, int | None) or not _is_texts(tags):
            raise wrong_body("`description` is a text, `version` a number, `tags` maps texts to texts")
        which = name if version is None else f"{name}/{version}"
        await self.answer(lambda: _api().describe_model(which, text, project_folder(self), tags=tags))


class PromoteHandler(DagbookHandler):
    """An alias, moved."""

    @authenticated
    @authorized
    async def post(self, name: str) -> None:
        """`version`, `alias`; perhaps `condition`, `reason`."""
        body = json_body(self.request.body)
        (alias,) = texts_of(body, "alias")
        version, condition, reason = body.get("version"), body.get("condition"), body.get("reason")
        if not isinstance(version, int | None) or not all(
            isinstance(text, str | None) for text in (condition, reason)
        ):
            raise wrong_body("`version` is a number, `condition` and `reason` are texts")
        which = name if version is None else f"{name}/{version}"
        await self.answer(
            lambda: _api().promote(
                which, alias, project_folder(self), condition=condition or None, reason=reason or ""
            )
        )


class AliasHandler(DagbookHandler):
    """One alias of a model."""

    @authenticated
    @authorized
    async def delete(self, name: str, alias: str) -> None:
        """Have it mean nothing."""
        await self.answer(lambda: _api().demote(name, alias, project_folder(self)))


MODEL_ROUTES: Final[tuple[tuple[str, type[DagbookHandler]], ...]] = (
    (r"dagbook/api/models", ModelsHandler),
    (r"dagbook/api/models/([^/]+)", ModelHandler),
    (r"dagbook/api/models/([^/]+)/promote", PromoteHandler),
    (r"dagbook/api/models/([^/]+)/aliases/([^/]+)", AliasHandler),
)
"""Paths below the server's base URL."""


def project_folder(handler: DagbookHandler) -> Path:
    """The project that the query argument `project` names; the root's when none is. Raises NotFound."""
    wanted = handler.get_query_argument("project", ".")
    for project in handler.projects.all():
        if wanted in (project.name, "."):
            return project.folder
    raise NotFound(
        Finding(
            code="unknown-project", message=f"this server shows no project '{wanted[:80]}'",
            remedy="models are listed with their project by GET dagbook/api/models",
        )
    )  # fmt: skip


def texts_of(body: dict[str, Any], *keys: str) -> list[str]:
    """These keys of a body. Raises InvalidInput where one is no text."""
    found = [body.get(key) for key in keys]
    if not all(isinstance(text, str) and text for text in found):
        raise wrong_body(f"{' and '.join(f'`{key}`' for key in keys)} must be given, as text")
    return [str(text) for text in found]


def wrong_body(said: str) -> InvalidInput:
    """What to raise for a body that is not as it should be."""
    return InvalidInput(Finding(code="bad-body", message=said, remedy="see docs/reference/rest.md"))


def _is_texts(tags: object) -> bool:
    return isinstance(tags, dict) and all(isinstance(value, str) for value in tags.values())


def _api() -> Any:
    from dagbook.api import models  # slow, and most servers are never asked

    return models
