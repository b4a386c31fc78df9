"""Argo's own schemas of its objects, made strict; they lie beside the project, in ../shared/argo."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import jsonschema
import pytest

from tests.architecture.sources import ROOT

FOLDER = next(
    (folder / "shared" / "argo" for folder in ROOT.parents if (folder / "shared" / "argo").is_dir()),
    ROOT.parent / "shared" / "argo",
)
PLURALS = {"Workflow": "workflows", "WorkflowTemplate": "workflowtemplates", "CronWorkflow": "cronworkflows"}


def complaints(document: dict[str, Any]) -> list[str]:
    """What Argo's schema for the document's kind has against it."""
    if not FOLDER.is_dir():
        pytest.skip(f"Argo's schemas are not here: {FOLDER}")
    return [
        f"{'.'.join(map(str, error.absolute_path))}: {error.message}"
        for error in _validator(PLURALS[document["kind"]]).iter_errors(document)
    ]


@cache
def _validator(plural: str) -> jsonschema.Draft202012Validator:
    content = json.loads((FOLDER / f"{plural}.crd.json").read_text("utf-8"))
    return jsonschema.Draft202012Validator(strict(content["openAPIV3Schema"]))


def strict(schema: Any) -> Any:
    """The schema with unknown fields refused, and Kubernetes' integer-or-text in JSON Schema."""
    if isinstance(schema, list):
        return [strict(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("x-kubernetes-int-or-string"):
        return {"type": ["integer", "string"]}
    made = {key: strict(value) for key, value in schema.items()}
    if isinstance(schema.get("properties"), dict):
        made["properties"] = {name: strict(one) for name, one in schema["properties"].items()}
        free = schema.get("x-kubernetes-preserve-unknown-fields") or "additionalProperties" in schema
        # Of metadata, the definitions of objects say nothing but that it is one.
        if not free and schema["properties"]:
            made["additionalProperties"] = False
    return made
