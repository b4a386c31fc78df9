"""Specs and facts in few words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dagbook.notebook.outputs import PublishedOutputs
from dagbook.notebook.parameters import Parameter, declared_parameters
from dagbook.pipeline.facts import NotebookFacts
from dagbook.pipeline.spec import PipelineSpec
from tests.unit.notebook.notebooks import with_parameters


def spec(nodes: Mapping[str, Mapping[str, Any]], **settings: Any) -> PipelineSpec:
    """A pipeline whose nodes need no `notebook:`."""
    written = {
        name: dict(node) if "predict" in node else {"notebook": f"{name}.ipynb", **node}
        for name, node in nodes.items()
    }
    return PipelineSpec.model_validate({"pipeline": "p", "nodes": written, **settings})


def parameters(source: str) -> tuple[Parameter, ...] | None:
    return declared_parameters(with_parameters(source))


def facts(name: str, declares: str | None = "", publishes: str = "", **others: Any) -> NotebookFacts:
    """What is known of a notebook: its parameters cell, and what it publishes; `…` for perhaps more."""
    names = tuple(word for word in publishes.split() if word != "…")
    return NotebookFacts(
        path=f"/p/{name}.ipynb",
        parameters=None if declares is None else parameters(declares),
        published=PublishedOutputs(names=names, complete="…" not in publishes.split()),
        **{"cells": {1: f"code of {name}"}, **others},
    )
