"""What a notebook publishes: the record of one output, and the names that can be seen in its code.

Knows nothing of how an output is stored; nothing is run to find the names.
"""

from __future__ import annotations

import ast
import tokenize
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

from dagbook.notebook.cells import PYTHON, code_cells, language_of, source_of, without_skipped
from dagbook.notebook.python import magic_in, parse
from dagbook.notebook.values import is_name

OUTPUT_MIME: Final = "application/vnd.dagbook.output+json"
"""The MIME type of the display that shows an output in the notebook; its data is an `Output`."""

_OPTIONS: Final = frozenset({"pickle"})
"""Keywords of `dagbook.output` that are no outputs."""


class Output(BaseModel):
    """One published output, as recorded.

    Attributes:
        value: the encoded form (see `values`), for kind `value`.
        path: the file or folder, relative to the run folder (absolute inside a cache), for kind `file`.
        format: how the file is to be read: parquet, npy, png, file, folder, …
        type: the Python type of what was published, for people.
        sha256: hexadecimal, of the file's content.
        bytes: size of the file or folder.
    """

    model_config = ConfigDict(frozen=True)

    name: str = Field(min_length=1)
    kind: Literal["value", "file"]
    value: JsonValue = None
    path: str = ""
    format: str = ""
    type: str = ""
    sha256: str = ""
    bytes: int = Field(default=0, ge=0)

    @model_validator(mode="after")
    def _file_has_a_path(self) -> Output:
        if (self.kind == "file") != bool(self.path):
            raise ValueError("an output of kind 'file' has a path, and one of kind 'value' has none")
        return self


@dataclass(frozen=True, kw_only=True)
class PublishedOutputs:
    """The names of outputs that were found in the code, in order of appearance.

    `complete` is False when there may be others: what is not found is then no mistake.
    """

    names: tuple[str, ...]
    complete: bool


def published_outputs(nb: Mapping[str, Any]) -> PublishedOutputs:
    """The outputs that the notebook's code publishes, as far as reading it tells."""
    if language_of(nb) != PYTHON:
        return PublishedOutputs(names=(), complete=False)
    sources = [source_of(cell) for _, cell in code_cells(without_skipped(nb))]
    complete = not any("DAGBOOK_OUTPUTS" in source for source in sources)
    trees = []
    for source in sources:
        try:
            trees.append(parse(source))
        except SyntaxError:
            complete = False
    imported = _Imported.of(trees)
    names: dict[str, None] = {}
    for tree in trees:
        found = _Finder(imported)
        try:
            found.visit(tree)
        except RecursionError:
            complete = False
        names.update(dict.fromkeys(found.names))
        complete = complete and found.complete
    return PublishedOutputs(names=tuple(names), complete=complete)


@dataclass(frozen=True)
class _Imported:
    """The names under which a notebook knows our package and its function `output`."""

    modules: frozenset[str]
    functions: frozenset[str]

    @classmethod
    def of(cls, trees: list[ast.Module]) -> _Imported:
        modules, functions = set(), set()
        for node in (node for tree in trees for node in ast.walk(tree)):
            if isinstance(node, ast.Import):
                modules |= {alias.asname or alias.name for alias in node.names if alias.name == "dagbook"}
            elif isinstance(node, ast.ImportFrom) and node.module == "dagbook" and not node.level:
                if any(alias.name == "*" for alias in node.names):
                    functions.add("output")
                functions |= {alias.asname or alias.name for alias in node.names if alias.name == "output"}
        return cls(frozenset(modules), frozenset(functions))

    def is_output(self, node: ast.expr) -> bool:
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            return node.value.id in self.modules and node.attr == "output"
        return isinstance(node, ast.Name) and node.id in self.functions


class _Finder(ast.NodeVisitor):
    """Walks one cell in the order in which it is written."""

    def __init__(self, imported: _Imported) -> None:
        self.names: list[str] = []
        self.complete = True
        self._imported = imported

    def visit_Call(self, node: ast.Call) -> None:
        magic = magic_in(node)
        if magic is not None:
            self._magic(magic)
            return
        if isinstance(node.func, ast.Name) and node.func.id == "exec":
            self.complete = False
        if not self._imported.is_output(node.func):
            self.generic_visit(node)
            return
        for keyword in node.keywords:
            if keyword.arg is None:
                self.complete = False
            elif keyword.arg not in _OPTIONS:
                self.names.append(keyword.arg)
            self.visit(keyword.value)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        self._other_use(node)

    def visit_Name(self, node: ast.Name) -> None:
        self._other_use(node)

    def _other_use(self, node: ast.Attribute | ast.Name) -> None:
        """The function handed on under another name: who calls it, and with what, is not seen."""
        if self._imported.is_output(node):
            self.complete = False
        self.generic_visit(node)

    def _magic(self, text: str) -> None:
        if text.startswith("%%"):
            # The body of a foreign cell magic may be Python, or anything.
            self.complete = self.complete and "output" not in text
            return
        word, _, rest = text.lstrip("%").partition(" ")
        if word == "run":
            self.complete = False
        elif word == "output" and text.startswith("%"):
            names = _names_of_magic(rest)
            self.names.extend(names)
            self.complete = self.complete and bool(names)


def _names_of_magic(rest: str) -> list[str]:
    """The names in `acc`, `acc=model.score(X, y)`, `acc=a loss=b`; options (`--pickle`) are passed over.

    Empty when the text cannot be understood, as where IPython is to fill it in: `$name`, `{name}`.
    """
    words = rest.split()
    while words and words[0].startswith("-"):
        words.pop(0)
    try:
        tokens = list(tokenize.generate_tokens(iter([" ".join(words)]).__next__))
    except (tokenize.TokenError, SyntaxError):
        return []
    if any(token.type == tokenize.ERRORTOKEN and token.string.strip() for token in tokens):
        return []
    names: list[str] = []
    depth, assigned = 0, False
    for token, after in pairwise(tokens):
        if token.type == tokenize.OP:
            depth += (token.string in "([{") - (token.string in ")]}")
        elif token.type == tokenize.NAME and depth == 0 and is_name(token.string):
            assigns = after.string == "="
            assigned = assigned or assigns
            if assigns or not assigned:
                names.append(token.string)
    return names
