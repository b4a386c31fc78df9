"""What the routes of `attach_handlers` do, without the web. Call it in a thread; slow to import."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dagbook.api.attaching import attach, continue_, release
from dagbook.api.run import find
from dagbook.errors import Finding, InvalidInput
from dagbook.server.launching import file_at
from dagbook.server.projects import Projects


def attached(projects: Projects, run: str, step: str) -> dict[str, Any]:
    """The copy to go on in, its path as the file browser shows it, and the kernel's connection file."""
    found = attach(find(run, projects.of_run(run).folder), step, within=projects.root)
    return {
        "run": run, "step": step, "path": projects.shown_path(str(found.path.resolve())),
        "connection": found.connection, "until": found.until, "cell": found.cell,
    }  # fmt: skip


def continued(
    projects: Projects, run: str, step: str, body: Mapping[str, Any], by: str | None
) -> dict[str, Any]:
    """Go on from a step that was finished by hand. Body: `path` of the notebook, unless it is the copy."""
    path = body.get("path", "")
    if not isinstance(path, str) or body.keys() - {"path"}:
        raise InvalidInput(
            Finding(
                code="bad-body", message="the request may have `path` alone, a text",
                remedy="see docs/reference/rest.md",
            )
        )  # fmt: skip
    notebook = file_at(projects.root, path) if path else None
    return continue_(find(run, projects.of_run(run).folder), step, notebook=notebook, by=by)


def released(projects: Projects, run: str, step: str) -> dict[str, Any]:
    """Let a kept kernel go."""
    return release(find(run, projects.of_run(run).folder), step)
