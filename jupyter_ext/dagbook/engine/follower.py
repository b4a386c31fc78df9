"""Follows one run that another scheduler carries out: what is seen there becomes events in the run's journal.

The counterpart of `engine/loop.py`, which carries a run out itself. It decides nothing but to ask for an end.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from dagbook.engine.again import Again, resumed
from dagbook.engine.beginning import run_started
from dagbook.engine.disk import write_whole
from dagbook.engine.folders import CANCEL, LOG, POD, attempt_folder
from dagbook.engine.history import History
from dagbook.engine.pod_logs import PodLogs
from dagbook.engine.ports import Journal
from dagbook.engine.remote_watch import Away, Gone, RemoteWatch
from dagbook.engine.submission import Submission, Submitted, SubmittedAway, SubmittedGone
from dagbook.errors import DagbookError, InvalidInput
from dagbook.pipeline.plan import Plan
from dagbook.run.again import unfinished
from dagbook.run.events import CancelRequested, Event, RunFinished, StepFailed, StepSucceeded, StepWarned
from dagbook.run.state import FINAL, RunState
from dagbook.run.submitted import RunThere, Told, gone, new_attempts, news

_LOOK_EVERY: Final = 0.25
_STOP_AGAIN: Final = 5.0
"""Seconds after which a request to stop is made again, when the first was not answered."""
_TAIL: Final = 4096
_LONGEST_LINE: Final = 300
_LOG_PATIENCE: Final = 5.0
_SILENCE: Final = 20.0
"""Seconds without an answer after which people are told."""


class Follower:
    """One run at another scheduler, to its end.

    Args:
        plan: what was submitted.
        folder: the run's folder; its name is the run's id.
        journal: of the run.
        submitted: the run there.
        wants_cancel: who asks for the run to be cancelled, or None.
    """

    def __init__(
        self,
        plan: Plan,
        folder: Path,
        journal: Journal,
        submitted: Submitted,
        wants_cancel: Callable[[], str | None],
    ) -> None:
        self._plan = plan
        self._folder = folder
        self._submitted = submitted
        self._wants_cancel = wants_cancel
        self._history = History(journal)
        self._watch = RemoteWatch(submitted)
        self._logs = PodLogs(submitted)
        self._worked = 0.0
        self._keys = {name: _keys_in(folder, name) for name in self._history.state.steps}
        self._stop_at = 0.0
        self._silent_since: float | None = None
        self._silence_told = False

    def follow(self, submission: Submission, is_to_end: Callable[[], bool]) -> RunState:
        """Follow the run until it is over, or we are to end; the last state, which is final or still running.

        Args:
            submission: where the run is.
            is_to_end: whether this process was asked to end. The run goes on, for it is not ours to end.

        Raises:
            EnvironmentFault: the journal cannot be written, or the scheduler does not let us in any more.
        """
        self._take()
        self._watch.begin()
        try:
            while self._history.state.state == "running" and not is_to_end():
                self._stop_if_wanted()
                match self._watch.next(_LOOK_EVERY):
                    case RunThere() as there:
                        self._heard()
                        self._tell(there)
                    case Away(why=why):
                        self._not_heard(why, submission)
                    case Gone():
                        why = f"the workflow {submission.workflow} is not on the server any more"
                        self._history.happen(*gone(self._history.state, why))
                    case DagbookError() as error:
                        raise error
                    case None:
                        pass
        finally:
            self._watch.close()
        if self._history.state.state != "running":
            with suppress(OSError):
                (self._folder / CANCEL).unlink(missing_ok=True)
        return self._history.state

    def _take(self) -> None:
        history = self._history
        if history.state.seq == 0:
            history.happen(run_started(self._plan, self._folder.name))
            self._keys = {name: [] for name in history.state.steps}
            return
        state = history.state
        steps = () if state.state == "running" else unfinished(state)
        # Its clock there begins anew with each retry, and not with a follower.
        ends = [entry.event.seconds for entry in history.entries() if isinstance(entry.event, RunFinished)]
        self._worked = ends[-1] if ends else 0.0
        history.happen(resumed(state, self._plan, Again()).model_copy(update={"steps": steps}))

    def _tell(self, there: RunThere) -> None:
        state = self._history.state
        for (step, number), attempt in new_attempts(state, there, self._keys).items():
            place = self._folder / attempt_folder(step, number)
            place.mkdir(parents=True, exist_ok=True)
            write_whole(place / POD, json.dumps({"key": attempt.key, "log": attempt.log}).encode())
            keys = self._keys.setdefault(step, [])
            keys += [""] * (number - 1 - len(keys)) + [attempt.key]
        self._bring_logs(state, there)
        told = news(state, there, Told(keys=self._keys, folder=attempt_folder, seconds=self._worked))
        self._happen([said for event in told for said in self._with_last_line(event)])

    def _with_last_line(self, event: Event) -> Iterator[Event]:
        """An end with what its log ends with: it says more than an exit code."""
        if isinstance(event, StepFailed | StepSucceeded):
            line = _last_line(self._folder / attempt_folder(event.step, event.attempt) / LOG)
            if isinstance(event, StepFailed) and line:
                error = event.error.model_copy(update={"value": f"{event.error.value}; its log ends: {line}"})
                event = event.model_copy(update={"error": error})
            elif line.startswith(f"{event.step} is skipped: "):
                # The pod found out itself that its notebook is not to run, which is no failure there.
                yield StepWarned(step=event.step, message=f"its notebook did not run: {line}")
        yield event

    def _bring_logs(self, state: RunState, there: RunThere) -> None:
        """Of what goes on; what is over is told when its log is here, so that who looks finds it."""
        ended = []
        for name, step in state.steps.items():
            seen = there.steps.get(name)
            if step.state in FINAL or seen is None:
                continue
            for attempt in seen.attempts:
                if attempt.key in self._keys.get(name, ()) and attempt.log:
                    number = self._keys[name].index(attempt.key) + 1
                    place = self._folder / attempt_folder(name, number)
                    if number < step.attempt or (number == step.attempt and step.state != "running"):
                        continue  # told before
                    self._logs.begin(place, attempt.log)
                    if attempt.phase in {"succeeded", "failed"}:
                        ended.append(place)
        if ended:
            self._logs.settle(ended, _LOG_PATIENCE)

    def _happen(self, events: list[Event]) -> None:
        if events:
            self._history.happen(*events)

    def _stop_if_wanted(self) -> None:
        by = self._wants_cancel()
        state = self._history.state
        if by is not None and state.cancel_by is None:
            self._history.happen(CancelRequested(by=by))
            state = self._history.state
        if state.cancel_by is None or time.monotonic() < self._stop_at:
            return
        try:
            self._submitted.stop()
            self._stop_at = float("inf")
        except (SubmittedAway, InvalidInput):
            # It does not answer; or the run has just ended, which the watch will tell.
            self._stop_at = time.monotonic() + _STOP_AGAIN
        except SubmittedGone:
            self._stop_at = float("inf")  # the watch finds that out, too

    def _heard(self) -> None:
        if self._silence_told:
            self._warn("the server answers again: this is up to date")
        self._silent_since, self._silence_told = None, False

    def _not_heard(self, why: str, submission: Submission) -> None:
        now = time.monotonic()
        self._silent_since = self._silent_since or now
        if not self._silence_told and now - self._silent_since >= _SILENCE:
            self._silence_told = True
            self._warn(
                f"{submission.server} has not answered for {_SILENCE:.0f} seconds ({why}): this is how it "
                "stood then; it is asked again and again"
            )

    def _warn(self, message: str) -> None:
        """On what runs, for that may be otherwise by now; else on what comes next."""
        steps = self._history.state.steps
        running = [name for name, step in steps.items() if step.state == "running"]
        first = [name for name, step in steps.items() if step.state not in FINAL][:1]
        self._happen([StepWarned(step=name, message=message) for name in running or first])


def _last_line(log: Path) -> str:
    """The last line of a log that is not empty, as far as people read; empty when there is none."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL))
            lines = file.read().decode("utf-8", "replace").splitlines()
    except OSError:
        return ""
    return next((line.strip()[:_LONGEST_LINE] for line in reversed(lines) if line.strip()), "")


def _keys_in(folder: Path, step: str) -> list[str]:
    """The keys of the step's attempts, as a follower before us wrote them down."""
    return list(_read_keys(folder, step))


def _read_keys(folder: Path, step: str) -> Iterator[str]:
    number = 1
    while (place := folder / attempt_folder(step, number)).is_dir():
        try:
            yield str(json.loads((place / POD).read_text("utf-8"))["key"])
        except (OSError, ValueError, KeyError, TypeError):
            yield ""
        number += 1
