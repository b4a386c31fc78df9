"""The hooks of a run as the journal tells them. They change nothing of the run's own state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from dagbook.run.events import HookEnd, HookEnded, HookStarted
from dagbook.run.facts import NodeError

HookStatus = Literal["running"] | HookEnd


@dataclass(frozen=True, kw_only=True)
class HookState:
    """One hook as the journal tells it. `what` is its notebook, or the service that is told."""

    hook: str
    on: str
    what: str
    state: HookStatus = "running"
    folder: str = ""
    notebook: str = ""
    error: NodeError | None = None
    started: str | None = None
    finished: str | None = None
    seconds: float | None = None
    mlflow_run_id: str | None = None


Hooks = Mapping[str, HookState]


def hook_started(hooks: Hooks, event: HookStarted, at: str) -> Hooks:
    """The hooks after one began; one that a dead driver left open begins anew."""
    begun = HookState(
        hook=event.hook, on=event.on, what=event.what, folder=event.folder, started=at,
        mlflow_run_id=event.mlflow_run_id,
    )  # fmt: skip
    return {**hooks, event.hook: begun}


def hook_ended(hooks: Hooks, event: HookEnded, at: str) -> Hooks:
    """The hooks after one ended; the end of one that never began is passed over."""
    if event.hook not in hooks:
        return hooks
    ended = replace(
        hooks[event.hook], state=event.state, error=event.error, notebook=event.notebook, finished=at,
        seconds=event.seconds,
    )  # fmt: skip
    return {**hooks, event.hook: ended}
