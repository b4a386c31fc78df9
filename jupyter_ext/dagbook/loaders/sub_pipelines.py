"""Reads the pipeline files that nodes name, and theirs in turn, and takes the whole apart into notebooks."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from dagbook.errors import Finding, InvalidInput
from dagbook.loaders.notebooks import SUFFIXES as NOTEBOOKS
from dagbook.loaders.pipeline_file import LoadedPipeline, load_pipeline
from dagbook.loaders.yaml_places import Path as SpecPath
from dagbook.loaders.yaml_places import Place, place_of
from dagbook.notebook.outputs import PublishedOutputs, published_outputs
from dagbook.pipeline.check import check_spec
from dagbook.pipeline.groups import joined
from dagbook.pipeline.inlining import Part
from dagbook.pipeline.predict import predict_notebook
from dagbook.pipeline.problem import Problem
from dagbook.pipeline.sub_pipelines import TakenApart, parts_of, take_apart, without_effect

DEEPEST: Final = 20
"""Levels of pipelines inside pipelines."""

Publishes = Callable[[Path], PublishedOutputs | None]
"""A notebook to what it publishes; None where it cannot be read, which is said by whoever reads it."""


@dataclass(frozen=True)
class _Link:
    """A file that is being read, and where in it the next one is named."""

    file: Path
    shown: str
    line: int | None
    node: str

    def __str__(self) -> str:
        place = self.shown if self.line is None else f"{self.shown}:{self.line}"
        return f"{place} (node '{self.node}')"


@dataclass
class SubPipelines:
    """The pipelines inside pipelines of one project; each file is read once.

    Attributes:
        project: its folder; files outside are refused.
    """

    project: Path
    publishes: Publishes
    _read: dict[Path, LoadedPipeline | InvalidInput] = field(default_factory=dict)

    def taken_apart(self, loaded: LoadedPipeline, above: tuple[_Link, ...] = ()) -> LoadedPipeline:
        """The pipeline as one of notebooks alone.

        What is wrong stands in `remarks`, with its file; the nodes are then as they were written.
        """
        inner: dict[str, LoadedPipeline] = {}
        remarks: list[Finding] = []
        named = dict(parts_of(loaded.spec))
        for name, written in named.items():
            try:
                inner[name] = self._open(loaded, name, written, above)
            except InvalidInput as error:
                remarks += error.findings
            else:
                remarks += inner[name].remarks
        if not named or len(inner) < len(named):
            return replace(loaded, remarks=tuple(dict.fromkeys(remarks)))
        parts = {
            name: Part(spec=part.spec, top=part.top, folder=_from(loaded.file.parent, part.file.parent))
            for name, part in inner.items()
        }
        notebooks = {
            joined(name, node): part.file.parent / written.notebook
            for name, part in inner.items()
            for node, written in part.spec.nodes.items()
        }
        scoring = {
            joined(name, node): written.predict
            for name, part in inner.items()
            for node, written in part.spec.nodes.items()
            if written.predict
        }

        def publishes(node: str) -> PublishedOutputs | None:
            if node in scoring:
                return published_outputs(predict_notebook(scoring[node]))
            return self.publishes(notebooks[node])

        apart = take_apart(loaded.spec, parts, publishes)
        remarks += loaded.findings(apart.problems)
        return _merged(replace(loaded, remarks=tuple(dict.fromkeys(remarks))), inner, apart)

    def _open(
        self, outer: LoadedPipeline, name: str, written: str, above: tuple[_Link, ...]
    ) -> LoadedPipeline:
        """The pipeline that a node names, sound and taken apart.

        Raises:
            InvalidInput: there is none, or something in it is wrong.
        """
        file = (outer.file.parent / written).resolve()
        line, _ = place_of(outer.places, ("nodes", name, "pipeline"))
        link = _Link(outer.file if _is_real(outer) else Path(), outer.shown, line, name)
        chain = (*above, link)
        self._require_place(outer, name, file, chain)
        if file not in self._read:
            try:
                self._read[file] = self._sound(load_pipeline(_shown(outer, written, file)), chain)
            except InvalidInput as error:
                self._read[file] = error
        found = self._read[file]
        if isinstance(found, InvalidInput):
            raise InvalidInput(*(_seen_from(outer, name, written, finding) for finding in found.findings))
        return replace(
            found, remarks=tuple(_seen_from(outer, name, written, remark) for remark in found.remarks)
        )

    def _sound(self, loaded: LoadedPipeline, chain: tuple[_Link, ...]) -> LoadedPipeline:
        """Taken apart, with nothing wrong in it but what `remarks` warn of."""
        whole = self.taken_apart(loaded, chain)
        found = (*whole.remarks, *whole.findings(check_spec(whole.spec)))
        if any(finding.severity == "error" for finding in found):
            raise InvalidInput(*found)
        return replace(whole, remarks=(*found, *loaded.findings(without_effect(loaded.spec))))

    def _require_place(self, outer: LoadedPipeline, name: str, file: Path, chain: tuple[_Link, ...]) -> None:
        """Raise InvalidInput for a file that is not to be read."""
        files = [link.file for link in chain]
        shown = _plain(file)
        if not file.is_relative_to(self.project):
            _refuse(
                outer, name, "outside-project",
                f"{shown} lies outside of the project, {self.project}",
                "put it below that folder, or `mkdir .dagbook` in a folder above both",
            )  # fmt: skip
        if file.suffix in NOTEBOOKS:
            _refuse(outer, name, "no-pipeline", f"{shown} is a notebook", "write `notebook:` for it")
        if file in files:
            circle = chain[files.index(file) :]
            _refuse(
                outer, name, "cycle",
                f"the pipelines contain each other: {' → '.join(map(str, circle))} → {circle[0].shown}",
                "take one of these nodes away",
            )  # fmt: skip
        if len(chain) > DEEPEST:
            _refuse(
                outer, name, "too-deep", f"more than {DEEPEST} levels of pipelines inside pipelines",
                "name the inner pipelines from fewer levels",
            )  # fmt: skip


def _refuse(outer: LoadedPipeline, name: str, code: str, message: str, remedy: str) -> None:
    problem = Problem(path=("nodes", name, "pipeline"), code=code, message=message, remedy=remedy, node=name)
    raise InvalidInput(*outer.findings([problem]))


def _seen_from(outer: LoadedPipeline, name: str, written: str, finding: Finding) -> Finding:
    """A finding of a file inside; what has no line there is said of the node."""
    if finding.line is None and finding.node is None:
        (here,) = outer.findings(
            [
                Problem(
                    path=("nodes", name, "pipeline"), code=finding.code, node=name,
                    message=f"{written}: {finding.message}", remedy=finding.remedy,
                )
            ]
        )  # fmt: skip
        return here
    return replace(finding, node=name if finding.node is None else joined(name, finding.node))


def _merged(loaded: LoadedPipeline, inner: dict[str, LoadedPipeline], apart: TakenApart) -> LoadedPipeline:
    """The pipeline taken apart, and where each node of it is written."""
    places: dict[SpecPath, Place] = dict(loaded.places)
    files: dict[SpecPath, str] = {}
    for kind, made in (("nodes", apart.nodes), ("params", apart.params)):
        for new, (name, old) in made.items():
            files[kind, new] = inner[name].files.get((kind, old), inner[name].shown)
        new_names = {(name, old): new for new, (name, old) in made.items()}
        for name, part in inner.items():
            for path, place in _places(part, kind):
                if (name, path[1]) in new_names:
                    places[kind, new_names[name, str(path[1])], *path[2:]] = place
    return replace(loaded, spec=apart.spec, groups=apart.groups, places=places, files=files)


def _places(part: LoadedPipeline, kind: str) -> Iterator[tuple[SpecPath, Place]]:
    for path, place in part.places.items():
        if len(path) > 1 and path[0] == kind:
            yield path, place


def _from(outer: Path, inner: Path) -> str:
    return Path(os.path.relpath(inner, outer)).as_posix()


def _is_real(loaded: LoadedPipeline) -> bool:
    """Whether it was read from its file, and not from a cell or built in Python."""
    return Path(loaded.shown).resolve() == loaded.file


def _shown(outer: LoadedPipeline, written: str, file: Path) -> Path:
    """The file as people would write it who wrote the outer one's name as they did."""
    return (
        Path(os.path.normpath(Path(outer.shown).parent / written)) if _is_real(outer) else Path(_plain(file))
    )


def _plain(file: Path) -> str:
    here = Path.cwd()
    return str(file.relative_to(here)) if file.is_relative_to(here) else str(file)
