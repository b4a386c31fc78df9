"""What is wrong with `on.schedule` in a pipeline file."""

from __future__ import annotations

from collections.abc import Iterator
from zoneinfo import available_timezones

from dagbook.errors import did_you_mean
from dagbook.pipeline.on_spec import ScheduleSpec
from dagbook.pipeline.problem import Problem
from dagbook.schedule.calendar import cron_problem, timezone_problem


def check_schedule(written: ScheduleSpec) -> Iterator[Problem]:
    """Its expression and its timezone."""
    if problem := cron_problem(written.cron):
        yield Problem(
            path=("on", "schedule", "cron"), code="schedule-cron", message=problem,
            remedy="write minute, hour, day, month, weekday: \"0 6 * * 1-5\"",
        )  # fmt: skip
    if problem := timezone_problem(written.timezone):
        yield Problem(
            path=("on", "schedule", "timezone"), code="schedule-timezone", message=problem,
            remedy=did_you_mean(written.timezone, available_timezones(), "write one like Europe/Oslo"),
        )  # fmt: skip
