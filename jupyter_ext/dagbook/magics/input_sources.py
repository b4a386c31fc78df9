"""Finds what another node published last: in runs of pipelines, or by a person in its notebook."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dagbook.engine.queries import Queries
from dagbook.errors import Finding, NotFound, did_you_mean
from dagbook.magics.place import INTERACTIVE, MANIFEST
from dagbook.notebook.outputs import Output
from dagbook.notebook.values import decode
from dagbook.run.state import GOOD, RunState, StepState
from dagbook.settings import STATE_FOLDER


@dataclass(frozen=True, kw_only=True)
class Source:
    """A value or the path of a file, as a node downstream would receive it; `origin` is for people.

    Attributes:
        at: when it was published, ISO 8601.
        files: the absolute paths that the value consists of.
    """

    value: Any
    origin: str
    at: str
    files: tuple[str, ...] = ()


class InputSources:
    """What the nodes and notebooks of one project have published.

    Args:
        project: its folder.
        queries: the read side of its runs.
        run: only this run of a pipeline, by the beginning of its id.
        pipeline: only runs of the pipeline of that name.
    """

    def __init__(
        self, project: Path, queries: Queries, run: str | None = None, pipeline: str | None = None
    ) -> None:
        self._kept = project / STATE_FOLDER / INTERACTIVE
        self._queries = queries
        self._run = run
        self._pipeline = pipeline

    def newest(self, name: str, node: str) -> Source:
        """The output `name` that the node, or the notebook, published last.

        Raises:
            NotFound: it never did, or its file is gone.
        """
        found = [source for source in (self._from_runs(name, node), self._kept_by(name, node)) if source]
        if not found:
            raise self._missing(name, node)
        newest = max(found, key=lambda source: datetime.fromisoformat(source.at))
        gone = [path for path in newest.files if not Path(path).exists()]
        if gone:
            raise NotFound(
                Finding(
                    code="input-gone",
                    message=f"'{name}' of {newest.origin} was {gone[0]}, which is not there any more",
                    remedy=f"run '{node}' again, or choose another run with --run",
                )
            )
        return newest

    def nodes(self) -> list[str]:
        """Every node and notebook that published something."""
        names = [step.outline.node for _, step in self._steps() if step.outputs]
        return list(dict.fromkeys([*names, *(name for name, _ in self._notebooks())]))

    def outputs(self, node: str | None = None) -> list[str]:
        """The names of what a node, or any, published."""
        names = [name for _, step in self._steps() if node in {None, *_called(step)} for name in step.outputs]
        for notebook, manifest in self._notebooks():
            if node is None or _same_notebook(notebook, node):
                names += [output.name for output, _ in _read(manifest)]
        return list(dict.fromkeys(names))

    def _from_runs(self, name: str, node: str) -> Source | None:
        for state in self._states():
            steps = [step for step in state.steps.values() if node in _called(step)]
            if not steps or not all(step.state in GOOD and name in step.outputs for step in steps):
                continue
            folder = self._queries.folder(state.run)
            outputs = [step.outputs[name] for step in steps]
            values = [_value(output, folder) for output in outputs]
            is_matrix = steps[0].outline.step != steps[0].outline.node and node == steps[0].outline.node
            at = max(step.finished or state.started or "" for step in steps)
            return Source(
                value=values if is_matrix else values[0],
                origin=f"'{node}' in run {state.run} of {state.pipeline}",
                at=at,
                files=tuple(_files(outputs, folder)),
            )
        return None

    def _kept_by(self, name: str, node: str) -> Source | None:
        if self._run is not None or self._pipeline is not None:
            return None
        found = [
            (at, output, notebook, manifest)
            for notebook, manifest in self._notebooks()
            if _same_notebook(notebook, node)
            for output, at in _read(manifest)
            if output.name == name
        ]
        if not found:
            return None
        at, output, notebook, manifest = max(found, key=lambda entry: datetime.fromisoformat(entry[0]))
        return Source(
            value=_value(output, manifest.parent),
            origin=f"notebook '{notebook}', which you ran yourself",
            at=at,
            files=tuple(_files([output], manifest.parent)),
        )

    def _states(self) -> Iterator[RunState]:
        if self._run is not None:
            yield self._queries.state(self._run)
            return
        for summary in self._queries.runs():
            if self._pipeline in {None, summary["pipeline"]}:
                yield self._queries.state(summary["run"])

    def _steps(self) -> Iterator[tuple[RunState, StepState]]:
        for state in self._states():
            for step in state.steps.values():
                yield state, step

    def _notebooks(self) -> list[tuple[str, Path]]:
        manifests = sorted(self._kept.rglob(MANIFEST)) if self._kept.is_dir() else []
        return [(path.parent.relative_to(self._kept).as_posix(), path) for path in manifests]

    def _missing(self, name: str, node: str) -> NotFound:
        nodes = self.nodes()
        known = any(_same_notebook(each, node) or each == node for each in nodes)
        where = f"in run {self._run}" if self._run else f"of {self._pipeline}" if self._pipeline else "here"
        if not known and node not in nodes:
            return NotFound(
                Finding(
                    code="unknown-node",
                    message=f"no node '{node}' has published anything {where}",
                    remedy=did_you_mean(node, nodes, "run a pipeline with it, or its notebook, first"),
                )
            )
        outputs = self.outputs(node)
        return NotFound(
            Finding(
                code="unknown-output",
                message=f"'{node}' has not published '{name}' {where}, or not all of its steps ended well"
                if name in outputs
                else f"'{node}' has published no '{name}' {where}",
                remedy=did_you_mean(name, [each for each in outputs if each != name], f"run '{node}' again"),
            )
        )


def _files(outputs: Sequence[Output], folder: Path) -> list[str]:
    return [str(folder / output.path) for output in outputs if output.kind == "file"]


def _called(step: StepState) -> set[str]:
    return {step.outline.node, step.outline.step}


def _value(output: Output, folder: Path) -> Any:
    return decode(output.value) if output.kind == "value" else str(folder / output.path)


def _same_notebook(notebook: str, said: str) -> bool:
    """Whether `sub/prepare` is meant by `prepare`, `sub/prepare` or `prepare.ipynb`."""
    plain = said.removesuffix(".ipynb").removesuffix(".py").removesuffix(".md")
    return plain in {notebook, notebook.rpartition("/")[2]}


def _read(manifest: Path) -> list[tuple[Output, str]]:
    """What was published, newest last, each with its time; a line that was cut off is passed over."""
    try:
        lines = manifest.read_text("utf-8").splitlines()
        written = datetime.fromtimestamp(manifest.stat().st_mtime, UTC).isoformat()
    except OSError:
        return []
    found: dict[str, tuple[Output, str]] = {}
    for line in lines:
        try:
            content = json.loads(line)
            output = Output.model_validate(content)
            at = str(content.get("at") or written)
            datetime.fromisoformat(at)
        except (ValueError, AttributeError):
            continue
        found.pop(output.name, None)
        found[output.name] = (output, at)
    return list(found.values())
