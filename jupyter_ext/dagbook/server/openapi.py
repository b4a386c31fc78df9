"""The OpenAPI document of our routes, made from the routes themselves. Slow to import."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Sequence
from http import HTTPStatus
from typing import Any, Final

from pydantic.json_schema import models_json_schema

from dagbook.server.handlers import DagbookHandler, NothingHandler
from dagbook.server.questions import BODIES, QUERIES
from dagbook.version import __version__

VERBS: Final = ("get", "post", "put", "patch", "delete")
_GROUP: Final = re.compile(r"\([^()]*\)")
# Where an answer is something else than 200.
_STATUS: Final = {
    "POST dagbook/api/runs": 201,
    "POST dagbook/api/runs/{run}/resume": 202,
    "POST dagbook/api/runs/{run}/retry": 202,
    "POST dagbook/api/runs/{run}/steps/{step}/open": 201,
    "POST dagbook/api/pipeline/draft": 201,
    "POST dagbook/api/schedules": 201,
    "DELETE dagbook/api/schedules/{name}": 204,
    "POST dagbook/api/schedules/{name}/run": 201,
    "POST dagbook/api/services": 201,
}
_KINDS: Final = {
    "GET dagbook/api/tracked/runs/{run}/download": "application/octet-stream",
    "GET dagbook/api/runs/{run}/report": "text/html",
}
_ERRORS: Final = {
    "400": "What was asked is wrong; `findings` says all that is.",
    "403": "Without the server's token, or not allowed by its authorizer.",
    "404": "There is no such thing.",
    "409": "A driver is at the run, or the model is served already.",
    "429": "Too many runs go on or wait already.",
    "503": "The machine or MLflow's store is in the way.",
}
_FINDING: Final = {
    "type": "object",
    "required": ["code", "message", "remedy"],
    "properties": {name: {"type": "string"} for name in ("code", "message", "remedy")},
}
_ERROR: Final = {
    **_FINDING,
    "properties": {
        **_FINDING["properties"],  # type: ignore[dict-item]
        "findings": {"type": "array", "items": {"$ref": "#/components/schemas/Finding"}},
    },
}

Routes = Sequence[tuple[str, type[DagbookHandler]]]


def document(routes: Routes, base_url: str) -> dict[str, Any]:
    """The document, OpenAPI 3.1; paths are below `base_url`."""
    paths: dict[str, dict[str, Any]] = {}
    _, bodies = models_json_schema(
        [(model, "validation") for model in dict.fromkeys(BODIES.values())],
        ref_template="#/components/schemas/{model}",
    )
    for verb, template, handler, method in operations(routes):
        paths.setdefault(f"/{template}", {})[verb] = _operation(verb, template, handler, method)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Dagbook",
            "version": __version__,
            "summary": "Runs of notebooks and pipelines, recorded runs, schedules, models and services.",
        },
        "servers": [{"url": base_url}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "token": {
                    "type": "apiKey", "in": "header", "name": "Authorization",
                    "description": "`token …`, the Jupyter server's own",
                }
            },
            "schemas": {**bodies.get("$defs", {}), "Finding": _FINDING, "Error": _ERROR},
        },
    }  # fmt: skip


def operations(routes: Routes) -> Iterator[tuple[str, str, type[DagbookHandler], Callable[..., Any]]]:
    """Verb, path with names in braces, handler and method; where a path stands twice, those that answer."""
    seen: set[str] = set()
    for pattern, handler in routes:
        if pattern in seen or issubclass(handler, NothingHandler):
            continue
        seen.add(pattern)
        for verb in VERBS:
            method = getattr(handler, verb)
            if method.__module__.startswith("dagbook."):
                yield verb, _template(pattern, method), handler, method


def _template(pattern: str, method: Callable[..., Any]) -> str:
    names = iter(_names(method))
    return _GROUP.sub(lambda _: f"{{{next(names)}}}", pattern).replace("\\.", ".")


def _names(method: Callable[..., Any]) -> list[str]:
    """What the parts of the path are called, which the method takes."""
    return list(inspect.signature(inspect.unwrap(method)).parameters)[1:]


def _operation(
    verb: str, template: str, handler: type[DagbookHandler], method: Callable[..., Any]
) -> dict[str, Any]:
    route = f"{verb.upper()} {template}"
    operation: dict[str, Any] = {
        "operationId": f"{verb}{handler.__name__.removesuffix('Handler')}",
        "summary": _first_line(handler),
        "description": inspect.getdoc(method) or "",
        "tags": [_tag(template)],
        "parameters": [
            *({"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
              for name in _names(method)),
            *({"name": name, "in": "query", "schema": schema}
              for name, schema in QUERIES.get(route, {}).items()),
        ],
        "responses": _responses(route),
    }  # fmt: skip
    if (body := BODIES.get(route)) is not None:
        schema = {"$ref": f"#/components/schemas/{body.__name__}"}
        operation["requestBody"] = {"content": {"application/json": {"schema": schema}}}
    return operation


def _responses(route: str) -> dict[str, Any]:
    status = _STATUS.get(route, 200)
    kind = _KINDS.get(route, "application/json")
    done: dict[str, Any] = {"description": "Done."}
    if status != HTTPStatus.NO_CONTENT:
        done["content"] = {kind: {}}
    wrong = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    return {
        str(status): done,
        **{code: {"description": said, "content": wrong} for code, said in _ERRORS.items()},
    }


def _first_line(handler: type[DagbookHandler]) -> str:
    return (inspect.getdoc(handler) or "").partition("\n")[0]


def _tag(template: str) -> str:
    """The part of the routes that a path belongs to."""
    return template.removeprefix("dagbook/api/").partition("/")[0]
