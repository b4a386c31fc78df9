"""What all imports from other tools share: a draft of a pipeline, foreign files, adapted copies.

Nothing that is read is ever executed, and files that would blow up are refused before they are built.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from dagbook.errors import Finding, InvalidInput
from dagbook.loaders.folder import node_name
from dagbook.loaders.yaml_places import YamlWalk
from dagbook.loaders.yaml_values import build
from dagbook.notebook.document import parse_notebook
from dagbook.pipeline.names import name_problem

MOST_BYTES: Final = 5_000_000
MOST_NODES: Final = 2_000
_ADAPTED: Final = ".dagbook.ipynb"
_PYTHON: Final = {"name": "python3", "display_name": "Python 3", "language": "python"}


@dataclass
class Draft:
    """A pipeline in the making.

    Attributes:
        root: the folder of the pipeline file.
        nodes: name → what stands below it in the file.
        notebooks: file, relative to `root` → the adapted copy that is to be written there.
        changed: what was done to notebooks and names, in words.
        open: what a person has to look at, as warnings.
    """

    name: str
    root: Path
    source: Path
    description: str = ""
    params: dict[str, Any] = field(default_factory=dict)
    defaults: dict[str, Any] = field(default_factory=dict)
    nodes: dict[str, dict[str, Any]] = field(default_factory=dict)
    notebooks: dict[str, dict[str, Any]] = field(default_factory=dict)
    changed: list[str] = field(default_factory=list)
    open: list[Finding] = field(default_factory=list)

    def ask(self, message: str, remedy: str, *, node: str | None = None) -> None:
        """Something that was not taken over, or that only a person can decide."""
        self.open.append(
            Finding(
                code="import-open", message=message, remedy=remedy, file=str(self.source), node=node,
                severity="warning",
            )
        )  # fmt: skip

    def ask_of_unknown(self, what: Mapping[str, Any], known: set[str] | frozenset[str], where: str) -> None:
        """Say of every key that nobody here knows that it was left out."""
        for key in what:
            if key not in known:
                self.ask(f"{where}: `{key}` was not taken over", "do by hand what it did, if it is needed")

    def node_named(self, word: str) -> str:
        """A free name for a node."""
        name = node_name(word, {name: Path() for name in self.nodes})
        if name != word:
            self.changed.append(f"node '{word}' is called '{name}': names are identifiers here")
        return name

    def param(self, word: str, default: Any) -> str:
        """A parameter of the pipeline; its name as expressions say it."""
        name = identifier(word)
        self.params.setdefault(name, default)
        return name

    def adapted_name(self, notebook: Path, node: str) -> str:
        """Where the adapted copy of a notebook goes: into `root`, and over nothing that is there."""
        name = f"{notebook.stem}{_ADAPTED}"
        return name if name not in self.notebooks else f"{node}{_ADAPTED}"


def identifier(word: str) -> str:
    """A name that expressions can say, near to the word."""
    name = re.sub(r"\W+", "_", word).strip("_") or "value"
    name = name if name.isidentifier() else f"p_{name}"
    return f"{name}_" if name_problem(name) else name[:60]


def read_text(path: Path) -> str:
    """The text of a foreign file.

    Raises:
        InvalidInput: there is none, it is too large, or no text.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise InvalidInput(
                _wrong(path, "too-large", f"it has more than {MOST_BYTES:,} bytes", "is it the right file?")
            )
        return path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInput(_wrong(path, "not-utf8", "it is not UTF-8 text", "save it as UTF-8")) from error
    except OSError as error:
        raise InvalidInput(
            _wrong(path, "no-such-file", f"it cannot be read: {error.strerror}", "check the path")
        ) from error


def read_yaml(path: Path) -> dict[str, Any]:
    """The mapping in a YAML file, with the limits on size, depth and aliases that our own files have.

    Raises:
        InvalidInput: it is none, or is beyond the limits.
    """
    text = read_text(path)
    walk = YamlWalk(str(path))
    walk.walk(text)
    if walk.findings:
        raise InvalidInput(*walk.findings)
    try:
        content = build(text)
    except (Exception, RecursionError) as error:  # a foreign text; whatever it does is its fault
        said = (str(error).splitlines() or [type(error).__name__])[0]
        raise InvalidInput(
            _wrong(path, "yaml-syntax", f"this is no YAML: {said:.200}", "correct it")
        ) from error
    return _mapping(path, content)


def read_json(path: Path) -> dict[str, Any]:
    """The object in a JSON file. Raises InvalidInput."""
    try:
        content = json.loads(read_text(path))
    except (ValueError, RecursionError) as error:
        raise InvalidInput(
            _wrong(path, "not-json", f"this is no JSON: {error!s:.200}", "is it the right file?")
        ) from error
    return _mapping(path, content)


def read_notebook(path: Path) -> dict[str, Any]:
    """A notebook, or a script as jupytext reads it, as a document. Raises InvalidInput."""
    text = read_text(path)
    if path.suffix != ".ipynb":
        import jupytext

        try:
            made = jupytext.reads(text, fmt=path.suffix.removeprefix(".") or "py")
        except Exception as error:  # as above
            raise InvalidInput(
                _wrong(
                    path,
                    "notebook-not-text-notebook",
                    f"jupytext cannot read it: {error}",
                    "open it as a notebook",
                )
            ) from error
        for cell in made["cells"]:
            cell.pop("id", None)
        if path.suffix == ".py":
            made["metadata"].setdefault("kernelspec", dict(_PYTHON))
        text = json.dumps({**made, "nbformat_minor": 4})
    document, _ = parse_notebook(text, str(path))
    return copy.deepcopy(document)


def code_cell(source: str, *tags: str) -> dict[str, Any]:
    """A code cell that was never run."""
    return {
        "cell_type": "code", "execution_count": None, "metadata": {"tags": list(tags)} if tags else {},
        "outputs": [], "source": source,
    }  # fmt: skip


def python_notebook(*cells: dict[str, Any]) -> dict[str, Any]:
    """A notebook of these cells for the usual Python kernel."""
    return {
        "cells": list(cells),
        "metadata": {"kernelspec": dict(_PYTHON)},
        "nbformat": 4,
        "nbformat_minor": 4,
    }


def _mapping(path: Path, content: Any) -> dict[str, Any]:
    if not isinstance(content, dict):
        raise InvalidInput(_wrong(path, "no-pipeline", "the file holds no mapping", "is it the right file?"))
    return content


def _wrong(path: Path, code: str, message: str, remedy: str) -> Finding:
    return Finding(code=code, message=message, remedy=remedy, file=str(path))
