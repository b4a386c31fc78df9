"""What belongs to a pipeline: its files, wherever in the project they lie, and what must not travel."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from dagbook import bootstrap
from dagbook.api.launch import Launchable, open_launchable
from dagbook.api.packing.imports import modules_elsewhere
from dagbook.api.planning import Checked, check, check_file
from dagbook.api.sources import read_files
from dagbook.engine.disk import files_below
from dagbook.errors import Finding
from dagbook.loaders.notebook_pipeline import pipeline_of_notebook
from dagbook.loaders.pipeline_file import load_pipeline
from dagbook.notebook.cells import normalised_cells
from dagbook.notebook.file_use import file_use
from dagbook.notebook.values import Secret
from dagbook.pipeline.sub_pipelines import parts_of

_NEVER: Final = frozenset({".dagbook", ".git", "__pycache__", ".ipynb_checkpoints", ".venv"})


@dataclass(frozen=True, kw_only=True)
class Contents:
    """What a package is to hold.

    Attributes:
        launchable: what it runs.
        checked: the same, looked through.
        root: the folder of the project that becomes the package.
        files: path relative to `root` → where it lies.
        findings: what is wrong with that, and warnings.
    """

    launchable: Launchable
    checked: Checked
    root: Path
    files: dict[str, Path]
    findings: tuple[Finding, ...] = ()


@dataclass
class _Gathering:
    """The files found so far, by their absolute paths, with the node that wants each."""

    project: Path
    largest: int
    files: dict[Path, str | None] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    from_project: bool = False

    def add(self, path: Path, node: str | None = None) -> None:
        """Take a file, or all files of a folder; links are followed, folders of ours and of git left out."""
        path = Path(os.path.normpath(path))
        if not path.is_relative_to(self.project):
            message = f"{path} lies outside of the project, {self.project}"
            remedy = "put it into the project, or `mkdir .dagbook` in a folder above both"
            self._refuse("outside-package", message, remedy, path, node)
            return
        for file in files_below(path):
            if _NEVER.intersection(file.relative_to(path).parts):
                continue
            size = file.stat().st_size
            if size > self.largest and file not in self.files:
                message = f"{file} has {size:,} bytes; {self.largest:,} is the limit of a file"
                remedy = "keep it elsewhere and give its address as a parameter, or raise --largest"
                self._refuse("file-too-large", message, remedy, file, node)
            self.files.setdefault(file, node)

    def _refuse(self, code: str, message: str, remedy: str, path: Path, node: str | None) -> None:
        self.findings.append(Finding(code=code, message=message, remedy=remedy, file=str(path), node=node))


def gather(file: Path, include: Iterable[Path], largest: int) -> Contents:
    """What a package of the pipeline, or of the notebook alone, is to hold. Reads, and runs nothing.

    Args:
        file: a pipeline file or a notebook.
        include: more files and folders of the project.
        largest: bytes that one file may have.

    Raises:
        InvalidInput: the pipeline itself cannot be run.
        EnvironmentFault: a kernel is missing.
    """
    launchable = open_launchable(file)
    checked = _checked(launchable)
    checked.require()
    whole = checked.loaded.file
    found = _Gathering(bootstrap.settings(whole).project.resolve(), largest)
    for place in _pipeline_files(whole) if launchable.kind == "pipeline" else [whole]:
        found.add(place)
    _add_nodes(found, checked)
    _add_hooks(found, checked)
    for more in include:
        if more.exists():
            found.add(more.absolute())
        else:
            found.findings.append(
                Finding(
                    code="no-such-file",
                    message="there is no such file",
                    remedy="correct --include",
                    file=str(more),
                )
            )
    root = (
        found.project
        if found.from_project
        else Path(os.path.commonpath([path.parent for path in found.files]))
    )
    files = {path.relative_to(root).as_posix(): path for path in sorted(found.files)}
    found.findings += modules_elsewhere(checked.read.facts, files)
    return Contents(
        launchable=launchable, checked=checked, root=root, files=files,
        findings=(*checked.warnings, *found.findings, *_addresses(checked)),
    )  # fmt: skip


def _checked(launchable: Launchable) -> Checked:
    if launchable.kind == "pipeline":
        return check_file(launchable.file)
    later = {one.name: Secret("later") for one in launchable.fields or () if one.required}
    return check(pipeline_of_notebook(launchable.file, later, {}))


def _pipeline_files(file: Path) -> Iterator[Path]:
    """The file, and those that it names, and theirs; circles were refused before."""
    yield file
    for _, written in parts_of(load_pipeline(file).spec):
        yield from _pipeline_files((file.parent / written).resolve())


def _add_nodes(found: _Gathering, checked: Checked) -> None:
    folder = checked.loaded.file.parent
    documents = checked.read.documents
    made = {
        Path(os.path.normpath(Path(facts.path).parent / said))
        for node, facts in checked.read.facts.items()
        for said in file_use(documents[node]).writes
    }
    for node, facts in checked.read.facts.items():
        spec = checked.spec.nodes[node]
        if spec.predict:
            continue
        notebook = folder / spec.notebook
        found.add(notebook, node)
        _add_modules(found, notebook.parent, facts.modules, node)
        for dep in facts.deps:
            found.add(notebook.parent / dep, node)
        for read in read_files(documents[node], notebook.parent):
            if Path(os.path.normpath(read)) not in made:
                found.add(read, node)


def _add_hooks(found: _Gathering, checked: Checked) -> None:
    loader = bootstrap.loader(bootstrap.settings(checked.loaded.file))
    for name, hook in checked.hooks.planned.items():
        if hook.notebook:
            place = Path(hook.notebook)
            found.add(place)
            code = "\n\n".join(normalised_cells(checked.hooks.documents[name]).values())
            _add_modules(found, place.parent, loader.local_modules(place, code), None)


def _add_modules(found: _Gathering, folder: Path, modules: Iterable[str], node: str | None) -> None:
    for name in modules:
        beside = (folder / name).is_file()
        found.add((folder if beside else found.project) / name, node)
        found.from_project |= not beside


def _addresses(checked: Checked) -> Iterator[Finding]:
    """Addresses hold tokens, and would travel with the file."""
    for name, _, _, hook in checked.spec.on.hooks():
        if hook.notify and "${env." not in hook.notify:
            yield Finding(
                code="address-in-package", severity="warning", file=checked.loaded.shown,
                message=f"the address of {name} stands in the file, and travels with the package",
                remedy="write what is secret in it as ${env.NAME}",
            )  # fmt: skip
