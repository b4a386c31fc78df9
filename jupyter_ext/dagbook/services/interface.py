"""What a model takes and gives, and what it needs, read from its folder without loading it."""

from __future__ import annotations

import importlib.metadata
import json
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

MLMODEL: Final = "MLmodel"
_EXAMPLE: Final = "serving_input_example.json"
_LONGEST_EXAMPLE: Final = 200_000
_REQUIREMENTS: Final = "requirements.txt"
_FILLED: Final[Mapping[str, Any]] = {
    "long": 0, "integer": 0, "double": 0.0, "float": 0.0, "boolean": False, "string": "",
}  # fmt: skip


class NoModel(ValueError):
    """The folder holds no model that can be served; the message says why."""


@dataclass(frozen=True, kw_only=True)
class Interface:
    """What is known of a model.

    Attributes:
        inputs, outputs, params: fields with `name`, `type`, `required`, as the signature has them; None where
            the model has no signature, or none of that part.
        example: the text that `/invocations` takes for the input example; empty when none was logged.
        blank: such a text made from the signature, with empty values; empty when there is no signature.
        missing: packages that it needs and that are not installed here.
        others: packages that are installed in another version than it was made with.
        python: of the machine it was made on, where that is another than ours.
    """

    inputs: tuple[Mapping[str, Any], ...] | None = None
    outputs: tuple[Mapping[str, Any], ...] | None = None
    params: tuple[Mapping[str, Any], ...] | None = None
    example: str = ""
    blank: str = ""
    flavors: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    python: str = ""

    def to_json(self) -> dict[str, Any]:
        """The shape of the REST route."""

        def fields(some: tuple[Mapping[str, Any], ...] | None) -> list[dict[str, Any]] | None:
            return None if some is None else [dict(one) for one in some]

        return {
            "inputs": fields(self.inputs), "outputs": fields(self.outputs), "params": fields(self.params),
            "example": self.example, "blank": self.blank, "flavors": list(self.flavors),
            "missing": list(self.missing), "others": list(self.others), "python": self.python,
        }  # fmt: skip


def read_interface(folder: Path) -> Interface:
    """What the model in the folder takes, gives and needs.

    Raises:
        NoModel: there is none, or none with MLflow's `python_function`.
    """
    described = _mlmodel(folder)
    flavors = described.get("flavors") or {}
    if "python_function" not in flavors:
        raise NoModel(f"it has no python_function flavor, only {', '.join(flavors) or 'none'}")
    signature = described.get("signature") or {}
    inputs = _fields(signature.get("inputs"))
    missing, others = _packages(folder)
    made_with = str(flavors["python_function"].get("python_version") or "")
    ours = platform.python_version()
    same = made_with.split(".")[:2] == ours.split(".")[:2]
    return Interface(
        inputs=inputs, outputs=_fields(signature.get("outputs")), params=_fields(signature.get("params")),
        example=_example(folder), blank=_blank(inputs), flavors=tuple(flavors),
        missing=missing, others=others,
        python="" if same or not made_with else made_with,
    )  # fmt: skip


def _mlmodel(folder: Path) -> dict[str, Any]:
    try:
        described = YAML(typ="safe", pure=True).load((folder / MLMODEL).read_text("utf-8"))
    except OSError as error:
        raise NoModel(f"{folder / MLMODEL} cannot be read: {error.strerror}") from error
    except (YAMLError, ValueError) as error:
        raise NoModel(f"{folder / MLMODEL} is damaged") from error
    if not isinstance(described, dict):
        raise NoModel(f"{folder / MLMODEL} is damaged")
    return described


def _fields(text: Any) -> tuple[Mapping[str, Any], ...] | None:
    """MLflow keeps each part of a signature as JSON within the YAML."""
    try:
        known = json.loads(text) if isinstance(text, str) else text
    except ValueError:
        return None
    if not isinstance(known, list):
        return None
    found = []
    for one in known:
        kind = one.get("type")
        if kind == "tensor":
            spec = one.get("tensor-spec", {})
            kind = f"tensor({spec.get('dtype', '?')}, {spec.get('shape', '?')})"
        found.append(
            {
                "name": one.get("name") or "", "type": kind or str(one.get("dtype", "any")),
                "required": bool(one.get("required", "default" not in one)),
            }
        )  # fmt: skip
    return tuple(found)


def _example(folder: Path) -> str:
    path = folder / _EXAMPLE
    try:
        return path.read_text("utf-8") if path.stat().st_size <= _LONGEST_EXAMPLE else ""
    except (OSError, ValueError):
        return ""


def _blank(inputs: tuple[Mapping[str, Any], ...] | None) -> str:
    if not inputs or any(not one["name"] or one["type"] not in _FILLED for one in inputs):
        return ""
    split = {"columns": [one["name"] for one in inputs], "data": [[_FILLED[one["type"]] for one in inputs]]}
    return json.dumps({"dataframe_split": split}, ensure_ascii=False)


def _packages(folder: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What the model needs: not installed, and installed in another version."""
    from packaging.requirements import InvalidRequirement, Requirement

    missing, others = [], []
    try:
        lines = (folder / _REQUIREMENTS).read_text("utf-8").splitlines()
    except OSError:
        return (), ()
    for line in lines:
        try:
            wanted = Requirement(line.partition("#")[0].strip())
        except InvalidRequirement:  # a comment, an option, a path
            continue
        if wanted.marker is not None and not wanted.marker.evaluate():
            continue
        try:
            there = importlib.metadata.version(wanted.name)
        except importlib.metadata.PackageNotFoundError:
            missing.append(str(wanted))
            continue
        if not wanted.specifier.contains(there, prereleases=True):
            others.append(f"{wanted} (here {there})")
    return tuple(missing), tuple(others)
