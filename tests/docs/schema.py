"""Writes the published JSON Schema of the pipeline file: `python -m tests.docs.schema`.

Where the spec takes short forms (`rows: 1797`, `timeout: 30m`, `needs: prepare`) pydantic's schema knows only
the long one; the short ones are added here.
"""

from __future__ import annotations

import json
from typing import Any

from dagbook.pipeline.on_spec import EVENTS
from dagbook.pipeline.spec import PipelineSpec
from tests.architecture.sources import PACKAGE, ROOT

PLACES = (
    PACKAGE / "schemas" / "pipeline.schema.json",
    ROOT / "docs" / "reference" / "pipeline.schema.json",
)
DURATION = {"type": "string", "pattern": r"^\s*[0-9]+(\.[0-9]+)?\s*(ms|s|m|h|d)?\s*$"}
PACKAGES = {"type": "array", "items": {"type": "string"}}
SIZE = {"type": "string", "pattern": r"^\s*[0-9]+(\.[0-9]+)?\s*([kKMGT]i?)?B?\s*$"}
CPU = {"type": "string", "pattern": r"^\s*[0-9]+(\.[0-9]+)?m?\s*$"}
NO_MAPPING = {"type": ["string", "number", "boolean", "null", "array"], "description": "Its default"}


def schema_text() -> str:
    """The schema as it is to be published."""
    schema = PipelineSpec.model_json_schema(by_alias=True)
    parts = schema["$defs"]
    for settings in (parts["NodeSettings"], parts["NodeSpec"]):
        properties = settings["properties"]
        for name in ("timeout", "cell_timeout"):
            properties[name]["anyOf"].insert(0, DURATION)
        properties["retries"]["anyOf"].insert(0, {"type": "integer", "minimum": 0})
        properties["environment"]["anyOf"].insert(0, PACKAGES)
    for name in ("backoff", "max_backoff"):
        parts["RetriesSpec"]["properties"][name]["anyOf"].insert(0, DURATION)
    _also(parts["RetriesSpec"]["properties"]["on"], {"type": "string"})
    parts["ResourcesSpec"]["properties"]["cpu"]["anyOf"].insert(0, CPU)
    parts["ResourcesSpec"]["properties"]["memory"]["anyOf"].insert(0, SIZE)
    parts["NodeSpec"]["properties"]["approve"]["anyOf"].insert(0, {"type": "string"})
    parts["NodeSpec"]["properties"]["predict"] = {
        **parts["NodeSpec"]["properties"]["predict"]["anyOf"][0],
        **{
            key: value
            for key, value in parts["NodeSpec"]["properties"]["predict"].items()
            if key not in {"anyOf", "default"}
        },
    }
    parts["NodeSpec"]["properties"]["register"]["anyOf"].insert(0, {"type": "string"})
    parts["ApproveSpec"]["properties"]["timeout"]["anyOf"].insert(0, DURATION)
    _also(parts["ApproveSpec"]["properties"]["by"], {"type": "string"})
    _also(parts["NodeSpec"]["properties"]["mutex"], {"type": "string"})
    # A node is one of the two.
    parts["NodeSpec"]["oneOf"] = [{"required": [work]} for work in ("notebook", "pipeline", "predict")]
    parts["NodeSpec"]["properties"]["when"]["anyOf"].insert(0, {"type": "boolean"})
    _also(parts["NodeSpec"]["properties"]["needs"], {"type": "string"})
    parts["HookSpec"]["properties"]["timeout"]["anyOf"] = [
        DURATION,
        {"type": "number", "exclusiveMinimum": 0},
    ]
    parts["HookSpec"]["properties"]["timeout"].pop("type", None)
    for event in EVENTS:
        _hooks(parts["OnSpec"]["properties"][event])
    params = schema["properties"]["params"]
    params["additionalProperties"] = {"anyOf": [params["additionalProperties"], NO_MAPPING]}
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": "Dagbook pipeline",
    }
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _hooks(field: dict[str, Any]) -> None:
    """Let a list of hooks be one of them, and a hook be the notebook's path alone."""
    hook = {"anyOf": [{"type": "string"}, field.pop("items")]}
    field["anyOf"] = [*hook["anyOf"], {"type": field.pop("type"), "items": hook}]


def _also(field: dict[str, Any], short: dict[str, Any]) -> None:
    """Let the field take the short form too."""
    long = {key: field.pop(key) for key in ("type", "items") if key in field}
    field["anyOf"] = [short, long]


if __name__ == "__main__":
    for place in PLACES:
        place.write_text(schema_text(), encoding="utf-8")
