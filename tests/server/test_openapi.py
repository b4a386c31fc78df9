"""The OpenAPI document, held against the routes, what they read, what they refuse, and the reference."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from pydantic import BaseModel
from tornado.httpclient import HTTPClientError
from tornado.web import RequestHandler

from dagbook.server.openapi import document
from dagbook.server.questions import BODIES, QUERIES
from dagbook.server.routes import EVERY_ROUTE
from tests.architecture.sources import ROOT
from tests.golden.runs import GoldenRuns
from tests.server.asking import EVERY, RUN, options_of, told

DOCUMENT = document(EVERY_ROUTE, "/")
ROUTES = [
    (verb, path.removeprefix("/"), operation)
    for path, verbs in DOCUMENT["paths"].items()
    for verb, operation in verbs.items()
]
HEADING = re.compile(r"^## (GET|POST|PATCH|DELETE) (dagbook/api/\S+)", re.MULTILINE)
# A value of another kind than that of the schema.
WRONG = {"string": 5, "integer": "x", "boolean": "x", "object": "x", "array": "x"}
SAMPLE = {"string": "x", "integer": 1, "boolean": True, "object": {}, "array": []}


def matching(path: tuple[str, ...]) -> str:
    """The path of the document that a request's path is."""
    asked = "/".join(("", "dagbook", "api", *path))
    return next(known for known in DOCUMENT["paths"] if re.fullmatch(re.sub(r"{\w+}", "[^/]+", known), asked))


def test_every_route_is_in_the_document_and_every_path_of_it_is_a_route():
    said = {(verb.upper(), f"/{path}") for verb, path, _ in ROUTES}
    assert said == {(verb, matching(path)) for verb, path in EVERY if path != ("elsewhere",)}
    assert len({operation["operationId"] for _, _, operation in ROUTES}) == len(ROUTES)
    assert set(BODIES) | set(QUERIES) <= {f"{verb.upper()} {path}" for verb, path, _ in ROUTES}


def test_every_reference_of_the_document_leads_somewhere():
    text = json.dumps(DOCUMENT)
    for name in set(re.findall(r"#/components/schemas/(\w+)", text)):
        assert name in DOCUMENT["components"]["schemas"], name
    for verb, path, operation in ROUTES:
        named = [given["name"] for given in operation["parameters"] if given["in"] == "path"]
        assert re.findall(r"{(\w+)}", path) == named, (verb, path)
        assert operation["summary"].endswith(".")


def test_the_pages_of_the_reference_have_a_section_for_each_route_and_no_other():
    pages = [(ROOT / "docs" / "reference" / name).read_text() for name in ("rest.md", "rest-tracked.md")]
    written: dict[tuple[str, str], str] = {}
    for page in pages:
        for section in re.split(r"^(?=## )", page, flags=re.MULTILINE):
            if found := HEADING.match(section):
                written[found[1], found[2]] = section
    told_of = {
        (verb.upper(), re.sub(r"{(\w+)}", lambda name: name[1].upper(), path)) for verb, path, _ in ROUTES
    }
    also = {route for route in told_of if route not in written and any(" ".join(route) in p for p in pages)}
    assert set(written) | also == told_of
    for verb, path, operation in ROUTES:
        section = written.get((verb.upper(), re.sub(r"{(\w+)}", lambda name: name[1].upper(), path)), "")
        for given in operation["parameters"]:
            if section and given["in"] == "query" and given["name"] != "project":
                assert given["name"] in section, (verb, path, given["name"])


async def test_the_server_gives_it(jp_fetch: Any, jp_base_url: str):
    given = await told(jp_fetch, "openapi.json")
    assert given["servers"] == [{"url": jp_base_url}]
    assert given["paths"] == DOCUMENT["paths"]


def sample(model: type[BaseModel]) -> dict[str, Any]:
    """A body with what must be in it, and nothing else."""
    schema = model.model_json_schema()
    return {name: SAMPLE[schema["properties"][name]["type"]] for name in schema.get("required", [])}


@pytest.mark.slow
async def test_routes_read_the_arguments_that_the_document_names(
    jp_fetch: Any, runs: GoldenRuns, monkeypatch: pytest.MonkeyPatch
):
    runs.add("success-matrix", run=RUN)
    read: set[str] = set()
    for reader in ("get_query_argument", "get_query_arguments"):
        given = getattr(RequestHandler, reader)

        def noting(self: Any, name: str, *rest: Any, given: Any = given, **named: Any) -> Any:
            read.add(name)
            return given(self, name, *rest, **named)

        monkeypatch.setattr(RequestHandler, reader, noting)
    for verb, path in EVERY:
        if path == ("elsewhere",):
            continue
        read.clear()
        route = f"{verb} {matching(path).removeprefix('/')}"
        options = options_of(verb)
        if route in BODIES:
            options["body"] = json.dumps(sample(BODIES[route]))
        with suppress(HTTPClientError):  # most are about what is not there; what counts was read before
            await jp_fetch("dagbook", "api", *path, **options)
        if not (runs.folder / RUN).exists():  # it was removed
            runs.add("success-matrix", run=RUN)
        assert read - {"token"} == set(QUERIES.get(route, {})), route


def wrong_bodies() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for route, model in BODIES.items():
        schema = model.model_json_schema()
        if model.model_config.get("extra") == "forbid":
            yield route, "zz", {**sample(model), "zz": 1}
        for name, field in schema.get("properties", {}).items():
            yield route, name, {**sample(model), name: WRONG[field["type"]]}


PATHS = {f"{verb} {matching(path).removeprefix('/')}": path for verb, path in EVERY if path != ("elsewhere",)}


@pytest.mark.slow
async def test_what_the_document_says_of_a_body_is_insisted_on(jp_fetch: Any, runs: GoldenRuns):
    runs.add("success-matrix", run=RUN)
    for route, key, body in wrong_bodies():
        verb = route.partition(" ")[0]
        said = await told(jp_fetch, *PATHS[route], method=verb, body=json.dumps(body), status=400)
        assert said["code"] in {"bad-body", "bad-run"}, (route, key, said)
