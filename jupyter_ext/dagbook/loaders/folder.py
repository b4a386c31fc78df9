"""A first pipeline file for a folder of notebooks, from what they declare: parameters against outputs."""

from __future__ import annotations

import io
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from dagbook.errors import Finding, InvalidInput
from dagbook.notebook.parameters import MISSING, Parameter
from dagbook.pipeline.facts import NotebookFacts
from dagbook.pipeline.names import name_problem

NOTEBOOK_SUFFIXES = (".ipynb",)
_LONGEST = 50
"""Letters of a node's name that is taken from a file; leaves room for a number."""


def notebooks_in(folder: Path) -> dict[str, Path]:
    """Node name → notebook, for every notebook directly in the folder, in the order of their names."""
    if not folder.is_dir():
        raise InvalidInput(
            Finding(
                code="no-folder",
                message="there is no such folder",
                remedy="name a folder of notebooks",
                file=str(folder),
            )
        )
    found: dict[str, Path] = {}
    for path in sorted(folder.glob("*.ipynb")):
        if not path.name.startswith("."):
            found[node_name(path.stem, found)] = path
    if not found:
        raise InvalidInput(
            Finding(
                code="no-notebooks",
                message="the folder holds no notebooks",
                file=str(folder),
                remedy="name a folder with .ipynb files",
            )
        )
    return found


def write_pipeline(name: str, facts: Mapping[str, NotebookFacts], folder: Path) -> str:
    """The text of a pipeline file that chains the notebooks: a parameter takes the output of its name."""
    makers: dict[str, list[str]] = {}
    for node, fact in facts.items():
        for output in fact.published.names:
            makers.setdefault(output, []).append(node)
    nodes: dict[str, Any] = {}
    shared: dict[str, Any] = {}
    upstream: dict[str, set[str]] = {node: set() for node in facts}
    for node, fact in facts.items():
        written: dict[str, Any] = {"notebook": os.path.relpath(fact.path, folder.resolve())}
        params: dict[str, Any] = {}
        for parameter in fact.parameters or ():
            source = [maker for maker in makers.get(parameter.name, []) if _may_feed(maker, node, upstream)]
            if source:
                upstream[node].add(source[0])
                params[parameter.name] = f"${{{source[0]}.{parameter.name}}}"
            elif _can_be_shared(parameter, shared):
                shared[parameter.name] = parameter.default
                params[parameter.name] = f"${{params.{parameter.name}}}"
        if params:
            written["params"] = params
        nodes[node] = written
    content: dict[str, Any] = {"pipeline": name}
    if shared:
        content["params"] = shared
    content["nodes"] = nodes
    return _to_yaml(content)


def _may_feed(maker: str, node: str, upstream: Mapping[str, set[str]]) -> bool:
    """Whether `node` can take what `maker` publishes without closing a circle."""
    above, front = {maker}, [maker]
    while front:
        new = upstream[front.pop()] - above
        above |= new
        front += new
    return node not in above


def _can_be_shared(parameter: Parameter, shared: Mapping[str, Any]) -> bool:
    """Whether a parameter of the pipeline can stand for it, and for all of its name."""
    default = parameter.default
    if default is MISSING or not isinstance(default, str | int | float | bool):
        return False
    if parameter.name in shared:
        # Another default is another meaning, or a choice of its own: the notebook keeps it.
        return type(shared[parameter.name]) is type(default) and shared[parameter.name] == default
    taken = {name.casefold() for name in shared}
    return name_problem(parameter.name) is None and parameter.name.casefold() not in taken


def node_name(stem: str, taken: Mapping[str, Path]) -> str:
    """A name for the node of a notebook file: a word that is near to the file's, and not taken."""
    # `²` counts as alphanumeric, and cannot be part of a name.
    name = "".join(letter if f"x{letter}".isidentifier() else "_" for letter in stem).strip("_") or "notebook"
    # `01_prepare` sorts files; the order is in the graph now.
    name = (name.lstrip("0123456789_") or f"n{name}")[:_LONGEST]
    name = name if name.isidentifier() else f"n{name}"
    if name_problem(name):
        name = f"{name}_"
    folded = {other.casefold() for other in taken}
    number, candidate = 2, name
    while candidate.casefold() in folded:
        candidate, number = f"{name}_{number}", number + 1
    return candidate


def _to_yaml(content: Mapping[str, Any]) -> str:
    yaml = YAML()
    yaml.indent(mapping=2, sequence=4, offset=2)
    out = io.StringIO()
    yaml.dump(dict(content), out)
    return out.getvalue()
