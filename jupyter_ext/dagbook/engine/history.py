"""What has happened in a run so far: the journal that holds it, and the state that follows from it."""

from __future__ import annotations

from dagbook.engine.ports import Journal
from dagbook.run.events import Entry, Event
from dagbook.run.state import apply, fold


class History:
    """The one pen of a run; begins with what earlier drivers told. `state` is the fold of it all."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self.state = fold(journal.read())

    def entries(self) -> list[Entry]:
        """Everything that was told, from the first entry."""
        return self._journal.read()

    def happen(self, event: Event) -> None:
        """Record an event, and only then let it count.

        Raises:
            EnvironmentFault: the journal cannot be written.
        """
        self.state = apply(self.state, self._journal.append(event))
