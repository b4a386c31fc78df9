"""What the routes of `run_handlers` do, without the web. Call it in a thread; slow to import."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

from dagbook.api.removal import rm
from dagbook.api.resume import resume, retry
from dagbook.api.run import Run, find
from dagbook.errors import EnvironmentFault, Finding, InvalidInput
from dagbook.notebook.values import UnsupportedValue, decode
from dagbook.server.previews import preview_of
from dagbook.server.projects import Projects

_MOST_NAMES: Final = 500
_WAYS: Final = (None, "as-planned", "changed")


def resumed(projects: Projects, run: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """Do what the run has not finished. Body: `way`, `jobs`, `keep_failed`."""
    _require(body, {"way": str, "jobs": int, "keep_failed": str})
    found = _found(projects, run)
    return _begun(resume(found, wait=False, **_choices(body)))


def retried(projects: Projects, run: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """Do again what failed, or `steps`; with `params` in a new run. Body: also that of `resumed`."""
    _require(body, {"way": str, "jobs": int, "keep_failed": str, "steps": list, "params": dict})
    try:
        params = {name: decode(value) for name, value in body.get("params", {}).items()}
    except (UnsupportedValue, ValueError) as error:
        raise InvalidInput(
            Finding(code="parameter-value", message=f"'params': {error}", remedy="see docs/reference/rest.md")
        ) from error
    steps = [str(step) for step in body.get("steps", [])]
    found = _found(projects, run)
    return _begun(retry(found, steps, wait=False, params=params, **_choices(body)))


def removed(projects: Projects, run: str, *, mlflow: bool) -> dict[str, Any]:
    """Remove the run for good."""
    return asdict(rm(_found(projects, run), mlflow=mlflow))


def opened(projects: Projects, run: str, step: str) -> dict[str, Any]:
    """Write a copy of the step's notebook with what the run gave it."""
    path = _found(projects, run).open(step, within=projects.root)
    return {"run": run, "step": step, "path": projects.shown_path(str(path.resolve()))}


def side_by_side(projects: Projects, run: str, limit: int) -> dict[str, Any]:
    """The runs of the same pipeline, newest first, and how each node came out."""
    return _found(projects, run).history(limit)


def values(projects: Projects, run: str, step: str) -> dict[str, Any]:
    """What a step was given and what it published."""
    return _found(projects, run).values(step)


def looked_at(projects: Projects, run: str, step: str, of: str, name: str) -> dict[str, Any]:
    """A file that a step was given (`of` is `input`) or published (`output`), as far as it can be shown."""
    if of not in {"input", "output"}:
        raise InvalidInput(
            Finding(code="bad-body", message=f"'of' is {of[:40]!r}", remedy="ask for an input or an output")
        )
    file = _found(projects, run).file(step, "input" if of == "input" else "output", name)
    told = {"path": file.name, "size": 0 if file.is_dir() else file.stat().st_size}
    if file.is_dir():
        inside = sorted(each.relative_to(file).as_posix() for each in file.rglob("*") if each.is_file())
        return {
            **told,
            "kind": "text",
            "text": "\n".join(inside[:_MOST_NAMES]),
            "cut": len(inside) > _MOST_NAMES,
        }
    return {**told, **preview_of(file)}


def reported(projects: Projects, run: str, best: str) -> tuple[str, bytes]:
    """A name for the run's report, and the page."""
    found = _found(projects, run)
    page = found.report(best or None).encode("utf-8", "replace")
    return f"{found.state.pipeline}-{run}.html", page


def _found(projects: Projects, run: str) -> Run:
    return find(run, projects.of_run(run).folder)


def _begun(run: Run) -> dict[str, Any]:
    """The run's id, once its driver has it."""
    if not run.has_begun():
        said = (run.driver_said().splitlines() or ["it left no word"])[-1]
        raise EnvironmentFault(
            Finding(
                code="driver-died",
                message=f"the driver of run {run.id} died: {said}",
                remedy="see its log in the run's folder",
                file=str(run.folder),
            )
        )
    return {"run": run.id}


def _choices(body: Mapping[str, Any]) -> dict[str, Any]:
    jobs = None if body.get("jobs") is None else max(1, min(int(body["jobs"]), 512))
    return {"way": body.get("way"), "jobs": jobs, "keep_failed": body.get("keep_failed")}


def _require(body: Mapping[str, Any], known: Mapping[str, type]) -> None:
    wrong = [f"'{key}'" for key, value in body.items() if not isinstance(value, known.get(key, type(None)))]
    if not wrong and body.get("way") not in _WAYS:
        wrong = ["'way'"]
    if wrong:
        raise InvalidInput(
            Finding(
                code="bad-body",
                message=f"the request cannot be read: {', '.join(wrong)}",
                remedy="see docs/reference/rest.md",
            )
        )
