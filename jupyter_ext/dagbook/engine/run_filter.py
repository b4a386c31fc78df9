"""Which of many runs are meant: by pipeline, state, tag and time. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from dagbook.pipeline.written import parse_duration


@dataclass(frozen=True, kw_only=True)
class RunFilter:
    """Any run when empty. Of one kind any may fit; of several kinds all must.

    Attributes:
        tags: name → value; None for whatever value.
        since: of runs that started then or later.
        until: of runs that started then or earlier.
    """

    pipelines: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    tags: Mapping[str, str | None] = field(default_factory=dict)
    since: datetime | None = None
    until: datetime | None = None

    def admits(self, summary: Mapping[str, Any]) -> bool:
        """Whether the run of a summary (see queries.summarise_run) is one of those."""
        if self.pipelines and summary["pipeline"] not in self.pipelines:
            return False
        if self.states and summary["state"] not in self.states:
            return False
        tags = summary["tags"]
        if any(name not in tags or value not in (None, tags[name]) for name, value in self.tags.items()):
            return False
        return self._in_time(summary["started"])

    def _in_time(self, started: str | None) -> bool:
        if self.since is None and self.until is None:
            return True
        if started is None:
            return False
        at = datetime.fromisoformat(started)
        return (self.since is None or at >= self.since) and (self.until is None or at <= self.until)


def moment(text: str, now: datetime, *, end: bool = False) -> datetime:
    """The moment that a person means: `2026-11-20`, `2026-11-20T18:30`, `today`, `yesterday`, `90m`, `3d`.

    Args:
        text: a duration is so long ago; what names no zone is in that of `now`.
        now: with its zone.
        end: of a whole day its end is meant, not its beginning.

    Raises:
        ValueError: it is none of these.
    """
    text = text.strip()
    days = {"today": 0, "yesterday": 1}
    if text in days:
        return _of_day((now - timedelta(days=days[text])).date(), now, end=end)
    try:
        return _of_day(date.fromisoformat(text), now, end=end)
    except ValueError:
        pass
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        pass
    else:
        return at if at.tzinfo else at.replace(tzinfo=now.tzinfo)
    try:
        return now - timedelta(seconds=parse_duration(text))
    except (ValueError, OverflowError) as error:
        raise ValueError(
            f"{text!r} is no time; write 2026-11-20, 2026-11-20T18:30, yesterday or 3d"
        ) from error


def _of_day(day: date, now: datetime, *, end: bool) -> datetime:
    return datetime.combine(day, time.max if end else time.min, now.tzinfo)
