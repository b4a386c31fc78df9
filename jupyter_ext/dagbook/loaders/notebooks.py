"""Reads notebooks and the local modules that their code can reach. Nothing is ever executed."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dagbook.errors import Finding, InvalidInput, did_you_mean
from dagbook.notebook.document import parse_notebook
from dagbook.notebook.python import parse

TEXT_SUFFIXES = (".py", ".md")
"""Notebooks as text, read by jupytext."""

SUFFIXES = (".ipynb", *TEXT_SUFFIXES)

_LARGEST = 200_000_000
"""Bytes. A notebook is read whole, several times over."""


class NotebookLoader:
    """Implements `engine.ports.Loader`.

    `project` bounds what counts as a local module: files below it, or below the notebook's own folder.
    """

    def __init__(self, project: Path | None = None) -> None:
        self._project = project.resolve() if project is not None else None

    def notebook_and_warnings(self, path: Path) -> tuple[dict[str, Any], tuple[Finding, ...]]:
        """The notebook at `path`, in format 4.5, sound, and what had to be repaired in the copy.

        Raises:
            InvalidInput: there is none, or it cannot be used; says why.
        """
        text = _read(path)
        if path.suffix in TEXT_SUFFIXES:
            text = _from_text(text, path)
        return parse_notebook(text, str(path))

    def local_modules(self, path: Path, code: str) -> Mapping[str, str]:
        """File → source of every local module that `code`, in a notebook at `path`, can import.

        A file is named from where it is imported: `shared/io.py`. Follows imports through modules and
        packages. What is computed (`importlib`) is not seen.
        """
        folder = path.resolve().parent
        roots = [folder]
        if self._project is not None and self._project != folder:
            roots.append(self._project)
        found: dict[str, _Module] = {}
        for name in _imported(code, package=""):
            _follow(name, roots, found)
        return {module.file: module.source for _, module in sorted(found.items())}


def _read(path: Path) -> str:
    if not path.is_file():
        raise InvalidInput(_no_notebook(path))
    try:
        size = path.stat().st_size
        if size > _LARGEST:
            raise InvalidInput(
                _unreadable(
                    path,
                    "notebook-too-large",
                    f"the notebook has {size:,} bytes; {_LARGEST:,} is the limit",
                    "clear its outputs: they are not needed to run it",
                )
            )
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise InvalidInput(
            _unreadable(path, "notebook-not-utf8", "the file is not UTF-8 text", "save it as UTF-8")
        ) from None
    except OSError as error:
        raise InvalidInput(
            _unreadable(
                path,
                "notebook-unreadable",
                f"the file cannot be read: {error.strerror}",
                "check its permissions",
            )
        ) from error


def _no_notebook(path: Path) -> Finding:
    if path.is_dir():
        return _unreadable(
            path, "no-notebook", "this is a folder, not a notebook", "name a notebook inside it"
        )
    names = [entry.name for entry in _entries(path.parent) if entry.suffix in SUFFIXES]
    if not path.parent.is_dir():
        return _unreadable(
            path, "no-notebook", f"there is no folder {path.parent}", "paths count from the pipeline file"
        )
    remedy = did_you_mean(path.name, names, "put the notebook there, or correct the path")
    return _unreadable(path, "no-notebook", "there is no such notebook", remedy)


def _entries(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []


def _unreadable(path: Path, code: str, message: str, remedy: str) -> Finding:
    return Finding(code=code, message=message, remedy=remedy, file=str(path))


def _from_text(text: str, path: Path) -> str:
    """A notebook written as text, in the JSON form."""
    import jupytext  # 0.5 s, and few notebooks are text

    wanted = "py:percent" if path.suffix == ".py" else "md"
    try:
        nb = jupytext.reads(text, fmt=wanted)
    except Exception as error:  # whatever jupytext makes of it, the file is at fault
        raise InvalidInput(
            _unreadable(
                path,
                "notebook-not-text-notebook",
                f"jupytext cannot read it: {error}",
                "write cells as `# %%` blocks (.py), or as fenced code blocks (.md)",
            )
        ) from error
    # jupytext gives every cell a new random id each time; ours are made from the content.
    for cell in nb["cells"]:
        cell.pop("id", None)
    return json.dumps({**nb, "nbformat_minor": 4})


@dataclass(frozen=True)
class _Module:
    """A local module that can be reached."""

    file: str
    source: str


def _follow(name: str, roots: list[Path], found: dict[str, _Module]) -> None:
    """Add module `name` and what it imports in turn; with its packages, whose `__init__` run too."""
    parts = name.split(".")
    for length in range(1, len(parts) + 1):
        module = ".".join(parts[:length])
        if module in found:
            continue
        file = _file_of(module, roots)
        if file is None:
            return
        try:
            source = file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            return
        package = module if file.name == "__init__.py" else module.rpartition(".")[0]
        found[module] = _Module(
            "/".join([*package.split("."), file.name] if package else [file.name]), source
        )
        for imported in _imported(source, package=package):
            _follow(imported, roots, found)


def _file_of(module: str, roots: list[Path]) -> Path | None:
    relative = Path(*module.split("."))
    for root in roots:
        for file in (root / relative / "__init__.py", (root / relative).with_suffix(".py")):
            if file.is_file():
                return file
    return None


def _imported(code: str, *, package: str) -> Iterator[str]:
    """Full names of all that the code may import; of `from a import b` both `a` and `a.b`."""
    try:
        tree = parse(code)
    except SyntaxError:
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(node, package)
            if base is not None:
                yield base
                yield from (f"{base}.{alias.name}" for alias in node.names if alias.name != "*")


def _absolute(node: ast.ImportFrom, package: str) -> str | None:
    if not node.level:
        return node.module
    parts = package.split(".") if package else []
    if node.level > len(parts):
        return None
    kept = parts[: len(parts) - node.level + 1]
    return ".".join([*kept, node.module] if node.module else kept)
