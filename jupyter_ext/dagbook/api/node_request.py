"""The request for one step of a pipeline that another scheduler runs: made where the step is to run."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dagbook import bootstrap
from dagbook.api.planning import Choices, Prepared, check_file, make_plan
from dagbook.engine.arrivals import NO_RESULT, state_on_arrival
from dagbook.engine.attempts_elsewhere import exit_of_failure
from dagbook.engine.expansion import does_not_hold
from dagbook.engine.folders import REQUEST, RESULT, SKIPPED, attempt_folder, environments_of, frozen_notebook
from dagbook.engine.prepare import FrozenNotebook, Unprepared, condition_holds, prepare_step
from dagbook.engine.request import NodeRequest, NodeResult
from dagbook.engine.upstream import Around
from dagbook.errors import EnvironmentFault, Exit, Finding, InvalidInput, did_you_mean
from dagbook.pipeline.digest import plan_digest
from dagbook.pipeline.plan import PlannedStep
from dagbook.run.events import StepSkipped
from dagbook.run.judge import Omit, judge_needs


@dataclass(frozen=True, kw_only=True)
class StepPlace:
    """Which attempt of which step of which run, and where it is made.

    Attributes:
        folder: of the run; the attempt gets its own folder below it.
        also: further folders in which the folders of upstream steps are looked for.
        digest: what the pipeline was when it was compiled; empty to take it as it is.
        retries: attempts that were made before, by a scheduler that counts them: this is the next one, and
            its exit code says whether there is to be another. None for the next unused one, by nobody's rule.
    """

    step: str
    run: str
    folder: Path
    also: Sequence[Path] = ()
    digest: str = ""
    retries: int | None = None
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class NotStarted:
    """A step that does not run; its folder says why, as that of one that has run or was skipped.

    Attributes:
        exit_code: for the scheduler: 0 when it is skipped, 75 when it is to be tried again, else 1.
        because: for people.
    """

    exit_code: int
    because: str


def write_request(file: Path, place: StepPlace) -> Path | NotStarted:
    """Prepare the step and write its request; the path of it, or why there is nothing to run.

    Where something that the step needs failed, or its condition does not hold, that is for the step's rules
    to say, not for the scheduler that had it started.

    Raises:
        InvalidInput: the pipeline is wrong, has no such step, or is not the one that was compiled.
        EnvironmentFault: the folder cannot be written.
    """
    prepared = make_plan(check_file(file), Choices(params=place.params, use_cache=False))
    step = _step(prepared, place)
    attempt = _next_attempt(place) if place.retries is None else place.retries + 1
    folder = place.folder.resolve() / attempt_folder(step.step, attempt)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _freeze(prepared, step, place.folder)
        try:
            around = _around(prepared, step, place)
            skipped = _left_out(around)
            if skipped is not None:
                (folder.parent / SKIPPED).write_text(skipped.model_dump_json(indent=1), "utf-8")
                return NotStarted(exit_code=Exit.OK, because=skipped.because)
            request = _request(around, place, attempt)
        except Unprepared as error:
            failed = NodeResult(state="failed", error=error.error, notebook="")
            (folder / RESULT).write_text(failed.model_dump_json(indent=1), "utf-8")
            return _failed(prepared, step, place, error)
        (folder / REQUEST).write_text(request.model_dump_json(indent=1), "utf-8")
    except OSError as error:
        raise EnvironmentFault(
            Finding(
                code="not-writable", message=f"the step's folder cannot be written: {error.strerror}",
                remedy="make room or allow writing there", file=str(error.filename or folder),
            )
        ) from error  # fmt: skip
    return folder / REQUEST


def _failed(prepared: Prepared, step: PlannedStep, place: StepPlace, why: Unprepared) -> NotStarted:
    code: int = Exit.FAILED
    if place.retries is not None:
        rule = prepared.plan.nodes[step.node].rules.retries
        code = exit_of_failure(rule, place.retries + 1, "failed", why.error.name)
    return NotStarted(exit_code=code, because=f"{why.error.name}: {why.error.value}")


def _around(prepared: Prepared, step: PlannedStep, place: StepPlace) -> Around:
    root = place.folder.resolve()
    roots = [root, *(path.resolve() for path in place.also)]
    state = state_on_arrival(prepared.plan, place.run, step, roots)
    return Around(plan=prepared.plan, step=step, state=state, folder=root)


def _left_out(around: Around) -> StepSkipped | None:
    """Why the step does not run; None when it does.

    Raises:
        Unprepared: it cannot be told.
    """
    step, run_if = around.step, around.plan.nodes[around.step.node].rules.run_if
    # To have been started means that all went well. What is not there then was lost, and that is a failure.
    is_lost = any(around.state.steps[need].reason == NO_RESULT for need in step.needs)
    verdict = judge_needs(around.state, step.needs, run_if)
    if isinstance(verdict, Omit) and not (is_lost and run_if == "success"):
        return StepSkipped(step=step.step, because=verdict.because, cause=verdict.cause)
    return None if condition_holds(around) else does_not_hold(around)


def _step(prepared: Prepared, place: StepPlace) -> PlannedStep:
    plan = prepared.plan
    if place.digest and place.digest != plan_digest(plan):
        raise InvalidInput(
            Finding(
                code="other-pipeline",
                message="the pipeline here is not the one that was compiled: it or a notebook was changed",
                remedy="compile it again, and bring the same files to where steps run",
                file=plan.file,
            )
        )
    found = [step for step in plan.steps if step.step == place.step]
    if not found:
        names = [step.step for step in plan.steps]
        raise InvalidInput(
            Finding(
                code="unknown-step", message=f"the pipeline '{plan.pipeline}' has no step '{place.step}'",
                remedy=did_you_mean(place.step, names), file=plan.file,
            )
        )  # fmt: skip
    return found[0]


def _next_attempt(place: StepPlace) -> int:
    """Never one that was used: it may have left something without coming to a result."""
    attempt = 1
    while (place.folder / attempt_folder(place.step, attempt)).exists():
        attempt += 1
    return attempt


def _freeze(prepared: Prepared, step: PlannedStep, folder: Path) -> None:
    path = folder / frozen_notebook(step.node)
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(prepared.documents[step.node], ensure_ascii=False, indent=1)
    waiting = path.with_name(f".{path.name}.{os.getpid()}")
    waiting.write_text(text, "utf-8", "surrogatepass")
    # Steps of one matrix write the same, perhaps at once.
    waiting.replace(path)


def _request(around: Around, place: StepPlace, attempt: int) -> NodeRequest:
    plan, step, root = around.plan, around.step, around.folder
    ready = prepare_step(around, FrozenNotebook.of(bootstrap.read_frozen(root / frozen_notebook(step.node))))
    node = plan.nodes[step.node]
    return NodeRequest(
        run=place.run,
        step=step.step,
        node=step.node,
        attempt=attempt,
        notebook=str(root / frozen_notebook(step.node)),
        folder=str(root / attempt_folder(step.step, attempt)),
        cwd=str(Path(node.notebook).parent),
        params=ready.params,
        collect=ready.collect,
        expected=node.expected,
        kernel=node.kernel,
        timeout=node.timeout,
        cell_timeout=node.cell_timeout,
        memory=node.rules.memory or None,
        lock=node.lock,
        environments=str(environments_of(Path(plan.project))) if node.lock else "",
        retries=None if place.retries is None else node.rules.retries,
    )
