"""What the launch routes do, without the web: requests as mappings, answers as JSON. Call it in a thread.

Imported when the first of these routes is asked, since what lies below is slow to import.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from dagbook.api.approve import approve
from dagbook.api.launch import Field, Launchable, Wish, open_launchable
from dagbook.api.planning import Choices
from dagbook.api.run import find, start
from dagbook.engine.queries import Queries
from dagbook.errors import EnvironmentFault, Finding, InvalidInput, NotFound
from dagbook.notebook import types
from dagbook.notebook.defaults import Unevaluated
from dagbook.notebook.new_defaults import NoPlace, new_defaults
from dagbook.notebook.parameters import MISSING
from dagbook.notebook.text_of import text_of
from dagbook.notebook.values import UnsupportedValue, decode, encode
from dagbook.pipeline.plan import Plan
from dagbook.pipeline.selection import Selection

PIPELINE_SUFFIXES: Final = (".pipeline.yaml", ".pipeline.yml")
_LONGEST_NAME: Final = 255
_DEPTH: Final = 4
_MOST_FILES: Final = 500
_PASSED_OVER: Final = frozenset({"node_modules", "__pycache__", "site-packages"})


def file_at(root: Path, path: str) -> Path:
    """The file of that path below the server's root folder.

    Raises:
        InvalidInput: the path leads out of the root, or to what is hidden.
        NotFound: there is no such file.
    """
    file = place_at(root, path)
    if not file.is_file():
        raise NotFound(
            Finding(
                code="no-such-file", message=f"there is no file {path}", remedy="check the path", file=path
            )
        )
    return file


def place_at(root: Path, path: str) -> Path:
    """Where that path leads below the server's root folder, whether something is there or not.

    Raises:
        InvalidInput: the path leads out of the root, by itself or by a link, or to what is hidden.
    """
    parts = Path(path.strip("/")).parts
    place = root.joinpath(*parts)
    if (
        not parts
        or "\0" in path
        or any(part.startswith(".") or not _is_name(part) for part in parts)
        or not place.resolve().is_relative_to(root.resolve())
    ):
        raise InvalidInput(
            Finding(
                code="bad-path", message=f"{path[:200]!r} is no path below the server's root folder",
                remedy="give it as the file browser shows it: folder/notebook.ipynb",
            )
        )  # fmt: skip
    return place


def _is_name(part: str) -> bool:
    """Whether a file could be called so."""
    try:
        return len(part.encode()) <= _LONGEST_NAME
    except UnicodeEncodeError:  # half a character
        return False


def described(root: Path, path: str) -> dict[str, Any]:
    """What a notebook or a pipeline takes, for a form."""
    source = open_launchable(file_at(root, path))
    return {
        "path": path,
        "kind": source.kind,
        "name": source.name,
        "description": source.description,
        "cell": source.cell_id or None,
        "parameters": None if source.fields is None else [_field(field) for field in source.fields],
    }


def planned(root: Path, body: Mapping[str, Any]) -> dict[str, Any]:
    """What a run would do: every step with its action and the reason."""
    source, wish = _read(root, body)
    prepared = source.prepare(wish)
    return {**describe_plan(prepared.plan), "warnings": [finding.to_json() for finding in prepared.warnings]}


def started(root: Path, body: Mapping[str, Any]) -> dict[str, Any]:
    """Start a run, whose driver needs neither the browser nor the server; its id.

    Raises:
        InvalidInput: something is wrong with what was asked; nothing was started.
        EnvironmentFault: the machine is in the way.
    """
    source, wish = _read(root, body)
    prepared = source.prepare(wish)
    run = start(prepared)
    if not run.has_begun():
        said = (run.driver_said().splitlines() or ["it left no word"])[-1]
        raise EnvironmentFault(
            Finding(
                code="driver-died", message=f"the driver of run {run.id} died: {said}",
                remedy="see its log in the run's folder", file=str(run.folder),
            )
        )  # fmt: skip
    return {"run": run.id, "pipeline": prepared.plan.pipeline, "steps": len(prepared.plan.steps)}


def cancelled(folder: Path, queries: Queries, run: str) -> dict[str, Any]:
    """Ask a run to end; its state now. What was published stays. A run that is over stays as it is."""
    state = queries.state(run).state
    if state == "running":
        find(run, folder).cancel(by="panel")
    return {"run": run, "state": state, "asked": state == "running"}


def approved(folder: Path, run: str, body: Mapping[str, Any], by: str | None) -> dict[str, Any]:
    """Answer for steps that wait for a person: `{"step", "reject", "comment"}`, all of them optional.

    Raises:
        InvalidInput: nobody was asked, or somebody else was; or the body is wrong.
    """
    kinds = {"step": str, "reject": bool, "comment": str}
    if wrong := [key for key, value in body.items() if not isinstance(value, kinds.get(key, type(None)))]:
        raise InvalidInput(
            Finding(
                code="bad-body", message=f"the request cannot be read: {', '.join(map(repr, wrong))}",
                remedy="see docs/reference/rest.md",
            )
        )  # fmt: skip
    answers = approve(
        find(run, folder), body.get("step"), reject=body.get("reject", False),
        comment=body.get("comment", ""), by=by,
    )  # fmt: skip
    return {"run": run, "steps": list(answers)}


def edited_defaults(body: Mapping[str, Any]) -> dict[str, Any]:
    """Other defaults for the source of a parameters cell: `{"edits": [{"start", "end", "text"}]}`.

    Places are counted in UTF-16 units, as JavaScript counts. Raises InvalidInput.
    """
    source, values = body.get("source"), body.get("values")
    if not isinstance(source, str) or not isinstance(values, dict):
        raise InvalidInput(
            Finding(
                code="bad-body", message="the request needs `source` and `values`",
                remedy="see docs/reference/rest.md",
            )
        )  # fmt: skip
    try:
        edits = new_defaults(source, {name: decode(value) for name, value in values.items()})
    except (NoPlace, UnsupportedValue) as error:
        raise InvalidInput(
            Finding(
                code="no-default", message=str(error), remedy="write it into the parameters cell by hand",
                parameter=getattr(error, "name", None),
            )
        ) from error  # fmt: skip
    return {
        "edits": [
            {"start": _units(source[: edit.start]), "end": _units(source[: edit.end]), "text": edit.text}
            for edit in edits
        ]
    }


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def launchables(root: Path) -> dict[str, Any]:
    """The pipeline files and notebooks at and below the root, by their paths."""
    found: dict[str, list[str]] = {"pipelines": [], "notebooks": []}
    for path in _files(root, _DEPTH):
        kind = "pipelines" if path.name.endswith(PIPELINE_SUFFIXES) else "notebooks"
        if len(found[kind]) < _MOST_FILES:
            found[kind].append(path.relative_to(root).as_posix())
    return {kind: sorted(paths) for kind, paths in found.items()}


def describe_plan(plan: Plan) -> dict[str, Any]:
    """A plan as the form shows it."""
    return {
        "pipeline": plan.pipeline,
        "counts": plan.counts(),
        "steps": [
            {
                "step": step.step, "node": step.node, "needs": list(step.needs), "item": step.item,
                "action": step.action, "reason": step.reason,
            }
            for step in plan.steps
        ],
    }  # fmt: skip


def _files(folder: Path, depth: int) -> Iterator[Path]:
    try:
        with os.scandir(folder) as entries:
            inside = sorted(entries, key=lambda entry: entry.name)
    except OSError:  # not ours to read, or just deleted
        return
    for entry in inside:
        if entry.name.startswith(".") or entry.name in _PASSED_OVER:
            continue
        if entry.is_dir(follow_symlinks=False):
            if depth > 0:
                yield from _files(Path(entry.path), depth - 1)
        elif entry.name.endswith((*PIPELINE_SUFFIXES, ".ipynb")):
            yield Path(entry.path)


def _read(root: Path, body: Mapping[str, Any]) -> tuple[Launchable, Wish]:
    wrong = [f"'{key}'" for key in body if key not in _KEYS]
    wrong += [f"'{key}'" for key, kind in _KEYS.items() if key in body and not isinstance(body[key], kind)]
    texts = [body.get("texts", {}), body.get("secrets", {})]
    if not wrong and not all(isinstance(text, str) for mapping in texts for text in mapping.values()):
        wrong = ["'texts' or 'secrets'"]
    if not wrong and not all(isinstance(values, str | list) for values in body.get("sweep", {}).values()):
        wrong = ["'sweep'"]
    if wrong or "path" not in body:
        raise InvalidInput(
            Finding(
                code="bad-body", message=f"the request cannot be read: {', '.join(wrong) or 'no path'}",
                remedy="see docs/reference/rest.md",
            )
        )  # fmt: skip
    jobs = body.get("jobs")
    choices = Choices(
        use_cache=body.get("use_cache", True),
        keep_failed=body.get("keep_failed"),
        selection=Selection(
            only=tuple(map(str, body.get("only", []))),
            start=tuple(map(str, body.get("start", []))),
            until=tuple(map(str, body.get("until", []))),
            accept=tuple(map(str, body.get("accept", []))),
        ),
        tags={name: str(value) for name, value in body.get("tags", {}).items()},
        jobs=None if jobs is None else max(1, min(jobs, 512)),
    )
    try:
        params = {name: decode(value) for name, value in body.get("params", {}).items()}
    except (UnsupportedValue, ValueError) as error:
        raise InvalidInput(
            Finding(code="parameter-value", message=f"'params': {error}", remedy="see docs/reference/rest.md")
        ) from error
    wish = Wish(
        params=params, texts=body.get("texts", {}), secrets=body.get("secrets", {}),
        sweep=body.get("sweep", {}), choices=choices,
    )  # fmt: skip
    return open_launchable(file_at(root, body["path"])), wish


_KEYS: Final[Mapping[str, type]] = {
    "path": str, "params": dict, "texts": dict, "secrets": dict, "sweep": dict, "only": list, "jobs": int,
    "use_cache": bool, "tags": dict, "keep_failed": str, "start": list, "until": list, "accept": list,
}  # fmt: skip


def _field(field: Field) -> dict[str, Any]:
    return {
        "name": field.name,
        "type": types.describe(field.type),
        "kind": field.type.kind,
        "optional": field.type.optional,
        "choices": [text_of(choice) for choice in field.type.choices],
        "required": field.required,
        "default": _default(field.default),
        "computed": isinstance(field.default, Unevaluated),
        "help": field.help,
        "secret": field.secret,
        "cell": field.cell,
    }


def _default(default: object) -> str | None:
    """The default as one would type it; the source where it is computed."""
    if default is MISSING:
        return None
    if isinstance(default, Unevaluated):
        return default.source
    try:
        encode(default)
    except UnsupportedValue:
        return str(default)
    return text_of(default)
