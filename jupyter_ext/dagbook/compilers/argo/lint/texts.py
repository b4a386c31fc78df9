"""Texts that mean something to Kubernetes or Argo: names, durations, quantities, schedules."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any, Final

from cronsim import CronSim, CronSimError

FIELD: Final = re.compile(r"[a-zA-Z0-9]([-a-zA-Z0-9]*[a-zA-Z0-9])?")
"""Of templates, tasks and steps."""
OBJECT: Final = re.compile(r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?")
PARAMETER: Final = re.compile(r"[-a-zA-Z0-9_]+")
VARIABLE: Final = re.compile(r"[-._a-zA-Z][-._a-zA-Z0-9]*")
_DURATION: Final = re.compile(r"(\d+(\.\d+)?(ns|us|µs|ms|s|m|h))+|\d+")
_QUANTITY: Final = re.compile(r"\d+(\.\d+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|e\d+)?")
LONGEST_NAME: Final = 63
_CRON: Final = re.compile(r"([\d*/,? -]|[A-KM-VX-Za-km-vx-z]{3}|[Jj][Uu][Ll]|[Ww][Ee][Dd])+")
_NUMBER: Final = re.compile(r"\d+")
_SOME_DAY: Final = datetime(2026, 1, 1, tzinfo=UTC)
_LABEL: Final = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?")


def is_name(text: Any, pattern: re.Pattern[str]) -> bool:
    """Whether it may be called so."""
    return isinstance(text, str) and len(text) <= LONGEST_NAME and bool(pattern.fullmatch(text))


def is_duration(value: Any) -> bool:
    """Whether it is a number of seconds or a duration of Go's, such as `1m30s`; none is not negative."""
    return bool(_DURATION.fullmatch(str(value)))


def is_quantity(value: Any) -> bool:
    """Whether it is an amount of memory or of processors, such as `500m` or `2Gi`."""
    return bool(_QUANTITY.fullmatch(str(value)))


def is_label(value: Any) -> bool:
    """Whether it may be the value of a label."""
    return isinstance(value, str) and bool(_LABEL.fullmatch(value))


def is_schedule(text: Any) -> bool:
    """Whether it is a line of cron, or one of its short words."""
    if text in {"@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"}:
        return True
    if not isinstance(text, str) or len(text.split()) != 5:  # noqa: PLR2004  # the fields of cron
        return False
    # Other readers of cron know more: the last day (L), the third Monday (MON#3), Sunday as 7.
    if not _CRON.fullmatch(text) or "7" in _NUMBER.findall(text.split()[-1].partition("/")[0]):
        return False
    try:
        CronSim(text, _SOME_DAY)
    except CronSimError:
        return False
    return True
