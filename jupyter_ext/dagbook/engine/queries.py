"""The read side: which runs there are and how they stand. Reads journals; owns nothing, changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from itertools import islice
from pathlib import Path
from typing import Any

from dagbook.engine.folders import JOURNAL, new_to_old
from dagbook.engine.ports import Journal
from dagbook.engine.run_filter import RunFilter
from dagbook.errors import Finding, NotFound, did_you_mean
from dagbook.notebook.outputs import Output
from dagbook.run.events import Entry
from dagbook.run.hooks import HookState
from dagbook.run.state import BAD, FINAL, GOOD, RunState, Steps, StepState, fold


class Queries:
    """Runs below one folder.

    Args:
        runs: the folder that holds one folder per run.
        open_journal: gives the journal of a run folder.
        is_driven: whether a living driver holds the run of a folder.
    """

    def __init__(
        self,
        runs: Path,
        open_journal: Callable[[Path], Journal],
        is_driven: Callable[[Path], bool],
    ) -> None:
        self._runs = runs
        self._open_journal = open_journal
        self._is_driven = is_driven
        self._folded: dict[str, tuple[int, RunState]] = {}
        self._journals: dict[str, Journal] = {}

    def folder(self, run: str) -> Path:
        """The run's folder. Accepts an unambiguous beginning of an id.

        Raises:
            NotFound: no run, or more than one, begins like that.
        """
        ids = [folder.name for folder in new_to_old(self._runs)]
        if run in ids:
            return self._runs / run
        matches = [name for name in ids if run and name.startswith(run)]
        if len(matches) == 1:
            return self._runs / matches[0]
        if matches:
            raise NotFound(
                Finding(
                    code="ambiguous-run",
                    message=f"{len(matches)} runs begin with '{run}'",
                    remedy=f"say more of the id: {', '.join(matches[:5])}",
                )
            )
        raise NotFound(
            Finding(
                code="unknown-run",
                message=f"there is no run '{run}' in {self._runs}",
                remedy=did_you_mean(run, ids, "start one with `dagbook run FILE`"),
            )
        )

    def latest(self) -> str:
        """The id of the newest run. Raises NotFound when there is none."""
        for folder in new_to_old(self._runs):
            return folder.name
        raise NotFound(
            Finding(
                code="no-runs",
                message=f"there are no runs in {self._runs}",
                remedy="start one with `dagbook run FILE`, or try `dagbook demo`",
            )
        )

    def is_driven(self, run: str) -> bool:
        """Whether a living driver holds the run."""
        return self._is_driven(self.folder(run))

    def entries(self, run: str, after: int = 0) -> list[Entry]:
        """The journal's entries with `seq > after`."""
        return self._journal(self.folder(run)).read(after)

    def state(self, run: str) -> RunState:
        """The run as it is: the fold of its journal, and `interrupted` when its driver is gone."""
        folder = self.folder(run)
        state = self._fold(folder)
        if state.state == "running" and not self._is_driven(folder):
            # The last entry may have been written between the two looks.
            state = self._fold(folder)
            if state.state == "running":
                return _interrupted(state)
        return state

    def runs(
        self, limit: int | None = None, before: str | None = None, wanted: RunFilter | None = None
    ) -> list[dict[str, Any]]:
        """Summaries, newest first; at most `limit`, only runs older than the run `before`, only `wanted`."""
        admits = (wanted or RunFilter()).admits
        return list(islice(filter(admits, self._summaries(before)), limit))

    def show(self, run: str) -> dict[str, Any]:
        """Everything of one run, in the shape that `dagbook show --json` prints."""
        folder = self.folder(run)
        return describe_run(self.state(folder.name), folder, self.damage(run))

    def damage(self, run: str) -> str | None:
        """What of the run's journal cannot be read, and where, in words."""
        return self._journal(self.folder(run)).damage()

    def _summaries(self, before: str | None) -> Iterator[dict[str, Any]]:
        for folder in new_to_old(self._runs):
            if before is not None and folder.name >= before:
                continue
            state = self.state(folder.name)
            if state.seq == 0:
                if self.damage(folder.name) is None:
                    continue  # prepared, and its driver has not said anything yet
                state = replace(state, run=folder.name, state="interrupted")
            yield summarise_run(state)

    def _fold(self, folder: Path) -> RunState:
        try:
            size = (folder / JOURNAL).stat().st_size
        except OSError:
            return RunState(run=folder.name)
        known = self._folded.get(folder.name)
        if known is not None and known[0] == size:
            return known[1]
        # A journal only grows. One that is shorter than it was is another run's, or was cut at damage.
        so_far = known[1] if known is not None and known[0] < size else RunState()
        state = fold(self._journal(folder).read(so_far.seq), so_far)
        self._folded[folder.name] = (size, state)
        return state

    def _journal(self, folder: Path) -> Journal:
        """The run's journal, which knows how far it was read."""
        return self._journals.setdefault(folder.name, self._open_journal(folder))


