"""The kernel of a step that failed, kept for a person: to attach to, to go on from, or to let go."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from dagbook.api.opening import require_within, step_of, write_copy
from dagbook.api.run import Run, not_writable, run_of
from dagbook.api.run_plan import plan_in
from dagbook.engine.collect import MissingOutput, collect
from dagbook.engine.disk import write_whole
from dagbook.engine.folders import NOTEBOOK, REQUEST, step_folder
from dagbook.engine.held import CONTINUED, HeldDecision, leave_decision
from dagbook.engine.request import NodeRequest
from dagbook.engine.writer import user_name
from dagbook.errors import Finding, InvalidInput, NotFound
from dagbook.notebook.cells import Cell, source_of
from dagbook.run.holding import is_held
from dagbook.run.steps import Held, StepState

_COPY: Final = "attached"
"""In the attempt's folder: the path of the copy that a person works on."""
_PAUSE: Final = 0.05


@dataclass(frozen=True, kw_only=True)
class Attached:
    """A kept kernel, and the notebook to go on in.

    Attributes:
        path: of the executed notebook's copy, beside the author's notebook.
        connection: the file that Jupyter's clients connect by: `jupyter console --existing FILE`.
        until: when the kernel is let go, ISO 8601.
        cell: the one that failed, counted from 1.
    """

    run: str
    step: str
    path: Path
    connection: str
    until: str
    cell: int | None


def attach(run: Run | str, step: str, *, within: Path | None = None) -> Attached:
    """The kept kernel of a step, and a copy of its executed notebook to go on in.

    Asked again, it is the same copy.

    Args:
        run: a run, its id, the beginning of one.
        step: its name: `train`, `train[3]`.
        within: a folder that the copy must lie in, if any.

    Raises:
        NotFound: there is no such run or step.
        InvalidInput: the step's kernel is not kept, or its notebook lies outside of `within`.
        EnvironmentFault: the copy cannot be written.
    """
    run = run_of(run)
    state, held = _held(run, step)
    folder = run.folder / state.folder
    path = _copy_there(folder) or _new_copy(run, state, folder, within)
    return Attached(
        run=run.id, step=step, path=path, connection=held.connection, until=held.until, cell=held.error.cell
    )


def continue_(
    run: Run | str, step: str, *, notebook: Path | None = None, by: str | None = None, wait: float = 20.0
) -> dict[str, Any]:
    """Go on with the pipeline from a step that was finished by hand, in its kept kernel.

    The notebook as it was saved becomes the step's executed notebook, and what its kernel published the
    step's outputs. The result is this run's alone: no other run reuses it.

    Args:
        run: a run, its id, the beginning of one.
        step: its name.
        notebook: as the person left it; the copy that `attach` made when None.
        by: in whose name; the user's own when None.
        wait: seconds until the driver has to have heard of it.

    Returns:
        `run`, `step`, `state`, `by`, and `changed`: the numbers of cells that are not those of the notebook.

    Raises:
        NotFound: there is no such run or step, or no such notebook.
        InvalidInput: the kernel is not kept, the file is no notebook, or an output that is needed is missing.
        EnvironmentFault: the run's folder cannot be written.
    """
    run = run_of(run)
    state, _ = _held(run, step)
    folder = run.folder / state.folder
    content, cells = _notebook(notebook or _copy_there(folder), run.id, step)
    who = by or user_name()
    try:
        _require_outputs(folder, step)
        # Before the decision: the attempt writes its notebook anew as soon as it hears of that.
        changed = _changed(cells, folder)
        write_whole(folder / CONTINUED, content)
        leave_decision(folder, HeldDecision(go_on=True, by=who))
    except OSError as error:
        raise not_writable(error, run.folder) from error
    return {"run": run.id, "step": step, "state": _heard(run, step, wait), "by": who, "changed": changed}


def release(run: Run | str, step: str, *, wait: float = 20.0) -> dict[str, Any]:
    """Let a kept kernel go: its step fails as it did.

    Raises:
        NotFound: there is no such run or step.
        InvalidInput: the kernel is not kept.
        EnvironmentFault: the run's folder cannot be written.
    """
    run = run_of(run)
    state, _ = _held(run, step)
    try:
        leave_decision(run.folder / state.folder, HeldDecision(go_on=False, by=user_name()))
    except OSError as error:
        raise not_writable(error, run.folder) from error
    return {"run": run.id, "step": step, "state": _heard(run, step, wait)}


