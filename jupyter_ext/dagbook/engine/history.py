"""What has happened in a run so far: the journal that holds it, and the state that follows from it."""

from __future__ import annotations

from dagbook.engine.ports import Journal
from dagbook.run.events import Event
from dagbook.run.state import RunState, apply


class History:
    """The one pen of a run. Attributes: `state`, the fold of everything that was told."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self.state = RunState()

    def happen(self, event: Event) -> None:
        """Record an event, and only then let it count.

        Raises:
            EnvironmentFault: the journal cannot be written.
        """
        self.state = apply(self.state, self._journal.append(event))
