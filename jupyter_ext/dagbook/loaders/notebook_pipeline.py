"""A notebook alone as a pipeline of one node: what it was given, and a matrix where values are swept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from dagbook.loaders.folder import node_name
from dagbook.loaders.notebooks import SUFFIXES
from dagbook.loaders.pipeline_file import LoadedPipeline
from dagbook.notebook.values import Secret
from dagbook.pipeline.names import name_problem
from dagbook.pipeline.spec import NodeSpec, ParamSpec, PipelineSpec


def is_notebook(path: Path) -> bool:
    """Whether the path is that of a notebook, and not of a pipeline file."""
    return path.suffix in SUFFIXES


def pipeline_of_notebook(
    file: Path, given: Mapping[str, object], sweep: Mapping[str, Sequence[object]]
) -> LoadedPipeline:
    """The pipeline that runs one notebook; `given` and `sweep` were held against its parameters before.

    What is given becomes a parameter of the pipeline, so that the run says what it was started with. What is
    swept becomes the matrix of the node, one step for each combination.
    """
    params: dict[str, ParamSpec] = {}
    written: dict[str, Any] = {name: f"${{item.{name}}}" for name in sweep}
    for name, value in given.items():
        if name_problem(name) or name.casefold() in {taken.casefold() for taken in params}:
            written[name] = _literal(value)  # a notebook may have a parameter called `env`, a pipeline not
        else:
            params[name] = _as_param(value)
            written[name] = f"${{params.{name}}}"
    node = NodeSpec(
        notebook=file.name, params=written, matrix={name: list(values) for name, values in sweep.items()}
    )
    spec = PipelineSpec(pipeline=file.stem, params=params, nodes={node_name(file.stem, {}): node})
    return LoadedPipeline(spec=spec, file=file.resolve(), shown=str(file))


def _as_param(value: object) -> ParamSpec:
    return ParamSpec(secret=value.name) if isinstance(value, Secret) else ParamSpec(default=value)


def _literal(value: object) -> object:
    """The value as a template that stands for just it."""
    if isinstance(value, str):
        return value.replace("${", "$${")
    if isinstance(value, list):
        return [_literal(element) for element in value]
    if isinstance(value, dict):
        return {key: _literal(element) for key, element in value.items()}
    return value