def _held(run: Run, step: str) -> tuple[StepState, Held]:
    known = step_of(run.id, run.state, step)
    if known.held is None or not is_held(known):
        raise InvalidInput(
            Finding(
                code="not-kept",
                message=f"no kernel of '{step}' is kept; it is {known.state}",
                remedy=f"`dagbook retry {run.id} --keep-failed 30m` keeps that of a step that fails; "
                f"`dagbook open {run.id} {step}` needs none",
            )
        )
    return known, known.held


def _copy_there(folder: Path) -> Path | None:
    try:
        path = Path((folder / _COPY).read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return path if path.is_file() else None


def _new_copy(run: Run, state: StepState, folder: Path, within: Path | None) -> Path:
    name = state.outline.step
    author = Path(plan_in(run.folder).nodes[state.outline.node].notebook)
    require_within(within, str(author), name, f"dagbook attach {run.id} {name}")
    try:
        text = (folder / NOTEBOOK).read_text("utf-8")
        path = write_copy(author.parent, f"{author.stem}-{run.id}-{step_folder(name)}", text)
        write_whole(folder / _COPY, str(path).encode())
    except OSError as error:
        raise not_writable(error, run.folder) from error
    return path


def _notebook(path: Path | None, run: str, step: str) -> tuple[bytes, list[Cell]]:
    """The person's notebook as it was saved, and its cells."""
    if path is None:
        raise InvalidInput(
            Finding(
                code="not-attached",
                message=f"nobody attached to '{step}' yet, so there is no notebook to go on with",
                remedy=f"`dagbook attach {run} {step}` first, or name the notebook with --notebook",
            )
        )
    try:
        content = path.read_bytes()
        return content, _cells(content)
    except OSError as error:
        raise NotFound(
            Finding(
                code="no-such-file", message=f"{path} cannot be read: {error.strerror}",
                remedy="name the notebook in which the step was finished", file=str(path),
            )
        ) from error  # fmt: skip
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise InvalidInput(
            Finding(
                code="not-a-notebook", message="this file is no notebook", file=str(path),
                remedy="save the notebook in which the step was finished, and name that",
            )
        ) from error  # fmt: skip


def _cells(content: bytes) -> list[Cell]:
    """Raises ValueError, LookupError, TypeError or RecursionError for what is no notebook."""
    found: Any = json.loads(content)["cells"]
    if not (isinstance(found, list) and all(_is_cell(cell) for cell in found)):
        raise ValueError("it has something else than cells")
    return found


def _is_cell(cell: Any) -> bool:
    return (
        isinstance(cell, dict)
        and isinstance(cell.get("cell_type"), str)
        and isinstance(cell.get("source"), str | list)
        and isinstance(cell.get("metadata"), dict)
        and (cell["cell_type"] != "code" or isinstance(cell.get("outputs"), list))
    )


def _require_outputs(folder: Path, step: str) -> None:
    request = NodeRequest.model_validate_json((folder / REQUEST).read_bytes())
    try:
        collect(request)
    except MissingOutput as missing:
        raise InvalidInput(
            Finding(
                code="not-published",
                message=f"'{step}' cannot go on: {missing.error.value}",
                remedy=f"{missing.error.remedy}; its kernel is still there",
            )
        ) from missing


def _changed(cells: list[Cell], folder: Path) -> list[int]:
    """Which code cells are not as they were executed first, counted from 1."""
    before = {cell.get("id"): source_of(cell) for cell in _cells((folder / NOTEBOOK).read_bytes())}
    return [
        number
        for number, cell in enumerate(cells, 1)
        if cell["cell_type"] == "code" and source_of(cell).strip()
        if before.get(cell.get("id")) != source_of(cell)
    ]


def _heard(run: Run, step: str, wait: float) -> str:
    """The step's state once its attempt is over, or after `wait` seconds."""
    until = time.monotonic() + wait
    while True:
        known = run.state.steps[step]
        if not is_held(known) or time.monotonic() >= until:
            return known.state
        time.sleep(_PAUSE)