def summarise_run(state: RunState) -> dict[str, Any]:
    """One line of a list of runs. `steps` counts them: total, done, failed, running."""
    steps = state.steps.values()
    return {
        "run": state.run,
        "pipeline": state.pipeline,
        "state": state.state,
        "started": state.started,
        "finished": state.finished,
        "seconds": state.seconds,
        "user": state.user,
        "schedule": state.schedule or None,
        "due": state.due or None,
        "file": state.file,
        "tags": dict(state.tags),
        "steps": {
            "total": len(steps),
            "done": sum(step.state in GOOD for step in steps),
            "failed": sum(step.state in BAD for step in steps),
            "running": sum(step.state == "running" for step in steps),
        },
    }


def describe_run(state: RunState, folder: Path, damage: str | None = None) -> dict[str, Any]:
    """The whole run as JSON: the one shape of `run --json`, `show --json` and the REST API."""
    return {
        "run": state.run,
        "pipeline": state.pipeline,
        "state": state.state,
        "folder": str(folder),
        "tracking_uri": state.tracking_uri,
        "tracking_lost": state.tracking_lost,
        "experiment": state.experiment,
        "mlflow_run_id": state.mlflow_run_id,
        "started": state.started,
        "finished": state.finished,
        "seconds": state.seconds,
        "user": state.user,
        "schedule": state.schedule or None,
        "due": state.due or None,
        "file": state.file,
        "params": dict(state.params),
        "tags": dict(state.tags),
        "damage": damage,
        "steps": [_describe_step(step, folder) for step in state.steps.values()],
        "hooks": [_describe_hook(hook, folder) for hook in state.hooks.values()],
    }


def _describe_hook(hook: HookState, folder: Path) -> dict[str, Any]:
    error = hook.error
    return {
        "hook": hook.hook,
        "on": hook.on,
        "what": hook.what,
        "state": hook.state,
        "notebook": str(folder / hook.notebook) if hook.notebook else None,
        "log": str(folder / hook.folder / "log") if hook.folder else None,
        "mlflow_run_id": hook.mlflow_run_id,
        "started": hook.started,
        "finished": hook.finished,
        "seconds": hook.seconds,
        "error": error
        and {"cell": error.cell, "name": error.name, "value": error.value, "remedy": error.remedy},
    }


def _describe_step(step: StepState, folder: Path) -> dict[str, Any]:
    error = step.error
    return {
        "step": step.outline.step,
        "node": step.outline.node,
        "needs": list(step.outline.needs),
        "item": dict(step.outline.item),
        "state": step.state,
        "reason": step.reason,
        "outputs": {name: _plain_output(output, folder) for name, output in step.outputs.items()},
        "notebook": str(folder / step.notebook) if step.notebook else None,
        "log": str(folder / step.folder / "log") if step.folder else None,
        "mlflow_run_id": step.mlflow_run_id,
        "attempt": step.attempt,
        "cell": step.cell,
        "total": step.total,
        "line": step.line,
        "waiting": step.waiting or None,
        "approval": asdict(step.approval) if step.approval else None,
        "held": {
            "cell": step.held.error.cell,
            "name": step.held.error.name,
            "value": step.held.error.value,
            "since": step.held.since,
            "until": step.held.until,
            "connection": step.held.connection,
        }
        if step.held
        else None,
        "by_hand": step.by_hand or None,
        "started": step.started,
        "finished": step.finished,
        "seconds": step.seconds,
        "peak_memory": step.peak_memory,
        "stopped_early": step.stopped_early,
        "warnings": list(step.warnings),
        "error": error
        and {
            "cell": error.cell,
            "name": error.name,
            "value": error.value,
            "line": error.line,
            "traceback": error.traceback,
            "remedy": error.remedy,
        },
    }


def _plain_output(output: Output, folder: Path) -> Any:
    """A value as it is; a file by its absolute path."""
    return output.value if output.kind == "value" else str(folder / output.path)


def _interrupted(state: RunState) -> RunState:
    steps = Steps(
        replace(step, state="lost", held=None)
        if step.state not in FINAL and step.state != "pending"
        else step
        for step in state.steps.every()
    )
    return replace(state, state="interrupted", steps=steps)
