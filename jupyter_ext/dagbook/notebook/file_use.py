"""Which files a notebook reads and writes, by its source alone."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from dagbook.notebook.cells import code_cells, parameters_cell, source_of

_READERS: Final = frozenset(
    {
        "load", "imread", "loadtxt", "genfromtxt", "read_text", "read_bytes", "open_dataset", "read_model",
        "scan_csv", "scan_parquet",
    }
)  # fmt: skip
_WRITERS: Final = frozenset(
    {
        "dump",
        "save",
        "savefig",
        "savetxt",
        "savez",
        "imsave",
        "write_text",
        "write_bytes",
        "write_html",
        "write_image",
    }
)
_OPENERS: Final = frozenset({"open"})


@dataclass(frozen=True, kw_only=True)
class FileUse:
    """Paths as written, in order. `by_parameter` is parameter → the path that is its default."""

    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    by_parameter: Mapping[str, str] = ()  # type: ignore[assignment]


def file_use(notebook: Mapping[str, Any]) -> FileUse:
    """What can be told of a Python notebook; what is computed is not seen."""
    visitor = _Visitor()
    for _, cell in code_cells(notebook):
        try:
            tree = ast.parse(_without_magics(source_of(cell)))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        for node in ast.walk(tree):
            visitor.look_at(node)
    found = parameters_cell(notebook)
    declared = set(_names_in(source_of(found[1]))) if found else set()
    return FileUse(
        reads=tuple(dict.fromkeys(visitor.reads)),
        writes=tuple(dict.fromkeys(visitor.writes)),
        by_parameter={name: text for name, text in visitor.texts.items() if name in declared},
    )


class _Visitor:
    """Follows names that hold one text, and calls that are known to read or to write."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}
        self.reads: list[str] = []
        self.writes: list[str] = []

    def look_at(self, node: ast.AST) -> None:
        """Take one node of the tree into account."""
        match node:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
            ):
                text = self._text(value)
                if text is not None:
                    self.texts[name] = text
            case ast.Call():
                self._call(node)

    def _call(self, call: ast.Call) -> None:
        name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        if name in _OPENERS:
            self._opened(call)
            return
        is_read = name.startswith("read_") or name in _READERS
        is_written = name.startswith("to_") or name in _WRITERS
        if not (is_read or is_written):
            return
        given = [*call.args, *(keyword.value for keyword in call.keywords)]
        if isinstance(call.func, ast.Attribute) and name in {
            "read_text",
            "read_bytes",
            "write_text",
            "write_bytes",
        }:
            given = [call.func.value]
        path = next((text for value in given if (text := self._path(value)) is not None), None)
        if path is not None:
            (self.reads if is_read else self.writes).append(path)

    def _opened(self, call: ast.Call) -> None:
        is_method = isinstance(call.func, ast.Attribute)
        given = [call.func.value, *call.args] if isinstance(call.func, ast.Attribute) else list(call.args)
        path = self._path(given[0]) if given else None
        modes = [*given[1:2], *(keyword.value for keyword in call.keywords if keyword.arg == "mode")]
        mode = self._text(modes[0]) if modes else "r"
        if path is not None and not (is_method and mode is None):
            (self.writes if set(mode or "r") & set("wax") else self.reads).append(path)

    def _path(self, value: ast.expr) -> str | None:
        text = self._text(value)
        if text is None or "://" in text or "\n" in text or not text.strip():
            return None
        # A word alone is rather a column or a format.
        return text if "." in text or "/" in text else None

    def _text(self, value: ast.expr) -> str | None:
        match value:
            case ast.Constant(value=str(text)):
                return text
            case ast.Name(id=name):
                return self.texts.get(name)
            case ast.Call(func=ast.Name(id="Path") | ast.Attribute(attr="Path"), args=[only]):
                return self._text(only)
            case ast.BinOp(left=left, op=ast.Div(), right=right):
                first, second = self._text(left), self._text(right)
                return None if first is None or second is None else f"{first.rstrip('/')}/{second}"
            case _:
                return None


def _names_in(source: str) -> Iterator[str]:
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError):
        return
    for node in body:
        for target in node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]:
            if isinstance(target, ast.Name):
                yield target.id


def _without_magics(source: str) -> str:
    return "\n".join("pass" if line[:1] in "%!?" and line else line for line in source.split("\n"))
