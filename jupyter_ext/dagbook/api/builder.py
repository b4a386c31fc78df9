"""Pipelines in Python. Builds exactly the spec that a pipeline file holds, and can write that file.

>>> p = Pipeline("churn", params={"rows": 10_000})
>>> prepare = p.node("prepare.ipynb", rows=p.params.rows)
>>> train = p.node("train.ipynb", features=prepare.out.features, depth=p.item.depth, matrix={"depth": [2, 4]})
>>> run = p.run(rows=500)
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from ruamel.yaml import YAML

from dagbook.api.compiling import Compiled, Target, compile_pipeline
from dagbook.api.planning import Checked, Choices, check, make_plan
from dagbook.api.run import Run, start
from dagbook.errors import Finding, InvalidInput
from dagbook.loaders.complaints import problem_of
from dagbook.loaders.pipeline_file import LoadedPipeline, to_finding
from dagbook.pipeline.names import RESERVED, name_problem
from dagbook.pipeline.plan import Plan
from dagbook.pipeline.selection import Selection
from dagbook.pipeline.spec import PipelineSpec


@dataclass(frozen=True)
class Reference:
    """Something that only a run will know: `${…}`. May stand inside lists, dicts and f-strings."""

    expression: str

    def __getattr__(self, name: str) -> Reference:
        """Of a pipeline inside, or of a value that is a mapping: `features.out.prepare.table`."""
        if name.startswith("_"):
            raise AttributeError(name)
        return Reference(f"{self.expression}.{name}")

    def __str__(self) -> str:
        return f"${{{self.expression}}}"


class References:
    """`p.params.rows`, `node.out.features`: any attribute is a reference, and so is `p.item` itself."""

    def __init__(self, root: str) -> None:
        self._root = root

    def __getattr__(self, name: str) -> Reference:
        if name.startswith("_"):
            raise AttributeError(name)
        return Reference(f"{self._root}.{name}")

    def __str__(self) -> str:
        return f"${{{self._root}}}"


@dataclass(frozen=True)
class Node:
    """A node that was added to a pipeline; `out` refers to what it publishes."""

    name: str

    @property
    def out(self) -> References:
        """References to its outputs."""
        return References(self.name)


class Pipeline:
    """A pipeline that is being built.

    Args:
        name: of the pipeline.
        params: what a run may set: name → default, or a mapping as in the file (`{"type": "int"}`).
        folder: what notebooks' paths are relative to; the caller's working directory by default.
        settings: any other key of a pipeline file (`description`, `defaults`, `experiment`, `tags`, `on`).
    """

    def __init__(
        self,
        name: str,
        *,
        params: Mapping[str, Any] | None = None,
        folder: str | Path | None = None,
        **settings: Any,
    ) -> None:
        self._content: dict[str, Any] = {"pipeline": name, **_written(settings)}
        if params:
            self._content["params"] = dict(params)
        self._content["nodes"] = {}
        self._folder = Path(folder or Path()).resolve()
        self.params = References("params")
        self.item = References("item")

    def node(
        self,
        notebook: str | Path | None = None,
        name: str | None = None,
        /,
        *,
        pipeline: str | Path | None = None,
        needs: Iterable[Node | str] = (),
        **given: Any,
    ) -> Node:
        """Add a notebook, or another pipeline.

        Args:
            notebook: its path, relative to the pipeline's folder.
            name: of the node; the notebook's, or the pipeline file's, by default.
            pipeline: path of a pipeline file, in place of a notebook; `given` is then for its parameters.
            needs: nodes to wait for without taking data from them.
            given: a key of a node as in the pipeline file (`matrix`, `foreach`, `when`, …), or else
                the value of a notebook's parameter: plain, or a reference. A condition is put together like
                any text: `when=f"{best.out.accuracy} > 0.9"`. A parameter that is called like such a key is
                given in `params={…}`.

        Raises:
            InvalidInput: the name is taken, or no name.
        """
        work = _work(notebook, pipeline)
        return self._add(name or _name_of(Path(next(iter(work.values())))), work, needs, given)

    def predict(
        self, model: str, name: str = "predict", /, *, needs: Iterable[Node | str] = (), **given: Any
    ) -> Node:
        """Add a node that scores a table with a registered model: `p.predict("churn@champion", table=…)`.

        Args:
            model: `models:/NAME@ALIAS`, `NAME/3` or `NAME`.
            name: of the node.
            needs: nodes to wait for without taking data from them.
            given: as for `node`; the parameters are `table`, `columns` and `keep`. It publishes
                `predictions` and `scored`.

        Raises:
            InvalidInput: the name is taken, or no name.
        """
        return self._add(name, {"predict": model}, needs, given)

    def _add(
        self, node: str, written: dict[str, Any], needs: Iterable[Node | str], given: dict[str, Any]
    ) -> Node:
        if problem := name_problem(node):
            raise InvalidInput(
                Finding(code="wrong-value", message=f"node {node!r} {problem}", remedy="give the node a name")
            )
        if node in self._content["nodes"]:
            raise InvalidInput(
                Finding(
                    code="duplicate-key",
                    message=f"the pipeline has a node '{node}' already",
                    remedy="give this one another name: p.node(notebook, 'name')",
                )
            )
        keys = {key: given.pop(key) for key in _NODE_KEYS if key in given}
        params = {**given, **dict(keys.pop("params", {}))}
        if params:
            written["params"] = _written(params)
        if needed := [need.name if isinstance(need, Node) else need for need in needs]:
            written["needs"] = needed
        written |= {key: _written(value) for key, value in keys.items()}
        if isinstance(written.get("when"), str):
            # A condition is one expression, whatever was put together to make it.
            written["when"] = _REFERENCE.sub(r"\1", written["when"])
        self._content["nodes"][node] = written
        return Node(node)

    @property
    def spec(self) -> PipelineSpec:
        """The spec. Raises InvalidInput for what a pipeline file could not hold either."""
        try:
            return PipelineSpec.model_validate(self._content)
        except ValidationError as error:
            problems = [problem_of(detail) for detail in error.errors(include_url=False)]
            raise InvalidInput(*(to_finding(problem, None, {}) for problem in problems)) from error

    def to_yaml(self) -> str:
        """The text of the pipeline file."""
        self.spec  # noqa: B018  # raises for what a file could not hold
        yaml = YAML()
        yaml.indent(mapping=2, sequence=4, offset=2)
        out = io.StringIO()
        yaml.dump(self._content, out)
        return out.getvalue()

    def save(self, file: str | Path) -> Path:
        """Write the pipeline file. Notebooks' paths are taken as relative to it."""
        path = Path(file)
        path.write_text(self.to_yaml(), "utf-8")
        return path

    def validate(self) -> tuple[Finding, ...]:
        """Everything that is wrong; empty when nothing is."""
        return self._checked().findings

    def plan(self, *, accept: Iterable[str] = (), **params: Any) -> Plan:
        """What a run with these parameters would do, and why."""
        choices = Choices(params=params, selection=Selection(accept=tuple(accept)))
        return make_plan(self._checked(), choices).plan

    def run(  # noqa: PLR0913  # each is an option of `dagbook run`
        self,
        *,
        wait: bool = True,
        jobs: int | None = None,
        only: Iterable[str] = (),
        accept: Iterable[str] = (),
        use_cache: bool = True,
        warm: bool | None = None,
        keep_failed: str | float | None = None,
        tags: Mapping[str, str] | None = None,
        **params: Any,
    ) -> Run:
        """Run it, and wait for the end unless told otherwise. A failed run is no exception: see `run.state`.

        Raises:
            InvalidInput: the pipeline or a parameter is wrong; nothing was started.
        """
        choices = Choices(
            params=params,
            jobs=jobs,
            selection=Selection(only=tuple(only), accept=tuple(accept)),
            use_cache=use_cache,
            warm=warm,
            keep_failed=keep_failed,
            tags=tags or {},
        )
        run = start(make_plan(self._checked(), choices))
        if wait:
            run.wait()
        return run

    def compile(self, to: str, *, options: Mapping[str, str] | None = None, **params: Any) -> Compiled:
        """The pipeline for another scheduler: `p.compile("argo", options={"image": "churn:1"}).text`.

        Raises:
            InvalidInput: something in it cannot be said to that scheduler; each with its place.
        """
        return compile_pipeline(self._checked(), Target(to=to, options=options or {}), params)

    def _checked(self) -> Checked:
        spec = self.spec
        # Paths count from the folder, as if the file stood there.
        file = self._folder / f"{spec.pipeline}.pipeline.yaml"
        return check(LoadedPipeline(spec=spec, file=file, shown=f"Pipeline({spec.pipeline!r})"))


