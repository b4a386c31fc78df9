"""A package as an MLflow Project: its entry point takes the parameters of the pipeline."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from io import StringIO
from typing import Any, Final

from ruamel.yaml import YAML

from dagbook.api.launch import Field
from dagbook.api.packages.manifest import LOCK
from dagbook.api.packing.wheel import WHEEL
from dagbook.errors import Finding
from dagbook.notebook import types
from dagbook.notebook.defaults import Unevaluated
from dagbook.notebook.text_of import text_of
from dagbook.notebook.values import UnsupportedValue, encode

MLPROJECT: Final = "MLproject"
PYTHON_ENV: Final = "python_env.yaml"

_COMMAND: Final = "python -m dagbook run . --same-environment"


def mlproject_text(name: str, fields: Iterable[Field]) -> str:
    """The file MLproject. MLflow's types are few: numbers are `float`, all else is `string`."""
    taken = [field for field in fields if mlflow_problem(field) is None]
    point: dict[str, Any] = {}
    if taken:
        point["parameters"] = {field.name: _parameter(field) for field in taken}
    point["command"] = " ".join([_COMMAND, *(f"-p {field.name}={{{field.name}}}" for field in taken)])
    return _yaml({"name": name, "python_env": PYTHON_ENV, "entry_points": {"main": point}})


def python_env_text(python: str, installer: str) -> str:
    """The file python_env.yaml: the Python, and the packages by their lock."""
    return _yaml(
        {"python": python, "build_dependencies": [installer], "dependencies": [f"-r {LOCK}", f"./{WHEEL}"]}
    )


def not_for_mlflow(fields: Iterable[Field]) -> Iterator[Finding]:
    """A warning for each parameter that `mlflow run` cannot set."""
    for field in fields:
        problem = mlflow_problem(field)
        if problem and field.secret is None:
            yield Finding(
                code="not-for-mlflow",
                message=f"`mlflow run` cannot set the parameter '{field.name}': {problem}",
                remedy="give it a plain default, or run the package with `dagbook run`",
                severity="warning", parameter=field.name,
            )  # fmt: skip


def mlflow_problem(field: Field) -> str | None:
    """Why the entry point does not take a parameter; None when it does."""
    if field.secret is not None:
        return "it is a secret, which is read from the environment"
    if isinstance(field.default, Unevaluated):
        return "its default is computed"
    if field.required:
        return None
    text = text_of(field.default)
    try:
        same = encode(types.parse_text(field.type, text)) == encode(field.default)
    except (ValueError, UnsupportedValue):
        same = False
    return None if same else f"its default cannot be said as text ({text!r:.60})"


def _parameter(field: Field) -> dict[str, Any]:
    number = field.type.kind in {"int", "float"} and not field.type.optional
    written: dict[str, Any] = {"type": "float" if number else "string"}
    if not field.required:
        plain = number and isinstance(field.default, int | float)
        written["default"] = field.default if plain else text_of(field.default)
    return written


def _yaml(content: dict[str, Any]) -> str:
    writer, text = YAML(typ="safe", pure=True), StringIO()
    writer.default_flow_style, writer.width = False, 4096
    writer.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    writer.dump(content, text)
    return text.getvalue()
