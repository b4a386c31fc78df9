"""A new project: a folder with a pipeline that runs."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from dagbook.api import skeleton
from dagbook.errors import EnvironmentFault, Finding, InvalidInput


@dataclass(frozen=True, kw_only=True)
class NewProject:
    """The folder that was made, its pipeline file, and everything in it by name."""

    folder: Path
    file: Path
    files: tuple[str, ...]


def new_project(folder: Path) -> NewProject:
    """Make `folder` with two notebooks, the pipeline that chains them, a README and a .gitignore.

    The folder appears whole or not at all. Its last part names the pipeline.

    Raises:
        InvalidInput: something is there already.
        EnvironmentFault: the folder cannot be written.
    """
    name = folder.resolve().name
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InvalidInput(
            Finding(
                code="folder-exists",
                message=f"there is something in {folder} already",
                file=str(folder),
                remedy="name another folder; for notebooks that you have: dagbook init FOLDER",
            )
        )
    files = _files(name)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{name}-") as unfinished:
            made = Path(unfinished) / name
            made.mkdir()
            for file, text in files.items():
                (made / file).write_text(text, "utf-8")
            if folder.exists():  # empty, and perhaps where the person stands
                for file in files:
                    (made / file).replace(folder / file)
            else:
                made.replace(folder)
    except OSError as error:
        raise EnvironmentFault(
            Finding(
                code="not-writable",
                message=f"the project cannot be made: {error.strerror}",
                file=str(folder),
                remedy="name a folder where you may write",
            )
        ) from error
    return NewProject(folder=folder, file=folder / f"{name}.pipeline.yaml", files=tuple(files))


def _files(name: str) -> dict[str, str]:
    return {
        **{file: _notebook(cells) for file, cells in skeleton.NOTEBOOKS.items()},
        f"{name}.pipeline.yaml": skeleton.pipeline_text(name),
        "README.md": skeleton.readme_text(name),
        ".gitignore": skeleton.GITIGNORE,
    }


def _notebook(cells: tuple[skeleton.Cell, ...]) -> str:
    import nbformat
    from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

    python = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
    notebook = new_notebook(
        metadata={"kernelspec": python},
        cells=[
            new_markdown_cell(cell.source)
            if cell.text
            else new_code_cell(cell.source, metadata={"tags": [cell.tag]} if cell.tag else {})
            for cell in cells
        ],
    )
    return str(nbformat.writes(notebook)) + "\n"
