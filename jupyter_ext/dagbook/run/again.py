"""Which steps of a run are done again when somebody takes it up: after a crash, a failure, or on demand."""

from __future__ import annotations

from collections.abc import Collection

from dagbook.run.state import GOOD, RunState


def unfinished(state: RunState) -> tuple[str, ...]:
    """Every step without a result that the plan does not leave out, in the run's order.

    What a driver left running counts, and what was skipped: its reason may be gone when it is its turn.
    """
    return tuple(
        name for name, step in state.steps.items() if step.state not in GOOD and step.outline.action != "skip"
    )


def with_downstream(state: RunState, steps: Collection[str]) -> tuple[str, ...]:
    """These steps and everything that follows from them, in the run's order."""
    again = set(steps)
    for name, step in state.steps.items():  # in an order that can be run: one pass is enough
        if step.outline.action != "skip" and again.intersection(step.outline.needs):
            again.add(name)
    return tuple(name for name in state.steps if name in again)


def to_do_again(state: RunState, steps: Collection[str] | None = None) -> tuple[str, ...]:
    """What a driver that takes up the run has to do: what is unfinished, or `steps` and what follows them.

    What a dead driver left open is always among it: nobody else would ever finish it.
    """
    if steps is None:
        return unfinished(state)
    open_ = {name for name, step in state.steps.items() if step.state in {"running", "pending", "lost"}}
    return with_downstream(state, open_ | set(steps))
