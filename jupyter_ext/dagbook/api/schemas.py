"""The JSON Schemas that we publish: of pipeline files, and of what commands answer with `--json`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from importlib.resources import files
from typing import Any, Final

from dagbook.errors import Finding, NotFound, did_you_mean

PIPELINE: Final = "pipeline"
_REF: Final = "#/$defs/"


def pipeline_schema() -> dict[str, Any]:
    """Of a pipeline file."""
    return _read("pipeline.schema.json")


def answer_names() -> list[str]:
    """The commands whose answers have a schema, such as `show` and `models list`."""
    return [name for name in _read("answers.schema.json")["$defs"] if name[0].islower()]


def schema_named(name: str) -> dict[str, Any]:
    """Of pipeline files for `pipeline`, else of the answer of the command of that name.

    Raises:
        NotFound: there is none.
    """
    if name == PIPELINE:
        return pipeline_schema()
    whole = _read("answers.schema.json")
    parts = whole["$defs"]
    known = [PIPELINE, *answer_names()]
    if name not in known:
        raise NotFound(
            Finding(
                code="no-schema",
                message=f"there is no schema of '{name}'",
                remedy=did_you_mean(name, known),
            )
        )
    used = dict.fromkeys(_used(parts[name], parts))
    return {
        "$schema": whole["$schema"], "title": f"What `dagbook {name} --json` answers", **parts[name],
        "$defs": {part: parts[part] for part in used},
    }  # fmt: skip


def _used(schema: Any, parts: Mapping[str, Any]) -> Iterator[str]:
    """The parts that a schema refers to, and those that these refer to. No part refers to itself."""
    if isinstance(schema, list):
        for one in schema:
            yield from _used(one, parts)
    elif isinstance(schema, dict):
        for key, value in schema.items():
            if key == "$ref":
                name = value.removeprefix(_REF)
                yield name
                yield from _used(parts[name], parts)
            else:
                yield from _used(value, parts)


def _read(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(files("dagbook").joinpath("schemas", name).read_text("utf-8"))
    return found
