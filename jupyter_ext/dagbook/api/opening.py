"""A step's notebook as it ran in a past run, to work on: a copy with what that run gave it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from dagbook import bootstrap
from dagbook.api.run_plan import plan_in
from dagbook.engine.expansion import planned_step
from dagbook.engine.folders import REQUEST, frozen_notebook, step_folder
from dagbook.engine.prepare import FrozenNotebook, Unprepared, prepare_step
from dagbook.engine.request import NodeRequest
from dagbook.engine.upstream import Around
from dagbook.errors import EnvironmentFault, Finding, InvalidInput, NotFound, did_you_mean, not_writable
from dagbook.notebook.cells import kernel_name_of
from dagbook.notebook.values import FileValue, Json, decode
from dagbook.pipeline.plan import Plan, PlannedNode
from dagbook.run.state import RunState, StepState
from dagbook.run.steps import BAD
from dagbook.runners.inject import to_execute


@dataclass(frozen=True)
class Opened:
    """The run whose step is opened: its id, its folder, and how it stands."""

    id: str
    folder: Path
    state: RunState


def open_step(found: Opened, step: str, *, within: Path | None = None) -> Path:
    """Write a copy of the step's notebook with what the run gave it, beside the author's notebook.

    The copy is of the notebook as it was when the run was planned. Nothing is ever overwritten.

    Args:
        found: a run that is over or goes on.
        step: its name: `train`, `train[3]`.
        within: a folder that the copy must lie in, if any.

    Raises:
        NotFound: there is no such step, or what the step was given is gone.
        InvalidInput: the step has no values of its own, or its notebook lies outside of `within`.
        EnvironmentFault: the run's plan cannot be read, or the copy cannot be written.
    """
    plan = plan_in(found.folder)
    state = step_of(found.id, found.state, step)
    node = plan.nodes[state.outline.node]
    place = Path(node.notebook).parent
    require_within(within, node.notebook, step, f"dagbook open {found.id} {step}")
    document = frozen_of(found, state)
    params = params_of(found, plan, state, document)
    _require_inputs(found, step, params)
    return write_copy(place, f"{Path(node.notebook).stem}-{found.id}-{step_folder(step)}",
                      _copy(document, params, node))  # fmt: skip


def step_of(run: str, state: RunState, step: str) -> StepState:
    """The step of that name in a run with that id. Raises NotFound, which names the nearest."""
    known = state.steps.get(step)
    if known is None:
        raise NotFound(
            Finding(
                code="unknown-step", message=f"run {run} has no step '{step}'",
                remedy=did_you_mean(step, state.steps),
            )
        )  # fmt: skip
    return known


def require_within(within: Path | None, notebook: str, step: str, command: str) -> None:
    """Raise InvalidInput for a notebook outside of the folder; `command` does the same in a terminal."""
    if within is not None and not Path(notebook).parent.resolve().is_relative_to(within.resolve()):
        raise InvalidInput(
            Finding(
                code="outside-root",
                message=f"the notebook of '{step}' lies outside of the server's root folder",
                remedy=f"type `{command}` in a terminal", file=notebook,
            )
        )  # fmt: skip


def frozen_of(run: Opened, state: StepState) -> dict[str, Any]:
    """The notebook of a step as it was when the run was planned. Raises NotFound."""
    path = run.folder / frozen_notebook(state.outline.node)
    try:
        return bootstrap.read_frozen(path)
    except (OSError, ValueError) as error:
        raise _gone(f"the notebook that run {run.id} kept of '{state.outline.node}' is gone", path) from error


def params_of(run: Opened, plan: Plan, state: StepState, document: dict[str, Any]) -> Mapping[str, Json]:
    """What the newest attempt was given; of a step that was not attempted, what it would have been given.

    Raises:
        NotFound: what it was given cannot be read any more.
        InvalidInput: it has no values of its own.
    """
    if state.folder and state.attempt:
        path = run.folder / state.folder / REQUEST
        try:
            return NodeRequest.model_validate_json(path.read_bytes()).params
        except FileNotFoundError:
            pass  # done by another scheduler, whose request lay elsewhere
        except (OSError, ValueError) as error:
            raise _gone(f"what '{state.outline.step}' was given cannot be read", path) from error
    planned = planned_step({each.step: each for each in plan.steps}, run.state, state.outline.step)
    if plan.nodes[planned.node].rules.foreach and planned.index is None:
        raise InvalidInput(
            Finding(
                code="no-inputs",
                message=f"'{planned.step}' stands for one step for each element of its list",
                remedy=f"name one of them: {planned.step}[0]",
            )
        )  # fmt: skip
    broken = [name for name in planned.needs if (known := run.state.steps.get(name)) and known.state in BAD]
    if broken:
        raise InvalidInput(
            Finding(
                code="no-inputs",
                message=f"'{planned.step}' had no inputs in run {run.id}: '{broken[0]}' failed",
                remedy=f"open that one, or mend it and `dagbook retry {run.id}`",
            )
        )
    around = Around(plan=plan, step=planned, state=run.state, folder=run.folder)
    find_model = bootstrap.find_model(Path(plan.project))
    try:
        return prepare_step(around, FrozenNotebook.of(document), find_model).params
    except Unprepared as error:
        raise InvalidInput(
            Finding(
                code="no-inputs",
                message=f"'{planned.step}' had no inputs in run {run.id}: {error.error.value}",
                remedy=error.error.remedy or f"see `dagbook show {run.id}`",
            )
        ) from error


def _require_inputs(run: Opened, step: str, params: Mapping[str, Json]) -> None:
    for name, form in params.items():
        for path in _files(decode(form)):
            if not Path(path).exists():
                raise _gone(f"input '{name}' of '{step}' in run {run.id} is gone", Path(path))


def _files(value: object) -> Iterator[str]:
    if isinstance(value, FileValue):
        yield value.path
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _files(inner)


def _copy(document: dict[str, Any], params: Mapping[str, Json], node: PlannedNode) -> str:
    kernel = node.kernel or kernel_name_of(document) or ""
    copy = to_execute(document, params, kernel)
    if node.kernel:
        spec = copy["metadata"].get("kernelspec") or {}
        copy["metadata"]["kernelspec"] = {**spec, "name": kernel, "display_name": kernel}
    return json.dumps(copy, ensure_ascii=False, indent=1) + "\n"


def write_copy(place: Path, stem: str, text: str) -> Path:
    """Write a notebook into the folder, under a name that nothing has yet. Raises EnvironmentFault."""
    content = text.encode("utf-8", "surrogatepass")
    for number in count(1):
        path = place / f"{stem}{'' if number == 1 else f'-{number}'}.ipynb"
        try:
            file = path.open("xb")
        except FileExistsError:
            continue
        except OSError as error:
            raise _not_writable(path, error) from error
        try:
            with file:
                file.write(content)
        except OSError as error:
            path.unlink(missing_ok=True)  # half a notebook is none
            raise _not_writable(path, error) from error
        return path
    raise AssertionError  # `count` has no end


def _not_writable(path: Path, error: OSError) -> EnvironmentFault:
    return not_writable("the copy cannot be written", error, path, "make room or allow writing there")


def _gone(message: str, path: Path) -> NotFound:
    return NotFound(
        Finding(
            code="inputs-gone", message=message, file=str(path),
            remedy="run the pipeline again, and open the new run's step",
        )
    )  # fmt: skip
