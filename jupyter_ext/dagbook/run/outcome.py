"""A run's outcome as hooks are told of it: whether one is due, what it may know, and what people read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from dagbook.run.events import RunEnd
from dagbook.run.state import BAD, RunState, StepState

_MOST_STEPS: Final = 10
_LONGEST: Final = 2000
_WORDS: Final = {"succeeded": "succeeded", "failed": "failed", "cancelled": "was cancelled"}


@dataclass(frozen=True)
class Notice:
    """A message for people. `is_good` is for services that have colours."""

    title: str
    body: str
    is_good: bool


def is_due(on: str, outcome: RunEnd) -> bool:
    """Whether a hook for `on` follows on this outcome."""
    return on == "exit" or (on, outcome) in {("success", "succeeded"), ("failure", "failed")}


def failed_steps(state: RunState) -> tuple[StepState, ...]:
    """The steps that failed, in the order in which they did."""
    failed = [step for step in state.steps.values() if step.state in BAD]
    return tuple(sorted(failed, key=lambda step: step.finished or ""))


def run_facts(state: RunState, outcome: RunEnd, folder: str) -> dict[str, Any]:
    """What `${run.…}` is worth in a hook; see `pipeline.hook_facts`."""
    failed = failed_steps(state)
    error = failed[0].error if failed else None
    return {
        "id": state.run,
        "pipeline": state.pipeline,
        "state": outcome,
        "failed_step": failed[0].outline.step if failed else None,
        "failed_cell": error.cell if error is not None else None,
        "error": f"{error.name}: {error.value}" if error is not None else None,
        "folder": folder,
    }


def notice(state: RunState, outcome: RunEnd, folder: str) -> Notice:
    """The message: pipeline, run, state; failing steps with cell and error; the commands that show more."""
    failed = failed_steps(state)
    names = ", ".join(step.outline.step for step in failed[:_MOST_STEPS])
    title = f"{state.pipeline} {_WORDS[outcome]}" + (f": {names}" if failed else "")
    lines = [f"Run {state.run} of pipeline {state.pipeline} {_WORDS[outcome]}."]
    for step in failed[:_MOST_STEPS]:
        lines += ["", *_told(step, folder)]
    if len(failed) > _MOST_STEPS:
        lines += ["", f"… and {len(failed) - _MOST_STEPS} more steps failed."]
    lines += ["", f"File: {state.file}", f"Folder: {folder}", f"See it: dagbook show {state.run}"]
    if failed:
        lines.append(f"Its log: dagbook logs {state.run} '{failed[0].outline.step}'")
    if state.tracking_uri and state.mlflow_run_id and state.tracking_uri.startswith("http"):
        lines.append(f"MLflow: run {state.mlflow_run_id} at {state.tracking_uri}")
    return Notice(title=title, body="\n".join(lines), is_good=outcome == "succeeded")


def _told(step: StepState, folder: str) -> list[str]:
    error = step.error
    where = f" in cell {error.cell}" if error is not None and error.cell else ""
    lines = [f"Step {step.outline.step} {step.state.replace('-', ' ')}{where}" + (":" if error else ".")]
    if error is not None:
        lines.append(f"  {error.name}: {error.value}"[:_LONGEST])
        if error.line:
            lines.append(f"  at: {error.line.strip()}"[:_LONGEST])
    if step.notebook:
        lines.append(f"  Notebook: {folder}/{step.notebook}")
    return lines
