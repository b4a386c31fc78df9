"""How durations, times, values and states are said to people, in a shell and in a notebook."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any, Final

SIGNS: Final[dict[str, str]] = {
    "pending": "·",
    "running": "▶",
    "succeeded": "✓",
    "reused": "↺",
    "failed": "✗",
    "timed-out": "⏱",
    "killed": "☠",
    "cancelled": "■",
    "skipped": "–",
    "lost": "?",
    "interrupted": "?",
    "run": "▶",
    "reuse": "↺",
    "skip": "–",
    "finished": "✓",
    "scheduled": "·",
}
"""The icon of each state, of a plan's actions and of MLflow's statuses; the word always stands beside it."""


def seconds_text(seconds: float | None) -> str:
    """A duration as people say it: 0.4 s, 12 s, 3:05, 1:02:33."""
    if seconds is None:
        return ""
    if seconds < 10:  # noqa: PLR2004
        return f"{seconds:.1f} s"
    if seconds < 100:  # noqa: PLR2004
        return f"{seconds:.0f} s"
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def since_text(started: str | None) -> str:
    """How long ago an ISO 8601 time was: `just now`, `5 min ago`, `3 h ago`, or the date."""
    if started is None:
        return ""
    then = datetime.fromisoformat(started)
    seconds = (datetime.now(UTC) - then).total_seconds()
    for limit, unit, word in ((60, 0, "just now"), (3600, 60, "min ago"), (86400, 3600, "h ago")):
        if seconds < limit:
            return f"{int(seconds // unit)} {word}" if unit else word
    return then.astimezone().strftime("%Y-%m-%d %H:%M")


def time_of_day(at: str) -> str:
    """An ISO 8601 time as a clock here shows it: `14:05`, with its day unless that is today."""
    then = datetime.fromisoformat(at).astimezone()
    return then.strftime("%H:%M" if then.date() == datetime.now().astimezone().date() else "%Y-%m-%d %H:%M")


def value_text(value: Any, longest: int = 60) -> str:
    """A value in one short line."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    if isinstance(value, float):
        text = f"{value:.6g}"
    line = text.replace("\n", " ")
    return line if len(line) <= longest else line[: longest - 1] + "…"


def bytes_text(count: float) -> str:
    """An amount of data as people say it: 312 bytes, 4.2 kB, 1.3 GB."""
    units = iter(("kB", "MB", "GB", "TB"))
    unit = "bytes"
    while count >= 1000 and unit != "TB":  # noqa: PLR2004
        count, unit = count / 1000, next(units)
    return f"{count:.0f} {unit}" if unit == "bytes" or count >= 100 else f"{count:.1f} {unit}"  # noqa: PLR2004
