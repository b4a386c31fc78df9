"""What pydantic has to say of a pipeline file, in words for the person who wrote it."""

from __future__ import annotations

import re
from typing import Any, Final

from pydantic import BaseModel

from dagbook.errors import did_you_mean
from dagbook.loaders.yaml_places import Path as SpecPath
from dagbook.pipeline.control_spec import ResourcesSpec, RetriesSpec
from dagbook.pipeline.on_spec import HookSpec, OnSpec, ScheduleSpec
from dagbook.pipeline.problem import Problem
from dagbook.pipeline.register_spec import RegisterSpec
from dagbook.pipeline.spec import NO_WORK, NodeSettings, NodeSpec, ParamSpec, PipelineSpec

# What is wanted where pydantic names the kind of its complaint, and an example of it.
_WANTED: Final = {
    "string_type": ("a text", "write a text; in quotes if it looks like a number or holds a colon"),
    "int_type": ("a whole number", "write a whole number"),
    "bool_type": ("true or false", "write true or false"),
    "bool_parsing": ("true or false", "write true or false"),
    "list_type": ("a list", "write `[a, b]`, or one `- a` a line"),
    "tuple_type": ("a list", "write `[a, b]`, or one `- a` a line"),
    "dict_type": ("a mapping", "write one `NAME: VALUE` a line below the key"),
    "model_type": ("a mapping", "write one `NAME: VALUE` a line below the key"),
    "model_attributes_type": ("a mapping", "write one `NAME: VALUE` a line below the key"),
}
_MOST_BITS: Final = 1000
_NAMED: Final = re.compile(r"'(?P<name>[^']*)' ")


def problem_of(detail: Any) -> Problem:
    """One complaint of pydantic, as `ValidationError.errors()` gives it."""
    path: SpecPath = tuple(part for part in detail["loc"] if part != "[key]")
    node = str(path[1]) if len(path) > 1 and path[0] == "nodes" else None
    last = _short(str(path[-1])) if path else ""
    if detail["type"] == "string_pattern_mismatch":
        return Problem(
            path=path, node=node, code="wrong-value",
            message=f"'{_short(str(detail['input']))}' is no name here",
            remedy="use letters, digits, `_`, `-` and `.`",
        )  # fmt: skip
    if "[key]" in detail["loc"] or detail["type"] == "invalid_key":
        remedy = "write it in quotes, or choose another name"
        path = (*path[:-1], str(path[-1]))
        return Problem(path=path, code="wrong-type", message=f"the key `{last}` is no text", remedy=remedy)
    if detail["type"] == "extra_forbidden":
        fields = _model_at(path[:-1]).model_fields
        known = [field.alias or name for name, field in fields.items()]
        return Problem(
            path=path, node=node, code="unknown-key", message=f"'{last}' is no key here",
            remedy=did_you_mean(last, known),
        )  # fmt: skip
    if detail["type"] == NO_WORK:
        path = path[:-1]
        remedy = f"{_example_of(path)}, or `pipeline: FILE.pipeline.yaml`"
        return Problem(path=path, node=node, code="missing-key", message=detail["msg"], remedy=remedy)
    if detail["type"] == "missing":
        return Problem(
            path=path[:-1], node=node, code="missing-key", message=f"the key '{last}' is missing",
            remedy=_example_of(path) or f"add `{last}: …`",
        )  # fmt: skip
    if detail["type"] == "value_error":
        return _wrong_value(path, node, str(detail["msg"]).removeprefix("Value error, "))
    message, remedy = _wrong_type(path, detail)
    return Problem(path=path, node=node, code="wrong-type", message=message, remedy=remedy)


def _wrong_value(path: SpecPath, node: str | None, said: str) -> Problem:
    """What our own validators say: what is wrong, and after a `;` or a `:` what to write instead."""
    parts = re.split(r"[;:] (?=use |write |leave )", said, maxsplit=1)
    remedy = (
        parts[1]
        if len(parts) > 1
        else "choose another"
        if path in {("nodes",), ("params",)}
        else "correct it"
    )
    named = _NAMED.match(said)
    if named is not None and path in {("nodes",), ("params",)}:
        # Said of the whole mapping; the name is where to look.
        path = (*path, named["name"])
    return Problem(path=path, node=node, code="wrong-value", message=parts[0], remedy=remedy)


def _wrong_type(path: SpecPath, detail: Any) -> tuple[str, str]:
    where = f"`{path[-1]}`" if path else "the file"
    given, kind = detail["input"], detail["type"]
    if path == ("version",):
        return (
            f"the file is of format version {_shape(given)}; this Dagbook reads version 1",
            "install a newer Dagbook",
        )
    if kind == "too_short":
        return f"{where} is empty", _example_of(path) or "write at least one element, or take the key away"
    if kind in _WANTED:
        wanted, remedy = _WANTED[kind]
        return f"{where} must be {wanted}, not {_shape(given)}", _example_of(path) or remedy
    said = detail["msg"][0].lower() + detail["msg"][1:]
    return f"{where}: {said}, not {_shape(given)}", _example_of(path) or "correct it"


def _model_at(path: SpecPath) -> type[BaseModel]:
    if not path:
        return PipelineSpec
    if path[-1] in _NESTED:
        return _NESTED[str(path[-1])]
    if path[0] == "defaults":
        return NodeSettings
    if path[0] == "on":
        return OnSpec if len(path) == 1 else ScheduleSpec if path[1] == "schedule" else HookSpec
    return ParamSpec if path[0] == "params" else NodeSpec


_NESTED: Final[dict[str, type[BaseModel]]] = {"retries": RetriesSpec, "resources": ResourcesSpec,
                                                     "register": RegisterSpec}  # fmt: skip


def _shape(value: Any) -> str:
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, int) and value.bit_length() > _MOST_BITS:
        return "a very long number"
    return "nothing" if value is None else _short(repr(value))


def _short(text: str, longest: int = 80) -> str:
    return text if len(text) <= longest else f"{text[:longest]}…"


def _example_of(path: SpecPath) -> str:
    if path and path[-1] == "notebook":
        return "write `notebook: FILE.ipynb`"
    if len(path) == 2 and path[0] == "nodes":  # noqa: PLR2004
        return "write `notebook: FILE.ipynb` below the node's name"
    if path == ("nodes",):
        return "write one `NAME:` with `notebook: FILE.ipynb` below it for each node"
    if path and path[0] == "nodes" and path[-1] == "pipeline":
        return "write `pipeline: FILE.pipeline.yaml`"
    return "write `pipeline: NAME`" if path == ("pipeline",) else ""
