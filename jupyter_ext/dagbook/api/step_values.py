"""What a step of a run was given and what it published, as people look at it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from dagbook.api.opening import Opened, frozen_of, params_of, step_of
from dagbook.api.run_plan import plan_in
from dagbook.engine.prepare import inputs_of, show_value
from dagbook.errors import DagbookError, Finding, NotFound
from dagbook.notebook.values import FileValue, decode
from dagbook.run.steps import StepState


def step_values(found: Opened, step: str) -> dict[str, Any]:
    """What the newest attempt of a step was given, or would have been, and what it published.

    Returns:
        `run`, `step`, and lists `params` and `outputs`, each of `name`, `text` and `file` (whether there is
        one to look at); of a parameter also `from`, the outputs that it was made of. `params` is None where
        they are not known (any more), and `why` says why.

    Raises:
        NotFound: there is no such step.
        EnvironmentFault: the run's plan cannot be read.
    """
    state = step_of(found.id, found.state, step)
    why = ""
    params: list[dict[str, Any]] | None = None
    try:
        params = list(_params(found, state))
    except DagbookError as error:
        why = error.findings[0].message
    outputs = [
        {"name": name, "text": output.path if output.kind == "file" else show_value(output.value),
         "file": output.kind == "file"}
        for name, output in state.outputs.items()
    ]  # fmt: skip
    return {"run": found.id, "step": step, "params": params, "why": why, "outputs": outputs}


def file_of_value(found: Opened, step: str, of: Literal["input", "output"], name: str) -> Path:
    """The file that a parameter or an output of a step is.

    Raises:
        NotFound: there is no such step or value, it is no file, or the file is gone.
        InvalidInput: the step has no inputs.
    """
    state = step_of(found.id, found.state, step)
    path = None
    if of == "output":
        output = state.outputs.get(name)
        path = found.folder / output.path if output is not None and output.kind == "file" else None
    else:
        plan = plan_in(found.folder)
        form = params_of(found, plan, state, frozen_of(found, state)).get(name)
        value = decode(form) if form is not None else None
        path = Path(value.path) if isinstance(value, FileValue) else None
    if path is None or not path.exists():
        raise NotFound(
            Finding(
                code="no-file",
                message=f"{of} '{name}' of '{step}' is no file, or the file is gone",
                remedy="values stand in the answer of `values` itself", file=str(path) if path else None,
            )
        )  # fmt: skip
    return path


def _params(found: Opened, state: StepState) -> Iterator[dict[str, Any]]:
    plan = plan_in(found.folder)
    templates = plan.nodes[state.outline.node].params
    sources = inputs_of(plan, {name: decode(template) for name, template in templates.items()})
    for name, form in params_of(found, plan, state, frozen_of(found, state)).items():
        value = decode(form)
        yield {
            "name": name, "text": show_value(value), "file": isinstance(value, FileValue),
            "from": sources.get(name, ""),
        }  # fmt: skip
