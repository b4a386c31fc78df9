"""Taking up a run: after a crash, after a failure, or to do some of it once more."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from dagbook import bootstrap
from dagbook.api.differences import Differences, differences, given_params
from dagbook.api.driver import start_driver
from dagbook.api.hooks import renew_addresses
from dagbook.api.keeping import kept_when_taken_up
from dagbook.api.launch import Wish, open_launchable
from dagbook.api.params import split_assignments
from dagbook.api.planning import Choices
from dagbook.api.run import Run, not_writable, run_of, start
from dagbook.api.run_plan import plan_in
from dagbook.api.submitting import refuse_choices, take_up_submitted
from dagbook.engine.again import Again
from dagbook.engine.content import size_of
from dagbook.engine.folders import CANCEL
from dagbook.engine.submission import is_submitted
from dagbook.errors import Finding, InvalidInput, NotFound, did_you_mean
from dagbook.journals.lock import refuse_driven
from dagbook.pipeline.groups import nodes_meant
from dagbook.pipeline.plan import Plan
from dagbook.pipeline.selection import Selection
from dagbook.run.again import unfinished
from dagbook.run.events import JOURNAL_VERSION, RunStarted
from dagbook.run.state import BAD, RunState

Way = Literal["as-planned", "changed"]
"""What to do about a pipeline that changed: go on as it was, or begin a new run of it as it is."""


def resume(
    run: Run | str,
    *,
    wait: bool = True,
    way: Way | None = None,
    jobs: int | None = None,
    keep_failed: str | float | None = None,
) -> Run:
    """Do what the run has not finished; what it has finished is never run again.

    Args:
        run: interrupted, failed or cancelled; or its id.
        wait: False comes back at once; the run goes on without us.
        way: needed when the pipeline file or a notebook has changed. `changed` begins a new run with the
            same parameters, in which everything that still holds is reused.
        jobs: how many steps may run at once; as before when None.
        keep_failed: how long the kernel of a step that fails is kept, as of `launch`; as before when None.

    Raises:
        InvalidInput: nothing is left to do, or something changed and no way was chosen.
        RunBusy: a driver is at it.
        EnvironmentFault: the run's folder cannot be read or written.
    """
    run = run_of(run)
    state = _idle(run)
    if is_submitted(run.folder):
        refuse_choices(run, jobs=jobs, keep_failed=keep_failed, **({way: way} if way else {}))
        _require_unfinished(run, state)
        return _waited(take_up_submitted(run, state), wait=wait)
    plan = plan_in(run.folder)
    _require_unfinished(run, state)
    again = Again(jobs=jobs, **kept_when_taken_up(keep_failed, plan.place))
    return _waited(_take_up(run, plan, state, way, again), wait=wait)


def _require_unfinished(run: Run, state: RunState) -> None:
    if state.state not in {"interrupted", "running"} and not unfinished(state):
        raise InvalidInput(
            Finding(
                code="nothing-to-resume",
                message=f"run {run.id} is {state.state}: nothing of it is left to do",
                remedy="`dagbook retry RUN --step STEP` does a step again, `dagbook run FILE` begins anew",
            )
        )


def retry(  # noqa: PLR0913  # each is an option of `dagbook retry`
    run: Run | str,
    steps: str | Collection[str] = (),
    *,
    wait: bool = True,
    params: Mapping[str, Any] | Sequence[str] = (),
    way: Way | None = None,
    jobs: int | None = None,
    keep_failed: str | float | None = None,
) -> Run:
    """Do again what failed, or the steps that are named; and everything that follows from them.

    Args:
        run: over, or interrupted; or its id.
        steps: names of steps, or of nodes for all of their steps; what failed when empty.
        wait: as of `resume`.
        params: makes it a new run with these parameters instead of the run's, in which what still holds is
            reused. Values by name, or texts `NAME=VALUE`.
        way: as of `resume`.
        jobs: as of `resume`.
        keep_failed: as of `resume`.

    Raises:
        InvalidInput: nothing failed, there is no such step, or something changed and no way was chosen.
        RunBusy: a driver is at it.
        EnvironmentFault: the run's folder cannot be read or written.
    """
    run = run_of(run)
    state = _idle(run)
    if is_submitted(run.folder):
        refuse_choices(
            run, step=steps, param=params, jobs=jobs, keep_failed=keep_failed, **({way: way} if way else {})
        )
        _require_failed(run, state, ())
        return _waited(take_up_submitted(run, state), wait=wait)
    plan = plan_in(run.folder)
    named = _named(run, state, [steps] if isinstance(steps, str) else steps)
    _require_failed(run, state, named)
    kept = Again(steps=named, jobs=jobs, **kept_when_taken_up(keep_failed, plan.place))
    if params:
        values = params if isinstance(params, Mapping) else {}
        texts = {} if isinstance(params, Mapping) else split_assignments(params)
        return _waited(_begin_anew(run, plan, kept, values, texts), wait=wait)
    failed = tuple(name for name, step in state.steps.items() if step.state in BAD)
    again = kept.model_copy(update={"steps": named or failed, "fresh": bool(named)})
    return _waited(_take_up(run, plan, state, way, again), wait=wait)


def _require_failed(run: Run, state: RunState, named: Collection[str]) -> None:
    if not named and not any(step.state in BAD or step.state == "lost" for step in state.steps.values()):
        raise InvalidInput(
            Finding(
                code="nothing-to-retry",
                message=f"no step of run {run.id} failed",
                remedy="name one with --step, or `dagbook resume RUN` for what never ran",
            )
        )


def _waited(run: Run, *, wait: bool) -> Run:
    if wait:
        run.wait()
    return run


def _take_up(run: Run, plan: Plan, state: RunState, way: Way | None, again: Again) -> Run:
    found = differences(plan)
    if found and way is None:
        raise InvalidInput(*_what_differs(run, found))
    if found and way == "changed":
        return _begin_anew(run, plan, again)
    # What was asked of the driver before us was not asked of us.
    (run.folder / CANCEL).unlink(missing_ok=True)
    try:
        renew_addresses(run.folder, plan)
        news = {"uncached": found.unfrozen, "gone": _gone(run.folder, state)}
        process = start_driver(run.folder, again.model_copy(update=news))
    except OSError as error:
        raise not_writable(error, run.folder) from error
    return Run(run.id, bootstrap.queries_of(run.folder.parent), process, after=state.seq)


def _gone(folder: Path, state: RunState) -> tuple[str, ...]:
    """Finished steps of which a published file is not there, or not as long as it was, and still needed."""
    waiting = set(unfinished(state))
    needed = {need for name in waiting for need in state.steps[name].outline.needs}
    return tuple(name for name in state.steps if name in needed - waiting and not _whole(folder, state, name))


def _whole(folder: Path, state: RunState, step: str) -> bool:
    try:
        return all(
            size_of(folder / output.path) == output.bytes
            for output in state.steps[step].outputs.values()
            if output.kind == "file"
        )
    except OSError:
        return False


def _begin_anew(
    run: Run,
    plan: Plan,
    wanted: Again,
    params: Mapping[str, Any] | None = None,
    texts: Mapping[str, str] | None = None,
) -> Run:
    """A new run of the plan's file as it is now, with the plan's parameters but for those that are given."""
    file = Path(plan.file)
    if not file.is_file():
        raise InvalidInput(
            Finding(
                code="no-pipeline-file",
                message=f"run {run.id} has no pipeline file to begin a new run from",
                remedy="put it back, or run the pipeline from the Python code that built it",
                file=plan.file,
            )
        )
    source = open_launchable(file)
    given, sweep = given_params(plan)
    chosen = {**(params or {}), **(texts or {})}
    known = None if source.fields is None else {field.name for field in source.fields}
    kept = {name: value for name, value in given.items() if name not in chosen and name in (known or given)}
    nodes = {step.step: step.node for step in plan.steps}
    again = tuple(dict.fromkeys(nodes.get(step, step.partition("[")[0]) for step in wanted.steps or ()))
    wish = Wish(
        params={**kept, **(params or {})},
        texts=texts or {},
        sweep={name: values for name, values in sweep.items() if name not in chosen},
        choices=Choices(
            jobs=wanted.jobs or plan.jobs,
            selection=Selection(again=again),
            tags=plan.tags,
            keep_failed=plan.keep_failed if wanted.keep_failed is None else wanted.keep_failed,
        ),
    )
    return start(source.prepare(wish))


def _idle(run: Run) -> RunState:
    """The state of a run that nobody drives and that we can read; raises otherwise."""
    began = next((entry.event for entry in run.entries() if isinstance(entry.event, RunStarted)), None)
    if began is not None and began.version > JOURNAL_VERSION:
        raise InvalidInput(
            Finding(
                code="newer-journal",
                message=f"run {run.id} was written by a newer Dagbook: {run.damage}",
                remedy="update Dagbook, or run the pipeline again",
                file=str(run.folder),
            )
        )
    refuse_driven(run.folder)
    return run.state


def _named(run: Run, state: RunState, names: Collection[str]) -> tuple[str, ...]:
    chosen: dict[str, None] = {}
    findings = []
    nodes = {known.outline.node for known in state.steps.values()}
    for name in names:
        meant = nodes_meant(name, nodes)
        found = [step for step, known in state.steps.items() if name == step or known.outline.node in meant]
        chosen |= dict.fromkeys(found)
        if not found:
            findings.append(
                Finding(
                    code="unknown-step",
                    message=f"run {run.id} has no step '{name}'",
                    remedy=did_you_mean(name, {*state.steps, *nodes}),
                )
            )
    if findings:
        raise NotFound(*findings)
    return tuple(chosen)


def _what_differs(run: Run, found: Differences) -> list[Finding]:
    shown = 8
    lines = list(found.said[:shown])
    if len(found.said) > shown:
        lines.append(f"and {len(found.said) - shown} more")
    unfrozen = ", ".join(found.unfrozen)
    live = f" (what {unfrozen} imports and reads is taken as it is now)" if unfrozen else ""
    return [
        Finding(
            code="changed-since",
            message=f"the pipeline is not as it was when run {run.id} was planned: {'; '.join(lines)}",
            remedy=f"--as-planned goes on with the notebooks as they were{live}; --changed begins a new run "
            "of the pipeline as it is, and reuses what still holds",
        )
    ]
