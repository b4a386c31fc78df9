"""One process's part of a run that another scheduler runs: it does one step, or ends the run.

The journal is that of any run, and the machine decides as ever; the other scheduler only says when there is a
process to do it. Each part claims its step for as long as it lives, so that the others see when it died.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from dagbook.engine.again import Again, resumed
from dagbook.engine.attempts import Attempts
from dagbook.engine.beginning import run_started, tracking_started
from dagbook.engine.folders import PLAN, SCHEDULER, attempt_folder
from dagbook.engine.history import SharedHistory
from dagbook.engine.hooks import Hooks
from dagbook.engine.ports import Ended, Ports
from dagbook.engine.record import Recorder
from dagbook.engine.run_record import open_run_record
from dagbook.pipeline.plan import Plan
from dagbook.run.commands import CancelStep as CancelPending
from dagbook.run.commands import Command, ExpandStep, FinishRun, GatherStep, SkipStep, StartStep, StopStep
from dagbook.run.events import (
    CancelRequested,
    Event,
    RunEnd,
    RunFinished,
    StepCancelled,
    StepFailed,
    StepSkipped,
    StepStarted,
    TrackingLost,
)
from dagbook.run.facts import NodeError
from dagbook.run.resumption import children_of
from dagbook.run.state import FINAL, RunState, StepState

_LOOK_EVERY: Final = 0.25


@dataclass(frozen=True, kw_only=True)
class Others:
    """How the processes of one run see each other and are seen.

    Attributes:
        scheduler: who starts them: `airflow`.
        held: nobody else writes the journal while it is entered.
        claim: a step (with an empty name, the run's end) is ours until it is left. Raises RunBusy.
        is_claimed: whether a living process has the step.
        wants_cancel: who asks for the run to be cancelled, or None.
        is_to_end: whether the scheduler wants this process gone.
        say: tells the scheduler's log what happens here.
    """

    scheduler: str
    held: Callable[[], AbstractContextManager[None]]
    claim: Callable[[str], AbstractContextManager[None]]
    is_claimed: Callable[[str], bool]
    wants_cancel: Callable[[], str | None]
    is_to_end: Callable[[], bool] = lambda: False
    say: Callable[[Event], None] = lambda _: None


class Part:
    """A part of the run `run`.

    Args:
        plan: what is to be done.
        run: the run's id.
        folder: the run's folder, which holds the frozen notebooks.
        ports: as a driver has them; the journal is one that several may write.
        others: the other parts.
    """

    def __init__(self, plan: Plan, run: str, folder: Path, ports: Ports, others: Others) -> None:
        self._plan = plan
        self._run = run
        self._folder = folder
        self._others = others
        self._executor = ports.executor
        self._locks = ports.locks
        self._history = SharedHistory(ports.journal)
        self._recorder = Recorder(ports.tracker, self._lost_tracking)
        self._attempts = Attempts(plan, run, folder, ports, self._history, self._recorder)
        self._hooks = Hooks(plan, run, folder, ports, self._history, self._recorder)

    @property
    def state(self) -> RunState:
        """The run as far as it is known here."""
        return self._history.state

    def begin(self) -> RunState:
        """Begin the run, unless somebody has."""
        with self._others.held():
            self._history.catch_up()
            if self.state.seq == 0:
                (self._folder / SCHEDULER).write_text(self._others.scheduler, "utf-8")
                self._happen(run_started(self._plan, self._run))
                identity = open_run_record(self._recorder, self._plan, self._run)
                if identity is not None:
                    self._happen(tracking_started(identity))
        self._recorder.finish()
        return self.state

    def step(self, name: str, *, every_attempt: bool = False) -> StepState:
        """Do the step, and say what became of it.

        Args:
            name: of the step.
            every_attempt: wait and try again by ourselves; otherwise the step is pending, with `retry_in`,
                after an attempt that is to be followed by another.

        Raises:
            RunBusy: another process is at it.
        """
        with self._others.claim(name):
            self._take_up()
            self._bury(name)
            self._settle(self._needs(name))
            self._open_record()
            try:
                self._until_over(name, every_attempt=every_attempt)
            finally:
                self._executor.close()
                self._locks.close()
                self._recorder.finish()
        return self.state.steps[name]

    def expand(self, name: str) -> StepState:
        """Find out what a `foreach` is over, unless it is known."""
        with self._others.claim(name):
            self._take_up()
            self._settle(self._needs(name))
            self._carry_out_what_is_due(name)
        self._recorder.finish()
        return self.state.steps[name]

    def gather(self, name: str) -> StepState:
        """Say what an expanded step came to."""
        with self._others.claim(name):
            self._history.catch_up()
            self._settle((name,))
        self._recorder.finish()
        return self.state.steps[name]

    def end(self, *, only_if_over: bool = False) -> RunState:
        """End the run: what was left out is said, hooks have their turn.

        Args:
            only_if_over: leave the run alone when some of its steps may yet be done.

        Raises:
            RunBusy: another process ends it.
        """
        with self._others.claim(""):
            self._history.catch_up()
            if self.state.state != "running":
                return self.state
            self._look_for_cancel()
            self._leave_out()
            if only_if_over and not self._is_over():
                return self.state
            planned = tuple(step.step for step in self._plan.steps)
            self._settle(planned)
            while not self._is_over():
                self._listen("")  # something still runs
                self._history.catch_up()
                self._settle(planned)
            self._open_record()
            (command,) = self._history.machine.due()
            assert isinstance(command, FinishRun)
            self._finish(command.state)
        self._executor.close()
        return self.state

    # --- what is said -------------------------------------------------------------------------------

    def _happen(self, event: Event) -> None:
        self._history.happen(event)
        self._others.say(event)

    def _lost_tracking(self, reason: str) -> None:
        self._happen(TrackingLost(reason=reason))

    # --- the run ------------------------------------------------------------------------------------

    def _take_up(self) -> None:
        """Go on with a run that was over: its scheduler wants a step of it once more."""
        with self._others.held():
            self._history.catch_up()
            if self.state.state != "running":
                (self._folder / SCHEDULER).write_text(self._others.scheduler, "utf-8")
                self._happen(resumed(self.state, self._plan, Again()))

    def _open_record(self) -> None:
        if self.state.mlflow_run_id is not None and self.state.experiment is not None:
            self._recorder.reopen_run(self.state.experiment, self.state.mlflow_run_id)

    def _leave_out(self) -> None:
        """Say of every step that cannot run any more that it will not: nobody else does."""
        while skips := [c for c in self._history.machine.due() if isinstance(c, SkipStep | GatherStep)]:
            for command in skips:
                self._carry_out(command)

    def _is_over(self) -> bool:
        return any(isinstance(command, FinishRun) for command in self._history.machine.due())

    def _finish(self, outcome: RunEnd) -> None:
        self._hooks.follow(outcome, self._others.wants_cancel)
        self._recorder.close_run(outcome, [self._folder / PLAN])
        self._recorder.finish()
        began = datetime.fromisoformat(self.state.started) if self.state.started else datetime.now(UTC)
        seconds = max(0.0, (datetime.now(UTC) - began).total_seconds())
        self._happen(RunFinished(state=outcome, seconds=round(seconds, 3)))
        (self._folder / SCHEDULER).unlink(missing_ok=True)

    # --- one step -----------------------------------------------------------------------------------

    def _until_over(self, name: str, *, every_attempt: bool) -> None:
        tried = False
        self._look_for_cancel()
        # Whatever it rested for: that it is its turn now is for the scheduler to say.
        self._history.machine.wake(name)
        while (step := self.state.steps[name]).state not in FINAL:
            if tried and step.retry_in is not None and not every_attempt:
                return
            if not self._carry_out_what_is_due(name):
                self._listen(name)
                self._settle(self._needs(name))
            tried = tried or self.state.steps[name].state == "running"
            self._history.catch_up()

    def _carry_out_what_is_due(self, name: str) -> bool:
        """Whether there was something to do for the step."""
        for command in self._history.machine.due():
            if getattr(command, "step", "") == name:
                self._carry_out(command)
                return True
        return False

    def _listen(self, name: str) -> None:
        for step in self._attempts.patience.woken():
            self._history.machine.wake(step)
        for happened in self._executor.wait(self._attempts.patience.seconds(_LOOK_EVERY)):
            if isinstance(happened, Ended):
                self._attempts.hear((happened,))
            elif self.state.steps[name].state == "running":
                self._happen(happened)
        if name and self._others.is_to_end():
            self._executor.stop(name)
        self._look_for_cancel()
        self._recorder.report_loss()

    def _look_for_cancel(self) -> None:
        who = self._others.wants_cancel()
        if who is not None and self.state.cancel_by is None:
            self._happen(CancelRequested(by=who))

    def _carry_out(self, command: Command) -> None:
        match command:
            case StartStep(step=step, attempt=attempt):
                self._attempts.start((step, attempt))
            case StopStep(step=step):
                self._attempts.stop(step)
            case ExpandStep(step=step):
                self._attempts.expand(step)
            case GatherStep(step=step):
                self._attempts.gather(step)
            case SkipStep(step=step, because=because, cause=cause):
                self._happen(StepSkipped(step=step, because=because, cause=cause))
            case CancelPending(step=step):
                self._happen(StepCancelled(step=step))
            case FinishRun():
                pass

    # --- what others did not do ---------------------------------------------------------------------

    def _needs(self, name: str) -> tuple[str, ...]:
        group = self.state.steps[name].outline.group
        return self.state.steps[group or name].outline.needs

    def _settle(self, names: Iterable[str]) -> None:
        """Bring to an end what the scheduler says is over, and nobody has told the end of."""
        for name in names:
            step = self.state.steps[name]
            if step.items is not None:
                for child in children_of(self.state.steps, step):
                    self._settle_one(child.outline.step)
                if self.state.steps[name].state not in FINAL:
                    self._carry_out_what_is_due(name)
            else:
                self._settle_one(name)

    def _settle_one(self, name: str) -> None:
        if self.state.steps[name].state in FINAL or self._others.is_claimed(name):
            return
        self._history.catch_up()  # it may have ended between the two looks
        step = self.state.steps[name]
        if step.state == "pending" and not self._is_startable(name):
            self._carry_out_what_is_due(name)
        elif step.state == "running":
            self._died(name, "the process that ran it died and left no result", again=False)
        elif step.state == "pending":
            attempt = step.attempt + 1
            self._happen(StepStarted(step=name, attempt=attempt, folder=attempt_folder(name, attempt)))
            self._died(name, f"{self._others.scheduler} did not run it", again=False)

    def _is_startable(self, name: str) -> bool:
        return not any(
            isinstance(command, SkipStep | CancelPending) and command.step == name
            for command in self._history.machine.due()
        )

    def _bury(self, name: str) -> None:
        """Our own step: whoever was at it before us is dead, for the step is ours."""
        if self.state.steps[name].state == "running" and self.state.steps[name].items is None:
            self._died(name, "the process that ran it died and left no result", again=True)

    def _died(self, name: str, why: str, *, again: bool) -> None:
        step = self.state.steps[name]
        retries = self.state.rules_of(step).retries
        wait = retries.wait(step.attempt - step.tried, "killed", "WorkerDied") if again else None
        remedy = f"see the log of {self._others.scheduler}"
        error = NodeError(name="WorkerDied", value=why, remedy=remedy)
        self._happen(
            StepFailed(step=name, attempt=step.attempt, as_="killed", error=error, seconds=0, retry_in=wait)
        )
        self._recorder.close_step(step.mlflow_run_id, "killed", {}, ())
