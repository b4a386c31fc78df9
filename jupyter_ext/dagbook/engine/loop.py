"""Drives one run: takes what happened, records it, asks what follows, carries it out. Plain code, no threads.

Order matters and is always the same: an event is in the journal before anything that follows from it is done.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from dagbook.engine.again import Again, resumed, worked_before
from dagbook.engine.attempts import Attempts
from dagbook.engine.beginning import run_started, tracking_started
from dagbook.engine.completion import complete
from dagbook.engine.folders import PLAN
from dagbook.engine.history import History
from dagbook.engine.hooks import Hooks
from dagbook.engine.ports import Ports
from dagbook.engine.record import Recorder
from dagbook.engine.run_record import open_run_record
from dagbook.pipeline.plan import Plan
from dagbook.run.commands import (
    AskStep,
    CancelStep,
    Command,
    ExpandStep,
    FinishRun,
    GatherStep,
    SkipStep,
    StartStep,
    StopStep,
)
from dagbook.run.events import (
    CancelRequested,
    RunEnd,
    RunFinished,
    StepCancelled,
    StepSkipped,
    StepWaiting,
    StepWarned,
    TrackingLost,
)
from dagbook.run.state import FINAL, RunState

# How soon a request to cancel is seen while nothing else happens.
_LOOK_EVERY: Final = 0.25
_LOOK_AT_LEAST_EVERY: Final = 1.0


class Driver:
    """One run, from its plan to its end.

    Args:
        plan: what is to be done; never changed.
        run: the run's id.
        folder: the run's folder, which holds the frozen notebooks.
        ports: journal, executor, cache, tracker, notifier.
        wants_cancel: who asks for the run to be cancelled, or None; looked at often.
    """

    def __init__(
        self, plan: Plan, run: str, folder: Path, ports: Ports, wants_cancel: Callable[[], str | None]
    ) -> None:
        self._plan = plan
        self._run = run
        self._folder = folder
        self._executor = ports.executor
        self._locks = ports.locks
        self._turn = ports.turn
        self._capacity = ports.capacity
        self._read_notebook = ports.read_notebook
        self._wants_cancel = wants_cancel
        self._clock = ports.clock
        self._began = ports.clock()
        self._worked = 0.0
        self._history = History(ports.journal)
        self._recorder = Recorder(
            ports.tracker, lambda reason: self._history.happen(TrackingLost(reason=reason))
        )
        self._attempts = Attempts(plan, run, folder, ports, self._history, self._recorder)
        self._hooks = Hooks(plan, run, folder, ports, self._history, self._recorder)
        self._patience = self._attempts.patience

    def drive(self, again: Again | None = None) -> RunState:
        """Run until nothing is left to do; the final state.

        Args:
            again: how to take up a run that was driven before; what is unfinished when None.

        Raises:
            EnvironmentFault: the journal cannot be written; everything that ran has been stopped.
        """
        history = self._history
        try:
            if history.state.seq == 0:
                history.happen(run_started(self._plan, self._run, self._capacity))
                self._await_turn()
                self._open_record()
            else:
                self._take_up(again or Again())
            while history.state.state == "running":
                self._carry_out(history.machine.due())
                if history.state.state == "running":
                    # After a step that was reused or skipped there is more to do at once.
                    self._listen(0 if history.machine.due() else self._patience.seconds(_LOOK_EVERY))
        finally:
            self._executor.close()
            self._locks.close()
            if self._turn is not None:
                self._turn.leave()
        return history.state

    def _take_up(self, again: Again) -> None:
        before = self._history.state
        told = self._history.entries()
        self._worked = worked_before(told)
        self._history.happen(resumed(before, self._plan, again))
        for name in again.gone:
            message = "what it had published was not there any more: it is made again"
            self._history.happen(StepWarned(step=name, message=message))
        self._await_turn()
        self._reopen_record(before)
        completed = self._recorder.complete(
            lambda tracker: complete(
                self._plan, self._folder, told, tracker, self._read_notebook, going_on=True
            )
        )
        if completed is not None:
            steps = self._history.state.steps
            # Of what is done again the record is that of the attempt to come.
            kept = {
                name: record
                for name, record in completed.event.steps.items()
                if name in steps and steps[name].state in FINAL
            }
            event = completed.event.model_copy(update={"steps": kept})
            if self._history.would_change(event):
                self._history.happen(event)

    def _await_turn(self) -> None:
        """Until there is room for one more run. A request to cancel is heard meanwhile."""
        history, told, seconds = self._history, "", _LOOK_EVERY
        while self._turn is not None and history.state.cancel_by is None:
            why = self._turn.in_the_way()
            if why is None:
                break
            pending = (name for name, step in history.state.steps.items() if step.state == "pending")
            if not told and (told := next(pending, "")):
                history.happen(StepWaiting(step=told, why=why))
            self._listen(seconds)
            seconds = min(seconds * 1.1, _LOOK_AT_LEAST_EVERY)  # of many that wait each look costs
        if told:
            history.machine.wake(told)

    def _reopen_record(self, before: RunState) -> None:
        """Go on with the run's own record in the store, or begin one if it never had any."""
        known = None
        if before.mlflow_run_id is not None and before.experiment is not None:
            known = before.experiment, before.mlflow_run_id
        else:
            # It may have been made by a driver that died before it could write so.
            found = self._recorder.find_run(self._run)
            if found is not None:
                known = found.identity.experiment, found.identity.mlflow_run_id
        if known is None or self._recorder.reopen_run(*known) is None:
            self._open_record()

    def _open_record(self) -> None:
        identity = open_run_record(self._recorder, self._plan, self._run)
        if identity is not None:
            self._history.happen(tracking_started(identity))

    def _listen(self, seconds: float) -> None:
        history = self._history
        for step in self._patience.woken():
            history.machine.wake(step)
        self._attempts.hear(self._executor.wait(seconds))
        who = self._wants_cancel()
        if who is not None and history.state.cancel_by is None:
            history.happen(CancelRequested(by=who))
        else:
            self._attempts.approvals.look()
        if self._turn is not None and history.machine.unanswered and not self._is_working():
            self._turn.leave()  # people may take days
        self._recorder.report_loss()

    def _is_working(self) -> bool:
        return any(step.state == "running" for step in self._history.state.steps.values())

    def _carry_out(self, commands: Sequence[Command]) -> None:
        """What starts does so together, behind everything else: one word on the disk is enough for all."""
        for command in commands:
            if not isinstance(command, StartStep):
                self._carry_out_one(command)
        self._attempts.start(*((each.step, each.attempt) for each in commands if isinstance(each, StartStep)))

    def _carry_out_one(self, command: Command) -> None:
        match command:
            case StopStep(step=step):
                self._attempts.stop(step)
            case AskStep(step=step):
                self._attempts.ask(step)
            case ExpandStep(step=step):
                self._attempts.expand(step)
            case GatherStep(step=step):
                self._attempts.gather(step)
            case SkipStep(step=step, because=because, cause=cause):
                self._history.happen(StepSkipped(step=step, because=because, cause=cause))
            case CancelStep(step=step):
                self._history.happen(StepCancelled(step=step))
            case FinishRun(state=state):
                self._finish(state)

    def _finish(self, state: RunEnd) -> None:
        """Hooks have their turn, and everything is told to the store, before the run says that it is over."""
        self._attempts.close()
        self._hooks.follow(state, self._wants_cancel)
        self._recorder.close_run(state, [self._folder / PLAN])
        self._recorder.finish()
        seconds = self._worked + self._clock() - self._began
        self._history.happen(RunFinished.model_validate({"state": state, "seconds": seconds}))
