"""What follows from the state of a run: a function of the state alone.

Every command is answered at once by an event that changes the state, so nothing is asked for twice.
"""

from __future__ import annotations

from collections.abc import Iterable

from dagbook.run.commands import Command
from dagbook.run.machine import Machine
from dagbook.run.state import RunState


def decide(state: RunState, resting: Iterable[str] = ()) -> tuple[Command, ...]:
    """The commands that are due, in order; empty while there is nothing to do but wait.

    Args:
        state: of the run.
        resting: pending steps that wait for a moment or a lock.
    """
    return Machine(state, resting).due()
