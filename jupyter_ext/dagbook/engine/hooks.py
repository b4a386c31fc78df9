"""What follows on a run's outcome: people are told, notebooks run. It steers nothing."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from dagbook.engine.commit import Committed, failure_of
from dagbook.engine.folders import ADDRESSES, OUTBOX, attempt_folder, frozen_notebook
from dagbook.engine.history import History
from dagbook.engine.ports import Ended, NotifyFailed, Ports, RunIdentity
from dagbook.engine.prepare import Unprepared, of_declared_types, show_value
from dagbook.engine.record import Recorder, StepRecord
from dagbook.engine.request import NodeRequest
from dagbook.engine.writer import user_name
from dagbook.notebook.parameters import declared_parameters
from dagbook.notebook.values import UnsupportedValue, decode, encode
from dagbook.pipeline.expressions import ExpressionError, resolve
from dagbook.pipeline.plan import Plan, PlannedHook
from dagbook.pipeline.resolve import resolve_params
from dagbook.run.events import CancelRequested, HookEnded, HookStarted, RunEnd
from dagbook.run.facts import NodeError
from dagbook.run.outcome import is_due, notice, run_facts

LONGEST_SEND: Final = 30.0
"""Seconds after which nobody waits for a service any more."""

_LOOK_EVERY: Final = 0.25


class Hooks:
    """The hooks of one run.

    Args:
        plan: holds them, all but the addresses.
        run: the run's id.
        folder: the run's folder; holds the addresses until the run is over.
        ports: executor, notifier and what reads notebooks.
        history: where what happens is told.
        recorder: tells the tracking store.
    """

    def __init__(
        self, plan: Plan, run: str, folder: Path, ports: Ports, history: History, recorder: Recorder
    ) -> None:
        self._plan = plan
        self._run = run
        self._folder = folder
        self._ports = ports
        self._history = history
        self._recorder = recorder

    def follow(self, outcome: RunEnd, wants_cancel: Callable[[], str | None]) -> None:
        """Carry out what is due: people are told first, then notebooks run one after the other.

        What an earlier driver of this run has done already is not done again. A cancel that comes only now
        ends the notebook that runs and leaves out the rest.
        """
        due = {
            name: hook
            for name, hook in self._plan.hooks.items()
            if is_due(hook.on, outcome) and self._is_open(name)
        }
        addresses = read_addresses(self._folder)
        for name, hook in due.items():
            if hook.service:
                self._tell(name, hook, outcome, addresses.get(name))
        for name, hook in due.items():
            if hook.notebook and not self._is_called_off(outcome, wants_cancel):
                self._execute(name, hook, outcome, wants_cancel)
        (self._folder / ADDRESSES).unlink(missing_ok=True)

    def _is_open(self, name: str) -> bool:
        known = self._history.state.hooks.get(name)
        return known is None or known.state == "running"

    def _is_called_off(self, outcome: RunEnd, wants_cancel: Callable[[], str | None]) -> bool:
        """A cancelled run has its clean-up too; whoever cancels a run that is over means the clean-up."""
        who = wants_cancel()
        if who is not None and self._history.state.cancel_by is None:
            self._history.happen(CancelRequested(by=who))
        return outcome != "cancelled" and self._history.state.cancel_by is not None

    def _names(self, outcome: RunEnd) -> dict[str, Any]:
        return {
            "params": {name: decode(value) for name, value in self._plan.params.items()},
            "run": run_facts(self._history.state, outcome, str(self._folder)),
            "env": dict(os.environ),
        }

    # --- somebody is told ---------------------------------------------------------------------------

    def _tell(self, name: str, hook: PlannedHook, outcome: RunEnd, template: str | None) -> None:
        self._history.happen(HookStarted(hook=name, on=hook.on, what=hook.service))
        began = time.monotonic()
        problem = self._send(template, outcome)
        error = None
        if problem:
            remedy = "`dagbook doctor` says whether Apprise is there; check the address and the service"
            error = NodeError(name="NotifyFailed", value=problem, remedy=remedy)
        self._history.happen(
            HookEnded(
                hook=name, state="failed" if error else "succeeded", error=error,
                seconds=round(time.monotonic() - began, 3),
            )
        )  # fmt: skip

    def _send(self, template: str | None, outcome: RunEnd) -> str:
        """Send it; why it was not, empty when it was."""
        notifier = self._ports.notifier
        if notifier is None or template is None:
            return "the address is not there any more" if template is None else "there is no notifier"
        try:
            address = str(resolve(template, self._names(outcome)))
        except ExpressionError as error:
            return f"the address cannot be made: {error}"
        message = notice(self._history.state, outcome, str(self._folder))
        said: list[str] = []

        def send() -> None:
            try:
                notifier.send(address, message)
                said.append("")
            except NotifyFailed as error:
                said.append(str(error))
            except Exception as error:  # noqa: BLE001  # a notifier's own bug ends no run either
                said.append(f"the notifier failed: {type(error).__name__}")

        # In a thread: a service that never answers must not keep the run from its end.
        thread = threading.Thread(target=send, name="notify", daemon=True)
        thread.start()
        thread.join(LONGEST_SEND)
        return said[0] if said else f"the service did not answer within {LONGEST_SEND:.0f} s"

    # --- a notebook runs ----------------------------------------------------------------------------

    def _execute(
        self, name: str, hook: PlannedHook, outcome: RunEnd, wants_cancel: Callable[[], str | None]
    ) -> None:
        attempt = self._next_attempt(name)
        place = attempt_folder(name, attempt)
        what = Path(hook.notebook).name
        try:
            params = self._prepared(name, hook, outcome)
        except Unprepared as error:
            self._history.happen(HookStarted(hook=name, on=hook.on, what=what))
            self._history.happen(HookEnded(hook=name, state="failed", error=error.error))
            return
        identity = self._recorder.open_step(self._record(name, hook, params))
        identified = identity.mlflow_run_id if identity else None
        started = HookStarted(hook=name, on=hook.on, what=what, folder=place, mlflow_run_id=identified)
        self._history.happen(started)
        self._recorder.watch(identified, self._folder / place / OUTBOX)
        self._ports.executor.start(self._request(name, hook, attempt, params, identity))
        ended, stopped = self._wait(name, outcome, wants_cancel)
        committed = Committed.of(ended, self._folder, place)
        self._history.happen(_end_of(name, ended, committed, stopped=stopped))
        self._recorder.close_step(
            identified,
            self._history.state.hooks[name].state,
            committed.outputs,
            committed.artifacts(self._folder),
        )

    def _next_attempt(self, name: str) -> int:
        """After that of a driver which died over it: no folder is used twice."""
        attempt = 1
        while (self._folder / attempt_folder(name, attempt)).exists():
            attempt += 1
        return attempt

    def _prepared(self, name: str, hook: PlannedHook, outcome: RunEnd) -> dict[str, Any]:
        """The parameters, encoded. Raises Unprepared."""
        templates = {key: decode(template) for key, template in hook.params.items()}
        try:
            values = resolve_params(templates, self._names(outcome))
            declared = declared_parameters(self._ports.read_notebook(self._folder / frozen_notebook(name)))
            if declared is not None:
                values = of_declared_types(declared, values, name, hook.notebook)
            return {key: encode(value) for key, value in values.items()}
        except (ExpressionError, UnsupportedValue) as error:
            raise Unprepared(
                NodeError(name="WrongInput", value=str(error), remedy="correct the hook's `params:`")
            ) from error

    def _record(self, name: str, hook: PlannedHook, params: Mapping[str, Any]) -> StepRecord:
        tags = {
            "mlflow.source.name": hook.notebook, "mlflow.source.type": "NOTEBOOK",
            "mlflow.user": user_name(), "dagbook.run": self._run, "dagbook.pipeline": self._plan.pipeline,
            "dagbook.hook": name,
        }  # fmt: skip
        shown = {key: show_value(decode(value)) for key, value in params.items()}
        return StepRecord(name=name, tags=tags, params=shown)

    def _request(
        self, name: str, hook: PlannedHook, attempt: int, params: dict[str, Any], identity: RunIdentity | None
    ) -> NodeRequest:
        return NodeRequest(
            run=self._run, step=name, node=name, attempt=attempt,
            notebook=str(self._folder / frozen_notebook(name)),
            folder=str(self._folder / attempt_folder(name, attempt)), cwd=str(Path(hook.notebook).parent),
            params=params, kernel=hook.kernel, env=dict(identity.env) if identity else {},
            timeout=hook.timeout,
        )  # fmt: skip

    def _wait(self, name: str, outcome: RunEnd, wants_cancel: Callable[[], str | None]) -> tuple[Ended, bool]:
        """The notebook's end, and whether it was stopped."""
        stopped = False
        while True:
            for happened in self._ports.executor.wait(_LOOK_EVERY):
                if isinstance(happened, Ended) and happened.step == name:
                    return happened, stopped
            if not stopped and self._is_called_off(outcome, wants_cancel):
                stopped = True
                self._ports.executor.stop(name)
            self._recorder.report_loss()


def write_addresses(folder: Path, addresses: Mapping[str, str]) -> None:
    """Leave the hooks' addresses, as written in the pipeline file, for the driver and for nobody else."""
    if addresses:
        path = folder / ADDRESSES
        path.touch(mode=0o600)
        path.write_text(json.dumps(dict(addresses)), "utf-8")


def read_addresses(folder: Path) -> dict[str, str]:
    """Hook → address as it was written; empty when they are gone."""
    try:
        found = json.loads((folder / ADDRESSES).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return {str(name): str(address) for name, address in found.items()} if isinstance(found, dict) else {}


def _end_of(name: str, ended: Ended, committed: Committed, *, stopped: bool) -> HookEnded:
    if ended.result is not None and ended.result.state == "succeeded":
        state, error = "succeeded", None
    else:
        state, error = failure_of(ended)
        state, error = ("cancelled", None) if stopped else (state, error)
    return HookEnded.model_validate(
        {
            "hook": name,
            "state": state,
            "error": error,
            "notebook": committed.notebook,
            "seconds": committed.seconds,
        }
    )
