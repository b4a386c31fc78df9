"""Which kept result a step takes: that of its fingerprint, or one that a person took as current."""

from __future__ import annotations

from dataclasses import replace

from dagbook.engine.ports import Cache
from dagbook.engine.prepare import PreparedStep
from dagbook.pipeline.fingerprint import earlier
from dagbook.pipeline.plan import PlannedStep
from dagbook.pipeline.planner import Known


def result_for(
    cache: Cache, step: PlannedStep, prepared: PreparedStep, *, of_foreach: bool
) -> tuple[str, Known] | None:
    """The fingerprint under which the result is kept, and what is known of it; None when there is none."""
    known = cache.known(prepared.fingerprint)
    if known is not None:
        return prepared.fingerprint, known
    latest = cache.latest(prepared.key) if step.accepted else None
    if latest is None:
        return None
    for candidate in earlier(latest, prepared.parts, of_one=not of_foreach):
        known = cache.known(candidate)
        if known is not None:
            return candidate, replace(known, accepted=step.accepted)
    return None
