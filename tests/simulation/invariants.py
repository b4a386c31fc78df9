"""What must be true of a run after every event, whatever goes wrong. Functions raise AssertionError."""

from __future__ import annotations

from collections import Counter

from dagbook.engine.request import NodeRequest
from dagbook.pipeline.plan import Plan
from dagbook.pipeline.rules import Rules
from dagbook.run.events import CancelRequested, Entry, RunResumed, StepReused, StepSucceeded
from dagbook.run.machine import Machine
from dagbook.run.state import BAD, FINAL, GOOD, RunState, apply, fold
from dagbook.run.steps import StepState

_SLACK = 1e-6


def check_fold(shadow: RunState, entries: list[Entry], state: RunState) -> RunState:
    """The state is the fold of what the journal holds, as it is read; returns that fold."""
    for entry in entries[shadow.seq :]:
        shadow = apply(shadow, entry)
    assert shadow == state, "the state is not the fold of the journal"
    return shadow


def check_machine(machine: Machine) -> None:
    """What is due follows from the state alone: a machine made of it this moment says the same."""
    anew = Machine(machine.state, machine.resting).due()
    assert machine.due() == anew, f"the index is wrong: {machine.due()} is due, and not {anew}"


def check_limits(plan: Plan, state: RunState, executing: set[str], locks: dict[str, set[str]]) -> None:
    """No more runs than may; and what runs in the state is what the executor runs."""
    running = [step for step in state.steps.every() if step.state == "running" and step.items is None]
    assert len(running) <= state.jobs, f"{len(running)} run at once, of {state.jobs}"
    assert executing <= {step.outline.step for step in running}, "something runs that nobody knows of"
    by_node = Counter(step.outline.node for step in running)
    rules = [plan.nodes[step.outline.node].rules for step in running]
    for node, count in by_node.items():
        most = plan.nodes[node].rules.concurrency
        assert most is None or count <= most, f"{count} steps of {node} run at once, of {most}"
    _check_resources(state, rules)
    for name, held in locks.items():
        limit = 2 if name.startswith("semaphore") else 1
        assert len(held) <= limit, f"{name} is held by {held}"
    for step in running:
        for lock in plan.nodes[step.outline.node].locks:
            is_executing = step.outline.step in executing
            assert not is_executing or step.outline.step in locks.get(lock, ()), f"{step} runs without {lock}"


def _check_resources(state: RunState, rules: list[Rules]) -> None:
    limits = state.limits
    if any(limits.are_exceeded_by(each) for each in rules):
        assert len(rules) == 1, "who asks for more than there is does not run alone"
        return
    assert sum(each.cpu for each in rules) <= limits.cpu + _SLACK, "processors are overcommitted"
    assert sum(each.memory for each in rules) <= limits.memory, "memory is overcommitted"


def check_start(plan: Plan, state: RunState, request: NodeRequest, folders: set[str]) -> None:
    """An attempt begins with its inputs there, in a folder of its own, approved where that is asked for."""
    step = state.steps[request.step]
    assert step.state == "running", f"{request.step} is started while it is {step.state}"
    assert request.folder not in folders, f"{request.folder} was used before"
    group = state.steps[step.outline.group] if step.outline.group else step
    rules = plan.nodes[step.outline.node].rules
    for need in step.outline.needs:
        upstream = state.steps[need]
        assert upstream.state in FINAL, f"{request.step} began before {need}, which is {upstream.state}"
        if rules.run_if == "success":
            fine = upstream.state in GOOD or upstream.skipped_by == "condition"
            assert fine, f"{request.step} began though {need} is {upstream.state}"
    if rules.approve:
        assert group.approval is not None
        assert group.approval.answer == "approved", f"{request.step} began without being approved"


def check_finished_stays(before: RunState, state: RunState, entry: Entry) -> None:
    """What has succeeded stays as it is, unless somebody takes the run up and names it."""
    again = set(entry.event.steps) if isinstance(entry.event, RunResumed) else set()
    for name, step in before.steps.items():
        if step.state in FINAL and name not in again and name in state.steps:
            now = state.steps[name].state
            assert now == step.state, f"{name} was {step.state} and became {now} by {entry.event.kind}"


def check_end(state: RunState, entries: list[Entry]) -> None:
    """The run is over, every final state is explained, and the run's own follows from them."""
    assert state == fold(entries)
    assert state.state in {"succeeded", "failed", "cancelled"}, state.state
    committed = Counter(
        entry.event.step for entry in entries if isinstance(entry.event, StepSucceeded | StepReused)
    )
    for step in state.steps.every():
        _check_explained(state, step, committed)
    bad = [step for step in state.steps.every() if step.state in BAD and not _is_tolerated(state, step)]
    any_cancelled = any(step.state == "cancelled" for step in state.steps.every())
    if any_cancelled:
        assert any(isinstance(entry.event, CancelRequested) for entry in entries)
        assert state.state == "cancelled"
    else:
        assert state.state == ("failed" if bad else "succeeded"), f"{state.state}, with {bad}"


def _check_explained(state: RunState, step: StepState, committed: Counter[str]) -> None:
    name = step.outline.step
    assert step.state in FINAL, f"{name} is {step.state} at the end"
    if step.state in GOOD:
        assert committed[name] >= 1, f"{name} is {step.state}, and the journal has no word of it"
    if step.state in BAD:
        assert step.error is not None, f"{name} is {step.state} for no reason"
        assert step.error.name, f"{name} is {step.state} by an error without a name"
    if step.state == "skipped":
        assert step.reason, f"{name} was skipped for no reason"
    assert not step.waiting, f"{name} is {step.state} and waits for {step.waiting}"
    if step.items is not None:
        children = [state.steps[f"{name}[{index}]"] for index in range(step.items)]
        assert step.ended == step.items
        assert step.bad == sum(child.state in BAD for child in children)


def _is_tolerated(state: RunState, step: StepState) -> bool:
    return bool(step.outline.group) and state.steps[step.outline.group].state == "succeeded"