_REFERENCE = re.compile(r"\$\{([^{}]*)\}")
_NODE_KEYS = (
    "params", "matrix", "foreach", "tolerate", "when", "run_if", "retries", "outputs", "deps", "timeout",
    "cell_timeout", "concurrency", "mutex", "semaphore", "resources", "kernel", "cache", "environment",
    "tags", "description", "register",
)  # fmt: skip


def _written(value: Any) -> Any:
    if isinstance(value, Reference | References):
        return str(value)
    if isinstance(value, Mapping):
        return {key: _written(element) for key, element in value.items()}
    if isinstance(value, list | tuple):
        return [_written(element) for element in value]
    return value


def _work(notebook: str | Path | None, pipeline: str | Path | None) -> dict[str, str]:
    """What the node is, as a key of the pipeline file."""
    if (notebook is None) == (pipeline is None):
        raise InvalidInput(
            Finding(
                code="wrong-value", message="a node is a notebook or a pipeline",
                remedy='write p.node("FILE.ipynb") or p.node(pipeline="FILE.pipeline.yaml")',
            )
        )  # fmt: skip
    return {"pipeline": str(pipeline)} if notebook is None else {"notebook": str(notebook)}


def _name_of(file: Path) -> str:
    stem = file.stem.removesuffix(".pipeline")
    name = "".join(letter if letter.isalnum() else "_" for letter in stem)
    return f"{name}_" if name in RESERVED else name
