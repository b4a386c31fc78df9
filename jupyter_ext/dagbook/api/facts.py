"""Reads the notebooks of a pipeline once, for checking, planning and freezing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from dagbook.engine.content import digest_of
from dagbook.engine.ports import Loader
from dagbook.errors import EnvironmentFault, Finding, InvalidInput
from dagbook.kernels.installed import choose, installed
from dagbook.notebook.cells import kernel_name_of, language_of, normalised_cells
from dagbook.notebook.environment import Requirements, RequirementsError, declared_requirements
from dagbook.notebook.outputs import published_outputs
from dagbook.notebook.parameters import ParametersError, declared_parameters
from dagbook.pipeline.facts import NotebookFacts
from dagbook.pipeline.predict import predict_notebook
from dagbook.pipeline.problem import Problem
from dagbook.pipeline.spec import PipelineSpec


@dataclass(frozen=True, kw_only=True)
class ReadNotebooks:
    """What was read. A node that has a problem has no facts."""

    facts: Mapping[str, NotebookFacts] = field(default_factory=dict)
    documents: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    findings: tuple[Finding, ...] = ()
    fault: EnvironmentFault | None = None


def read_notebooks(spec: PipelineSpec, folder: Path, loader: Loader) -> ReadNotebooks:
    """Read every notebook of `spec`; paths are relative to `folder`, problems are gathered and not raised."""
    reading = _Reading(spec, folder, loader)
    for name, node in spec.nodes.items():
        if node.pipeline is None:  # else it could not be taken apart, and that is said
            reading.read(name)
    return ReadNotebooks(
        facts=reading.facts,
        documents=reading.documents,
        problems=tuple(reading.problems),
        findings=tuple(reading.findings),
        fault=reading.fault,
    )


class _Reading:
    """The notebooks read so far, and what was wrong with them."""

    def __init__(self, spec: PipelineSpec, folder: Path, loader: Loader) -> None:
        self._spec = spec
        self._folder = folder
        self._loader = loader
        self._kernels = installed()
        self.facts: dict[str, NotebookFacts] = {}
        self.documents: dict[str, dict[str, Any]] = {}
        self.problems: list[Problem] = []
        self.findings: list[Finding] = []
        self.fault: EnvironmentFault | None = None

    def read(self, name: str) -> None:
        """Read one node's notebook."""
        node = self._spec.nodes[name]
        path = (self._folder / node.notebook).resolve()
        try:
            document, warnings = (
                (predict_notebook(node.predict), ())
                if node.predict
                else self._loader.notebook_and_warnings(path)
            )
        except InvalidInput as error:
            self.findings += [_for_node(finding, name) for finding in error.findings]
            return
        self.findings += [_for_node(finding, name) for finding in warnings]
        try:
            parameters = declared_parameters(document)
        except ParametersError as error:
            message, _, remedy = str(error).partition("; ")
            self.findings.append(
                Finding(
                    code="parameters-cell", message=message, remedy=remedy or "correct the parameters cell",
                    file=_shown(path), node=name, cell=error.cell,
                )
            )  # fmt: skip
            return
        kernel = self._kernel(name, document)
        deps = self._deps(name, path.parent)
        requirements, sound = self._requirements(name, document)
        if kernel is None or deps is None or not sound:
            return
        cells = normalised_cells(document)
        self.documents[name] = document
        self.facts[name] = NotebookFacts(
            path=str(path),
            parameters=parameters,
            published=published_outputs(document),
            cells=cells,
            modules=self._loader.local_modules(path, "\n\n".join(cells.values())),
            deps=deps,
            kernel=kernel,
            language=language_of(document),
            requirements=requirements,
        )

    def _requirements(self, name: str, document: dict[str, Any]) -> tuple[Requirements | None, bool]:
        """What the node asks for, else its notebook; and whether that can be read."""
        written = self._spec.settings_of(name).environment
        try:
            found = declared_requirements(document)
        except RequirementsError as error:
            self._problem(
                name, "environment", str(error), "see docs/howto/environment-per-node.md", cell=error.cell
            )
            return None, False
        if written is not None:
            found = Requirements(
                dependencies=tuple(written.dependencies), requires_python=written.requires_python
            )
        if found is not None and language_of(document) != "python":
            message = (
                f"an environment of its own is for Python, and the notebook is in {language_of(document)}"
            )
            self._problem(name, "environment", message, "take `environment:` away, or name a `kernel:`")
            return None, False
        return found, True

    def _kernel(self, name: str, document: dict[str, Any]) -> str | None:
        wanted = self._spec.settings_of(name).kernel or kernel_name_of(document)
        try:
            kernel, warning = choose(wanted, language_of(document), self._kernels)
        except EnvironmentFault as error:
            self.fault = EnvironmentFault(*(_for_node(finding, name) for finding in error.findings))
            return None
        if warning and (wanted or Path(self._spec.nodes[name].notebook).suffix == ".ipynb"):
            remedy = "install it, or set `kernel:`" if wanted else "set `kernel:`, or save it with a kernel"
            self._problem(name, "kernel-replaced", warning, remedy, severity="warning")
        return kernel

    def _deps(self, name: str, folder: Path) -> dict[str, str] | None:
        digests: dict[str, str] = {}
        for index, dep in enumerate(self._spec.nodes[name].deps):
            if not (folder / dep).exists():
                self.problems.append(
                    Problem(
                        path=("nodes", name, "deps", index),
                        code="no-such-file",
                        node=name,
                        message=f"there is no file {folder / dep}",
                        remedy="correct the path, or take it away",
                    )
                )
                return None
            digests[dep] = digest_of(folder / dep)
        return digests

    def _problem(
        self,
        node: str,
        code: str,
        message: str,
        remedy: str,
        cell: int | None = None,
        severity: Any = "error",
    ) -> None:
        self.problems.append(
            Problem(
                path=("nodes", node, "notebook"),
                code=code,
                message=message,
                remedy=remedy,
                node=node,
                cell=cell,
                severity=severity,
            )
        )


def _for_node(finding: Finding, node: str) -> Finding:
    return replace(finding, node=node, file=finding.file and _shown(Path(finding.file)))


def _shown(path: Path) -> str:
    """As people would write it: relative when it lies below the working directory."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
