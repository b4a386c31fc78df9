"""Which kept result a step takes: that of its fingerprint, or one that a person took as current."""

from __future__ import annotations

from dataclasses import replace

from dagbook.engine.ports import Cache
from dagbook.engine.prepare import PreparedStep
from dagbook.pipeline.fingerprint import Parts, earlier
from dagbook.pipeline.plan import PlannedStep
from dagbook.pipeline.planner import Known


class Reuse:
    """Looks for results in a cache."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache
        # As it was when a node was met first: of a list, an accepted element becomes the newest itself.
        self._latest: dict[str, Parts | None] = {}

    def find(
        self, step: PlannedStep, prepared: PreparedStep, *, of_foreach: bool
    ) -> tuple[str, Known] | None:
        """The fingerprint that the result is kept under, and what is known of it; None when there is none."""
        known = self._cache.known(prepared.fingerprint)
        if known is not None:
            return prepared.fingerprint, known
        latest = self._newest(prepared.key) if step.accepted else None
        if latest is None:
            return None
        for candidate in earlier(latest, prepared.parts, of_one=not of_foreach):
            known = self._cache.known(candidate)
            if known is not None:
                return candidate, replace(known, accepted=step.accepted)
        return None

    def _newest(self, key: str) -> Parts | None:
        if key not in self._latest:
            self._latest[key] = self._cache.latest(key)
        return self._latest[key]
