"""What has changed since a run was planned: its pipeline file, its notebooks, what they import and read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dagbook import bootstrap
from dagbook.api.facts import ReadNotebooks, read_notebooks
from dagbook.api.planning import Choices, check_file, environment_name, make_plan
from dagbook.errors import DagbookError
from dagbook.loaders.notebook_pipeline import is_notebook
from dagbook.notebook.values import Secret, decode
from dagbook.pipeline.fingerprint import explain_difference, fingerprint_parts
from dagbook.pipeline.plan import Plan, PlannedNode
from dagbook.pipeline.spec import PipelineSpec

_FILE = "file "
_FROZEN = ("code cell ", "declared outputs")


@dataclass(frozen=True, kw_only=True)
class Differences:
    """What is not any more as it was planned.

    Attributes:
        said: one line for each thing, as people read it; empty when all is as it was.
        unfrozen: nodes that will meet other modules, files or kernels than were planned, whatever is done:
            the run folder has copies of notebooks alone.
    """

    said: tuple[str, ...] = ()
    unfrozen: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.said)


def differences(plan: Plan) -> Differences:
    """Compare a plan with the pipeline file and the notebooks as they are now."""
    if not Path(plan.file).is_file() or is_notebook(Path(plan.file)):
        # A notebook alone, built in Python, or gone: the notebooks are all there is to look at.
        return _of_nodes(plan, _notebooks_now(plan))
    try:
        now = make_plan(check_file(Path(plan.file)), Choices(params=given_params(plan)[0])).plan
    except DagbookError as error:
        lines = tuple(f"now wrong: {finding.message}" for finding in error.findings)
        return Differences(said=lines, unfrozen=_of_nodes(plan, _notebooks_now(plan)).unfrozen)
    found = _of_nodes(plan, now.nodes)
    return Differences(said=(*found.said, *_of_steps(plan, now)), unfrozen=found.unfrozen)


def given_params(plan: Plan) -> tuple[dict[str, Any], dict[str, list[Any]]]:
    """What a run was started with, as values: parameters, and what a notebook alone was swept with."""
    given = {name: decode(value) for name, value in plan.params.items()}
    if not is_notebook(Path(plan.file)):
        # A pipeline file says itself which parameters are secrets.
        return {name: value for name, value in given.items() if not isinstance(value, Secret)}, {}
    sweep: dict[str, dict[str, Any]] = {}
    for step in plan.steps:
        for name, value in step.item.items():
            sweep.setdefault(name, {})[repr(value)] = decode(value)
    return given, {name: list(values.values()) for name, values in sweep.items()}


def _of_nodes(plan: Plan, now: Mapping[str, PlannedNode]) -> Differences:
    said: list[str] = []
    unfrozen: list[str] = []
    for name, before in plan.nodes.items():
        if name not in now:
            said.append(f"node '{name}' is gone")
            continue
        after = now[name]
        if before.code != after.code:
            said.append(f"node '{name}': {explain_difference(before.code, after.code)}")
            if _unfrozen(before) != _unfrozen(after):
                unfrozen.append(name)
        keys = [key for key in PlannedNode.model_fields if getattr(before, key) != getattr(after, key)]
        said += [f"node '{name}': `{key}` changed" for key in keys if key != "code"]
    said += [f"node '{name}' is new" for name in now if name not in plan.nodes]
    return Differences(said=tuple(said), unfrozen=tuple(unfrozen))


def _of_steps(plan: Plan, now: Plan) -> Iterator[str]:
    """Where the nodes are the same, but not what they are run with or after what."""
    for node in plan.nodes:
        before, after = plan.steps_of(node), now.steps_of(node)
        if [step.item for step in before] != [step.item for step in after]:
            yield f"node '{node}': `matrix` changed"
        elif [step.needs for step in before] != [step.needs for step in after]:
            yield f"node '{node}': what it needs changed"


def _unfrozen(node: PlannedNode) -> dict[str, str]:
    return {part: digest for part, digest in node.code.items() if not part.startswith(_FROZEN)}


def _notebooks_now(plan: Plan) -> dict[str, PlannedNode]:
    """The plan's nodes with fingerprints of their notebooks as they are; `{}` for what cannot be read."""
    read = _read(plan)
    nodes = {}
    for name, node in plan.nodes.items():
        facts = read.facts.get(name)
        code = {}
        if facts:
            code = fingerprint_parts(facts, {}, node.outputs, environment_name(), node.registration)
        nodes[name] = node.model_copy(update={"code": code})
    return nodes


def _read(plan: Plan) -> ReadNotebooks:
    written = {
        name: {
            **({"predict": node.predict} if node.predict else {"notebook": node.notebook}),
            "kernel": node.kernel,
            "deps": [part.removeprefix(_FILE) for part in node.code if part.startswith(_FILE)],
        }
        for name, node in plan.nodes.items()
    }
    spec = PipelineSpec.model_validate({"pipeline": plan.pipeline, "nodes": written})
    folder = Path(plan.file).parent
    return read_notebooks(spec, folder, bootstrap.loader(bootstrap.settings(folder)))
