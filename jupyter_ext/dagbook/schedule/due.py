"""What a schedule owes between the instant that is settled and now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from dagbook.schedule.calendar import firings, first_after, last_until

Missed = Literal["run-once", "skip", "run-all"]

GRACE: Final = timedelta(minutes=1)
"""How late a firing may be begun without having been missed."""

SET_BACK: Final = timedelta(days=1)
"""A clock set back by less waits to be caught up with; by more, it was wrong before, and counts anew."""

MOST_COUNTED: Final = 1000


@dataclass(frozen=True, kw_only=True)
class Timetable:
    """When something is to be run, and what becomes of firings that nobody was there for."""

    cron: str
    timezone: str = "UTC"
    missed: Missed = "run-once"


@dataclass(frozen=True, kw_only=True)
class Due:
    """What is to be done now.

    Attributes:
        instant: the firing to begin a run for; None for no run.
        mark: up to when everything is settled, once that is done.
        missed: how many earlier firings are settled without a run; counted up to `MOST_COUNTED`.
    """

    instant: datetime | None
    mark: datetime
    missed: int = 0


def due(table: Timetable, mark: datetime, now: datetime) -> Due:
    """What the timetable owes at `now` when everything up to `mark` is settled; one run at a time.

    No instant is ever due twice: a clock that is set back brings nothing until it has come past `mark` again.
    """
    if mark - now > SET_BACK:
        return Due(instant=None, mark=now)
    if now <= mark:
        return Due(instant=None, mark=mark)
    first = first_after(table.cron, table.timezone, mark)
    if first is None or first > now:
        return Due(instant=None, mark=mark)
    if table.missed == "run-all":
        return Due(instant=first, mark=first)
    last = max(last_until(table.cron, table.timezone, now) or first, first)
    between = sum(firing <= last for firing in firings(table.cron, table.timezone, mark, MOST_COUNTED))
    if table.missed == "skip" and now - last > GRACE:
        return Due(instant=None, mark=last, missed=between)
    return Due(instant=last, mark=last, missed=max(between - 1, 0))
