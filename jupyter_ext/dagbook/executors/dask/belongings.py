"""Which files an attempt needs where nothing of the project is: looked up on the driver's side."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from dagbook.engine.disk import files_below
from dagbook.engine.folders import RESULT
from dagbook.engine.request import NodeRequest
from dagbook.executors.dask.paths import artifacts_in, below, paths_in
from dagbook.notebook.file_use import file_use

PROJECT: Final = "project"
"""The folder in a worker's room that stands for the project."""

_ELSEWHERE: Final = "elsewhere"
_NEVER: Final = frozenset({".git", "__pycache__", ".ipynb_checkpoints", ".venv"})


@dataclass(frozen=True, kw_only=True)
class Belongings:
    """What travels.

    Attributes:
        roots: absolute path of ours → the name in the room that stands for it.
        files: name in the room → the file.
        folders: names of folders in the room that have to be there, also when they are empty.
    """

    roots: dict[str, str]
    files: dict[str, Path]
    folders: tuple[str, ...]


def belongings(request: NodeRequest, project: Path) -> Belongings:
    """Of an attempt: its notebook, modules, `deps`, what it is seen to read, and what its parameters name.

    Raises:
        OSError: the notebook cannot be read.
    """
    cwd = Path(request.cwd)
    roots = {str(project): PROJECT}
    if not below(cwd, project):
        roots[str(cwd)] = f"{_ELSEWHERE}/folder"
    wanted: dict[Path, None] = {Path(request.notebook): None}
    wanted.update(dict.fromkeys(_code(request, project)))
    for number, artifact in enumerate(artifacts_in(request.params)):
        path = Path(artifact)
        if not any(below(path, Path(root)) for root in roots):
            roots[artifact] = f"{_ELSEWHERE}/{number}/{path.name}"
        wanted[path] = None
    files: dict[str, Path] = {}
    folders = {_name(cwd, roots), _name(Path(request.folder), roots)}
    for path in wanted:
        name = _name(path, roots)
        if path.is_dir():
            folders.add(name)
        for file in files_below(path):
            if not _NEVER.intersection(file.relative_to(path).parts):
                files[_name(file, roots)] = file
    return Belongings(roots=roots, files=files, folders=tuple(sorted(folders)))


def _code(request: NodeRequest, project: Path) -> Iterator[Path]:
    """Files of the project, and of the notebook's folder: what lies elsewhere is the worker's own."""
    cwd = Path(request.cwd)
    for said in request.files:
        beside = cwd / said
        yield Path(os.path.normpath(beside if beside.exists() else project / said))
    document: dict[str, Any] = json.loads(Path(request.notebook).read_text("utf-8", "surrogatepass"))
    used = file_use(document)
    named = [said for said in used.reads if said not in used.writes and "://" not in said]
    for said in (*named, *paths_in(list(request.params.values()))):
        path = Path(os.path.normpath(cwd / said))
        if (below(path, project) or below(path, cwd)) and _is_file(path):
            yield path


def _is_file(path: Path) -> bool:
    try:
        return path.is_file() and path.name != RESULT
    except (OSError, ValueError):
        return False


def _name(path: Path, roots: dict[str, str]) -> str:
    for root, name in sorted(roots.items(), key=lambda pair: -len(pair[0])):
        if below(path, Path(root)):
            relative = path.relative_to(root).as_posix()
            return name if relative == "." else f"{name}/{relative}"
    raise FileNotFoundError(f"{path} lies outside of the project, {next(iter(roots))}")
