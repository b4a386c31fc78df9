"""Cron expressions in a timezone: is it sound, when next, when last. Instants go in and come out in UTC.

Around a change of the clocks it does what Debian's cron does: what falls into the hour that is left out runs
once, right after the gap; what falls into the hour that comes twice runs once, the first time. Expressions
whose minute or hour is `*` or `*/n` go by elapsed time instead, and so run in both.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError

_FIELDS = 5
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_WINDOWS = (timedelta(hours=4), timedelta(days=9), timedelta(days=400), timedelta(days=3300))


def cron_problem(cron: str) -> str | None:
    """What is wrong with a cron expression; None when nothing is."""
    if len(cron.split()) != _FIELDS:
        return f"{cron!r} has {len(cron.split())} fields, not five: minute, hour, day, month, weekday"
    try:
        next(CronSim(cron, _EPOCH))
    except CronSimError as error:
        return f"{cron!r} is no cron expression: {error}"
    except StopIteration:
        return f"{cron!r} names a day that never comes"
    return None


def timezone_problem(timezone: str) -> str | None:
    """What is wrong with the name of a timezone; None when nothing is."""
    try:
        ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return f"there is no timezone {timezone!r}"
    return None


def first_after(cron: str, timezone: str, after: datetime) -> datetime | None:
    """The first firing later than `after`; None when there is none within decades."""
    return next(iter(firings(cron, timezone, after, 1)), None)


def firings(cron: str, timezone: str, after: datetime, most: int) -> tuple[datetime, ...]:
    """The next firings later than `after`, at most so many."""
    local = after.astimezone(ZoneInfo(timezone))
    return tuple(firing.astimezone(UTC) for firing in islice(CronSim(cron, local), most))


def last_until(cron: str, timezone: str, until: datetime) -> datetime | None:
    """The last firing that is not later than `until`; None when there is none within nine years."""
    # Counted forwards, from ever further back: so it is always one that counting forwards finds.
    for window in _WINDOWS:
        local = (until - window).astimezone(ZoneInfo(timezone))
        found: datetime | None = None
        for firing in CronSim(cron, local):
            if firing.astimezone(UTC) > until:
                break
            found = firing.astimezone(UTC)
        if found is not None:
            return found
    return None
