"""An alias of a registered model moves to another version: on a condition, and with a note of why."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from dagbook.engine.model_registry import PROMOTED, ModelRegistry, ModelVersion
from dagbook.engine.writer import user_name
from dagbook.pipeline.promotion import Verdict, judge


def move_alias(  # noqa: PLR0913  # a promotion is as much
    registry: ModelRegistry,
    version: ModelVersion,
    alias: str,
    *,
    held_by: int | None,
    condition: str | None = None,
    reason: str = "",
    measured: Mapping[str, float] | None = None,
) -> dict[str, Any]:
    """Have the alias mean that version where the condition holds.

    Returns what was done, in the shape that `api.models.promote` says.

    Args:
        registry: where the model is.
        version: that is to get the alias.
        alias: as the registry takes it.
        held_by: the version that it means now; None for none.
        condition: over metrics of the version, and of `current`, which holds the alias.
        reason: for those who ask later.
        measured: metrics that the store does not have yet.

    Raises:
        ExpressionError: the condition cannot be read, or names what was not measured.
        TrackerAway: the registry does not answer.
    """
    verdict = _judged(registry, condition, version, held_by, measured or {})
    told = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"), "by": user_name(), "from": held_by,
        "condition": condition, "values": dict(verdict.values), "reason": reason,
    }  # fmt: skip
    if verdict.holds:
        # The note first: an alias that moved without one could not be explained.
        note = json.dumps(told, ensure_ascii=False)
        registry.tag(version.name, version.version, {f"{PROMOTED}{alias}": note})
        registry.set_alias(version.name, alias, version.version)
    return {
        "name": version.name, "version": version.version, "alias": alias, "promoted": verdict.holds,
        "without_current": verdict.without_current, **told,
    }  # fmt: skip


def _judged(
    registry: ModelRegistry,
    condition: str | None,
    version: ModelVersion,
    held_by: int | None,
    measured: Mapping[str, float],
) -> Verdict:
    if not condition:
        return Verdict(holds=True)
    current = None
    if held_by is not None:
        held = [one for one in registry.versions(version.name) if one.version == held_by]
        current = held[0].metrics if held else None
    return judge(condition, {**version.metrics, **measured}, current)
