"""The machine: folds what happens and knows what follows, at a cost that goes with what changed.

What is due is a function of the state alone (`decide`); this keeps an index so as not to look at every step
after every event. Pure: no clock, no disk.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from dagbook.run.approval import is_unanswered
from dagbook.run.commands import (
    AskStep,
    CancelStep,
    Command,
    ExpandStep,
    FinishRun,
    GatherStep,
    SkipStep,
    StopStep,
)
from dagbook.run.events import Entry, RunEnd, RunResumed, RunStarted, StepExpanded
from dagbook.run.gates import Gates
from dagbook.run.judge import WAIT, Go, Omit, Verdict, judge, judge_needs, standing
from dagbook.run.queue import Place, Queue
from dagbook.run.state import BAD, FINAL, RunState, StepState, apply


class Machine:
    """One run. `state` is the fold of what was applied; `due` is what follows from it.

    Args:
        state: to begin with: nothing yet, or the fold of a journal that is to be continued.
        resting: pending steps that wait for a moment or a lock, and are to be woken.
    """

    def __init__(self, state: RunState | None = None, resting: Iterable[str] = ()) -> None:
        self.state = RunState()
        self._resting: set[str] = set()
        self._load(state or RunState(), resting)

    @property
    def resting(self) -> frozenset[str]:
        """The steps that rest."""
        return frozenset(self._resting)

    @property
    def unanswered(self) -> frozenset[str]:
        """The steps that somebody was asked about and that wait for the answer."""
        return frozenset(self._unanswered)

    def apply(self, entry: Entry) -> None:
        """Fold one more entry in. Raises IllegalEvent as `apply` does."""
        before = self.state
        self.state = apply(before, entry)
        self._judged.clear()
        if isinstance(entry.event, RunStarted | RunResumed):
            self._load(self.state, ())
            return
        name = getattr(entry.event, "step", None)
        if isinstance(entry.event, StepExpanded):
            self._expanded(self.state.steps[entry.event.step])
        elif name is not None and name in self.state.steps:
            self._noted(before.steps[name], self.state.steps[name])
        if before.failed_first is None and self.state.failed_first is not None:
            self._stop_early()

    def rest(self, step: str) -> None:
        """The step is not to be started before it is woken."""
        self._resting.add(step)
        self._queue.remove(step)

    def wake(self, step: str) -> None:
        """The step need not wait any longer."""
        if step in self._resting:
            self._resting.discard(step)
            self._consider(self.state.steps[step])

    def due(self) -> tuple[Command, ...]:
        """The commands that are due, in order; empty while there is nothing to do but wait."""
        state = self.state
        if state.state != "running" or not state.steps:
            return ()
        if state.cancel_by is None:
            due = (
                *self._skips(),
                *self._questions(),
                *self._expansions(),
                *self._gatherings(),
                *self._queue.starts(state),
            )
        else:
            due = (*self._cancellations(), *self._gatherings())
        if not due and not self._open:
            return (FinishRun(_end(state)),)
        return due

    # --- what is due --------------------------------------------------------------------------------

    def _skips(self) -> Iterator[Command]:
        for name in self._in_order(self._omitted):
            # Asked anew: the reason is the state's, not that of the moment it was noticed.
            verdict = self._judge(self.state.steps[name])
            if isinstance(verdict, Omit):
                yield SkipStep(name, verdict.because, verdict.cause)

    def _questions(self) -> Iterator[Command]:
        for name in self._in_order(self._askable - self._resting):
            yield AskStep(name)

    def _expansions(self) -> Iterator[Command]:
        for name in self._in_order(self._expandable - self._resting):
            yield ExpandStep(name)

    def _gatherings(self) -> Iterator[Command]:
        for name in self._in_order(self._gathered):
            yield GatherStep(name)

    def _cancellations(self) -> Iterator[Command]:
        for name in self._in_order(self._open):
            step = self.state.steps[name]
            if step.state == "pending":
                yield CancelStep(name)
            elif step.items is None and not step.stopping:
                yield StopStep(name)

    def _in_order(self, names: Iterable[str]) -> list[str]:
        return sorted(names, key=self._places.__getitem__)

    # --- the index ----------------------------------------------------------------------------------

    def _load(self, state: RunState, resting: Iterable[str]) -> None:
        self.state = state
        self._places: dict[str, Place] = {}
        self._open: set[str] = set()
        self._omitted: set[str] = set()
        self._askable: set[str] = set()
        self._unanswered: set[str] = set()
        self._expandable: set[str] = set()
        self._gathered: set[str] = set()
        self._gates = Gates()
        self._judged: dict[tuple[int, str], Verdict] = {}
        self._resting = set(resting)
        children: dict[str, int] = defaultdict(int)
        for number, step in enumerate(state.steps.every()):
            outline = step.outline
            if outline.group:
                self._places[outline.step] = (self._places[outline.group][0], children[outline.group])
                children[outline.group] += 1
            else:
                self._places[outline.step] = (number, -1)
                self._gates.add(outline.step, outline.needs)
        self._queue = Queue(self._places)
        for step in state.steps.every():
            if step.state == "running" and step.held is None:
                self._queue.began(state, step)
        for step in state.steps.every():
            name = step.outline.step
            if step.state in FINAL:
                self._gates.ended(name, bad=standing(step) == "bad")
            else:
                self._open.add(name)
                self._gather_if_over(step)
        for name in list(self._open):
            if state.steps[name].state == "pending":
                self._consider(state.steps[name])

    def _expanded(self, group: StepState) -> None:
        name = group.outline.step
        place = self._places[name][0]
        self._expandable.discard(name)
        self._gather_if_over(group)
        for index in range(group.items or 0):
            child = f"{name}[{index}]"
            self._places[child] = (place, index)
            self._open.add(child)
            self._consider(self.state.steps[child])

    def _noted(self, before: StepState, step: StepState) -> None:
        """A step changed."""
        name = step.outline.step
        if before.state != step.state:
            self._omitted.discard(name)
            self._askable.discard(name)
            self._unanswered.discard(name)
            self._expandable.discard(name)
            self._gathered.discard(name)
            self._queue.remove(name)
            if before.state == "running" and before.held is None:
                self._queue.ended(self.state, before)
            if step.state == "running":
                self._resting.discard(name)
                self._open.add(name)
                self._queue.began(self.state, step)
            if step.outline.group:
                self._gather_if_over(self.state.steps[step.outline.group])
            if step.state in FINAL:
                self._over(step)
        elif step.held is not None and before.held is None:
            # Its kernel idles until a person comes: others take its place.
            self._queue.ended(self.state, before)
        if before.approval is not step.approval and step.state == "pending":
            self._askable.discard(name)
            self._unanswered.discard(name)
            self._consider(step)
        elif step.state == "pending" and (step.waiting or step.retry_in is not None):
            self.rest(name)

    def _over(self, step: StepState) -> None:
        name = step.outline.step
        self._open.discard(name)
        self._resting.discard(name)
        for waiting in self._gates.ended(name, bad=standing(step) == "bad"):
            follower = self.state.steps[waiting]
            if follower.state == "pending":
                self._consider(follower)

    def _consider(self, step: StepState) -> None:
        """A pending step whose verdict may have changed."""
        name = step.outline.step
        if name in self._omitted:
            return
        verdict = self._judge(step)
        if isinstance(verdict, Omit):
            self._omitted.add(name)
            self._queue.remove(name)
            self._askable.discard(name)
            self._unanswered.discard(name)
            self._expandable.discard(name)
        elif is_unanswered(step):
            self._unanswered.add(name)
        elif isinstance(verdict, Go):
            if self._is_to_be_asked(step):
                self._askable.add(name)
            elif self.state.rules_of(step).foreach and not step.outline.group:
                self._expandable.add(name)
            elif name not in self._resting:
                self._queue.add(self.state, step)

    def _is_to_be_asked(self, step: StepState) -> bool:
        # Of what was expanded it was asked before; and an attempt that was promised is made.
        return self.state.rules_of(step).approve and not step.outline.group and step.approval is None

    def _judge(self, step: StepState) -> Verdict:
        name, run_if = step.outline.step, self.state.rules_of(step).run_if

        def by_needs() -> Verdict:
            if not self._gates.may_move(name):
                return WAIT
            # Asked once for all that wait at a gate: of two matrices in a row it would be their product.
            key = (self._gates.of(name), run_if)
            if key not in self._judged:
                self._judged[key] = judge_needs(self.state, step.outline.needs, run_if)
            return self._judged[key]

        return judge(self.state, step, by_needs)

    def _gather_if_over(self, group: StepState) -> None:
        if group.items is not None and group.state == "running" and group.ended == group.items:
            self._gathered.add(group.outline.step)

    def _stop_early(self) -> None:
        if self.state.limits.fail_fast:
            for name in list(self._open):
                step = self.state.steps[name]
                if step.state == "pending":
                    self._consider(step)


def _end(state: RunState) -> RunEnd:
    steps = list(state.steps.every())
    # Also of an earlier driver, when only some of it was done again: it is not all there.
    if any(step.state == "cancelled" for step in steps):
        return "cancelled"
    return (
        "failed"
        if any(step.state in BAD and not _is_tolerated(state, step) for step in steps)
        else "succeeded"
    )


def _is_tolerated(state: RunState, step: StepState) -> bool:
    group = step.outline.group
    return bool(group) and state.steps[group].state == "succeeded"
