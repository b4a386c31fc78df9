"""Reads `NAME.pipeline.yaml` into a spec; says everything that is wrong at once, each with its place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import ValidationError
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from dagbook.errors import Finding, InvalidInput, did_you_mean
from dagbook.loaders.complaints import problem_of
from dagbook.loaders.yaml_places import Path as SpecPath
from dagbook.loaders.yaml_places import Place, YamlWalk, place_of
from dagbook.loaders.yaml_values import build
from dagbook.pipeline.groups import Group
from dagbook.pipeline.problem import Problem
from dagbook.pipeline.spec import PipelineSpec

SUFFIXES = (".pipeline.yaml", ".pipeline.yml", ".yaml", ".yml")


@dataclass(frozen=True, kw_only=True)
class LoadedPipeline:
    """A spec and where its parts are written. `file` is absolute.

    Attributes:
        groups: the nodes that are pipelines themselves, once they were taken apart.
        files: what came from another file, `("nodes", "features__prepare")` → that file.
        remarks: what was found while they were taken apart.
    """

    spec: PipelineSpec
    file: Path
    shown: str
    places: Mapping[SpecPath, Place] = field(default_factory=dict)
    groups: Mapping[str, Group] = field(default_factory=dict)
    files: Mapping[SpecPath, str] = field(default_factory=dict)
    remarks: tuple[Finding, ...] = ()

    @property
    def top(self) -> Group:
        """What it consists of, as people name it."""
        inside = {node for group in self.groups.values() for node in group.members()}
        return Group(nodes={name: name for name in self.spec.nodes if name not in inside}, groups=self.groups)

    def findings(self, problems: Iterable[Problem]) -> tuple[Finding, ...]:
        """Problems of the spec as findings with line and column."""
        return tuple(
            to_finding(problem, self.files.get(problem.path[:2], self.shown), self.places)
            for problem in problems
        )


def load_pipeline(path: Path) -> LoadedPipeline:
    """The pipeline that the file describes.

    Raises:
        InvalidInput: with a finding for each thing that is wrong in the file.
    """
    return parse_pipeline(_read(path, str(path)), path)


def parse_pipeline(text: str, path: Path) -> LoadedPipeline:
    """The pipeline that a text describes, which stands in the file or is to be written there.

    Raises:
        InvalidInput: with a finding for each thing that is wrong in the text.
    """
    shown = str(path)
    walk = YamlWalk(shown)
    walk.walk(text)
    if walk.findings:
        raise InvalidInput(*walk.findings)
    try:
        content = build(text)
    except MarkedYAMLError as error:
        walk.syntax(error)
        raise InvalidInput(*walk.findings) from error
    except (YAMLError, ArithmeticError, LookupError, RecursionError, TypeError, ValueError) as error:
        problem = (str(error).splitlines() or [type(error).__name__])[0]
        raise InvalidInput(
            _finding("yaml-syntax", shown, f"this is no YAML: {problem:.200}", "correct it")
        ) from error
    if not isinstance(content, dict):
        raise InvalidInput(
            _finding(
                "no-pipeline",
                shown,
                "the file is empty" if content is None else "the file holds no mapping",
                "begin with `pipeline: NAME` and `nodes:`; `dagbook init FOLDER` writes one",
            )
        )
    try:
        spec = PipelineSpec.model_validate(content)
    except ValidationError as error:
        problems = [problem_of(detail) for detail in error.errors(include_url=False)]
        raise InvalidInput(*(to_finding(problem, shown, walk.places) for problem in problems)) from error
    return LoadedPipeline(spec=spec, file=path.resolve(), shown=shown, places=walk.places)


def to_finding(problem: Problem, file: str | None, places: Mapping[SpecPath, Place]) -> Finding:
    """A problem of a spec with its place in the text."""
    line, column = place_of(places, problem.path)
    return Finding(
        code=problem.code, message=problem.message, remedy=problem.remedy, file=file, line=line,
        column=column, node=problem.node, cell=problem.cell, severity=problem.severity,
    )  # fmt: skip


def _read(path: Path, shown: str) -> str:
    if not path.exists():
        siblings = [entry.name for entry in _listing(path.parent) if entry.name.endswith(SUFFIXES)]
        raise InvalidInput(
            _finding(
                "no-such-file",
                shown,
                "there is no such file",
                did_you_mean(
                    path.name, siblings, "check the path; `dagbook init FOLDER` writes a pipeline file"
                ),
            )
        )
    if path.is_dir():
        inside = sorted(entry.name for entry in _listing(path) if entry.name.endswith(SUFFIXES[:2]))
        remedy = (
            f"name the file: {path / inside[0]}"
            if inside
            else f"`dagbook init {path}` writes a pipeline file"
        )
        raise InvalidInput(_finding("is-a-folder", shown, "this is a folder, not a pipeline file", remedy))
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InvalidInput(
            _finding("not-readable", shown, f"the file cannot be read: {error.strerror}", "allow reading it")
        ) from error
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInput(
            _finding("not-utf8", shown, f"byte {error.start + 1} is not UTF-8", "save the file as UTF-8")
        ) from error


def _listing(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []


def _finding(code: str, file: str, message: str, remedy: str) -> Finding:
    return Finding(code=code, message=message, remedy=remedy, file=file)
