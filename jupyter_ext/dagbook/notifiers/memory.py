"""Keeps what it was told: for tests."""

from __future__ import annotations

from dagbook.engine.ports import NotifyFailed
from dagbook.run.outcome import Notice


class MemoryNotifier:
    """Implements `engine.ports.Notifier`.

    Attributes:
        sent: address and notice of each message that was taken.
        away: why nothing can be sent; empty when it can.
    """

    def __init__(self, away: str = "") -> None:
        self.away = away
        self.sent: list[tuple[str, Notice]] = []

    def problem(self, address: str) -> str | None:
        """An address needs a scheme."""
        return None if "://" in address else "this is no address"

    def send(self, address: str, notice: Notice) -> None:
        """Take it, unless `away`."""
        if self.away:
            raise NotifyFailed(self.away)
        self.sent.append((address, notice))
