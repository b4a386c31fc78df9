"""What has happened in a run so far: the journal that holds it, and the state that follows from it."""

from __future__ import annotations

from dagbook.engine.ports import Journal
from dagbook.run.events import Entry, Event
from dagbook.run.machine import Machine
from dagbook.run.state import RunState, fold


class History:
    """The one pen of a run; begins with what earlier drivers told.

    Attributes:
        machine: has folded everything that was told, and knows what follows.
    """

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self.machine = Machine(fold(journal.read()))

    @property
    def state(self) -> RunState:
        """The fold of everything that was told."""
        return self.machine.state

    def entries(self) -> list[Entry]:
        """Everything that was told, from the first entry."""
        return self._journal.read()

    def happen(self, event: Event) -> None:
        """Record an event, and only then let it count.

        Raises:
            EnvironmentFault: the journal cannot be written.
        """
        self.machine.apply(self._journal.append(event))


class SharedHistory(History):
    """One pen of several: what the others tell counts too, in the order of the journal."""

    def happen(self, event: Event) -> None:
        """Record an event, and let it count behind what others told before it."""
        self._journal.append(event)
        self.catch_up()

    def catch_up(self) -> None:
        """Let everything count that was told meanwhile."""
        for entry in self._journal.read(after=self.state.seq):
            self.machine.apply(entry)
