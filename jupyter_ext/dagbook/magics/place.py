"""Where a notebook's outputs go: the attempt's folder in a run, its own folder when a person runs it."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dagbook.magics.renamed import renamed
from dagbook.settings import STATE_FOLDER, project_of

INTERACTIVE = "interactive"
"""The folder in a project's `.dagbook/` that holds a folder for each notebook."""

MANIFEST = "outputs.jsonl"

_NOT_IN_NAMES = re.compile(r"[^\w.-]+")


@dataclass(frozen=True, kw_only=True)
class Place:
    """A folder of outputs, and whether it belongs to a run. The manifest lies beside the folder."""

    outputs: Path
    in_run: bool

    @property
    def manifest(self) -> Path:
        """The file with one line for each publication."""
        return self.outputs.parent / MANIFEST


def place(environment: Mapping[str, str] = os.environ, session: str | None = None) -> Place:
    """Where to publish now. `session` is the notebook's path where the kernel was told it."""
    given = environment.get("DAGBOOK_OUTPUTS")
    if given:
        return Place(outputs=Path(given), in_run=True)
    notebook = notebook_path(environment, session)
    here = Path.cwd().resolve()
    project = project_of(here)
    return Place(outputs=interactive_folder(project, notebook or here / "kernel") / "outputs", in_run=False)


def notebook_path(environment: Mapping[str, str] = os.environ, session: str | None = None) -> Path | None:
    """The notebook that this kernel runs, absolute, or None where nobody said it.

    Whoever starts a kernel says the path in one of several ways, and some say the name alone: the
    folder is then the working directory, which Jupyter sets to the notebook's.
    """
    told = session or environment.get("JPY_SESSION_NAME") or environment.get("IPYNB_FILE") or ""
    path = Path(told)
    if path.suffix not in {".ipynb", ".py", ".md"} or ".." in path.parts:
        return None
    if path.is_absolute() and path.exists():
        return path.resolve()
    named = Path.cwd().resolve() / path.name
    return named if named.exists() else renamed(told) or named


def interactive_folder(project: Path, notebook: Path) -> Path:
    """What a notebook outside of runs keeps: its path in the project, below `.dagbook/interactive`."""
    try:
        inside = notebook.relative_to(project).with_suffix("")
    except ValueError:
        inside = Path(notebook.stem)
    parts = [_NOT_IN_NAMES.sub("-", part).strip(".-") or "kernel" for part in inside.parts]
    return (project / STATE_FOLDER / INTERACTIVE).joinpath(*parts)


def told_by(shell: Any) -> str | None:
    """The notebook's path as Jupyter or VS Code put it among the variables of `shell`, which may be None."""
    if shell is None:
        return None
    said = shell.user_ns.get("__vsc_ipynb_file__") or shell.user_ns.get("__session__")
    return str(said) if said else None
