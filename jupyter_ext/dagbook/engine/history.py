"""What has happened in a run so far: the journal that holds it, and the state that follows from it."""

from __future__ import annotations

from dagbook.engine.ports import Journal
from dagbook.run.events import Entry, Event
from dagbook.run.machine import Machine
from dagbook.run.state import RunState, apply, fold


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

    def would_change(self, event: Event) -> bool:
        """Whether the event says anything that is not known."""
        return apply(self.state, Entry(seq=self.state.seq, at="", event=event)) != self.state

    def happen(self, *events: Event) -> None:
        """Record events, together, and only then let them count.

        Raises:
            EnvironmentFault: the journal cannot be written.
        """
        for entry in self._journal.append_all(events) if events else ():
            self.machine.apply(entry)


class SharedHistory(History):
    """One pen of several: what the others tell counts too, in the order of the journal."""

    def happen(self, *events: Event) -> None:
        """Record events, and let them count behind what others told before them."""
        if events:
            self._journal.append_all(events)
        self.catch_up()

    def catch_up(self) -> None:
        """Let everything count that was told meanwhile."""
        for entry in self._journal.read(after=self.state.seq):
            self.machine.apply(entry)
