"""Which steps of a run are done again when somebody takes it up: after a crash, a failure, or on demand."""

from __future__ import annotations

from collections.abc import Collection

from dagbook.run.state import GOOD, RunState


def unfinished(state: RunState) -> tuple[str, ...]:
    """Every step without a result that the plan does not leave out, in the run's order.

    What a driver left running counts, and what was skipped: its reason may be gone when it is its turn. A
    failure that its `foreach` tolerates is finished business.
    """
    steps = state.steps
    return tuple(
        name
        for name, step in steps.items()
        if step.state not in GOOD
        and step.outline.action != "skip"
        and not (step.outline.group and steps[step.outline.group].state in GOOD)
    )


def with_downstream(
    state: RunState, steps: Collection[str], gathered: Collection[str] = ()
) -> tuple[str, ...]:
    """These steps and everything that follows from them, in the run's order.

    Of an expanded step all that it became is done again; of one in `gathered`, or of which single elements
    are named, only those.
    """
    partly = {state.steps[name].outline.group for name in steps if name in state.steps} - {""}
    partly |= set(gathered)
    again = set(steps) - partly
    for name, step in state.steps.items():  # in an order that can be run: one pass is enough
        if step.outline.group:
            if step.outline.group in again:
                again.add(name)
        elif step.outline.action != "skip" and not (again | partly).isdisjoint(step.outline.needs):
            again.add(name)
    return tuple(name for name in state.steps if name in again or name in partly)


def to_do_again(
    state: RunState, steps: Collection[str] | None = None, gone: Collection[str] = ()
) -> tuple[str, ...]:
    """What a driver that takes up the run has to do: what is unfinished, or `steps` and what follows them.

    What a dead driver left open is always among it: nobody else would ever finish it. So is what published
    files that are `gone`, though not what follows from it: that is made already.
    """
    if steps is None:
        left = {*unfinished(state), *gone}
        return tuple(name for name in state.steps if name in left)
    steps = {*steps, *gone}
    open_ = {name for name, step in state.steps.items() if step.state in {"running", "pending", "lost"}}
    expanded = {name for name in open_ if state.steps[name].items is not None}
    return with_downstream(state, (open_ - expanded) | set(steps), expanded)
