"""When a schedule is due, over times that nobody waited for: gaps, clocks that jump, servers off."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from tests.needs import needs_here

needs_here("cronsim")

from dagbook.schedule.calendar import cron_problem, firings, first_after, last_until, timezone_problem  # noqa: E402
from dagbook.schedule.due import Due, Timetable, due  # noqa: E402

OSLO = "Europe/Oslo"
NEW_YORK = "America/New_York"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "cron", ["0 6 * * 1-5", "*/5 * * * *", "0 0 29 2 *", "15,45 8-18/2 * JAN-MAR MON", "0 0 L * *"]
)
def test_a_sound_expression_has_no_problem(cron: str):
    assert cron_problem(cron) is None


@pytest.mark.parametrize(
    ("cron", "said"),
    [
        ("", "has 0 fields"),
        ("* * * *", "has 4 fields"),
        ("0 0 6 * * 1", "has 6 fields"),
        ("60 * * * *", "is no cron expression"),
        ("0 25 * * *", "is no cron expression"),
        ("0 0 31 2 *", ""),
        ("a b c d e", "is no cron expression"),
        ("@daily", "has 1 fields"),
    ],
)
def test_what_is_wrong_with_an_expression_is_said(cron: str, said: str):
    problem = cron_problem(cron)
    assert problem is not None
    assert said in problem


@pytest.mark.parametrize(
    ("name", "sound"), [(OSLO, True), ("UTC", True), ("Oslo", False), ("", False), ("../x", False)]
)
def test_a_timezone_is_known_or_not(name: str, sound: bool):
    assert (timezone_problem(name) is None) == sound


@pytest.mark.parametrize(
    ("cron", "timezone", "after", "first"),
    [
        ("0 6 * * *", "UTC", "2026-01-01 05:59:59", "2026-01-01 06:00"),
        ("0 6 * * *", "UTC", "2026-01-01 06:00", "2026-01-02 06:00"),
        ("0 6 * * *", OSLO, "2026-01-01 00:00", "2026-01-01 05:00"),
        ("0 6 * * *", OSLO, "2026-07-01 00:00", "2026-07-01 04:00"),
        ("0 6 * * 1-5", "UTC", "2026-01-02 07:00", "2026-01-05 06:00"),
        ("0 0 29 2 *", "UTC", "2026-03-01 00:00", "2028-02-29 00:00"),
        # 2026-03-29 02:00 → 03:00 in Oslo: half past two is left out, and runs right after the gap.
        ("30 2 * * *", OSLO, "2026-03-28 12:00", "2026-03-29 01:00"),
        # 2026-10-25 03:00 → 02:00: half past two comes twice, and counts the first time.
        ("30 2 * * *", OSLO, "2026-10-24 12:00", "2026-10-25 00:30"),
        ("30 2 * * *", OSLO, "2026-10-25 00:30", "2026-10-26 01:30"),
        ("30 2 * * *", NEW_YORK, "2026-03-07 12:00", "2026-03-08 07:00"),
    ],
)
def test_the_first_firing_after_an_instant(cron: str, timezone: str, after: str, first: str):
    assert first_after(cron, timezone, at(after)) == at(first)


def test_every_quarter_of_an_hour_goes_by_elapsed_time_through_both_changes():
    for day in ("2026-03-29 00:00", "2026-10-25 00:00"):
        found = firings("*/15 * * * *", OSLO, at(day), 16)
        assert [b - a for a, b in pairwise(found)] == [timedelta(minutes=15)] * 15


@pytest.mark.parametrize("cron", ["30 2 * * *", "*/20 * * * *", "0 */6 * * *", "0 0 1 * *"])
@pytest.mark.parametrize("timezone", [OSLO, NEW_YORK])
@pytest.mark.parametrize(
    "start",
    ["2026-03-07 00:00", "2026-03-28 00:00", "2026-04-04 00:00", "2026-10-24 00:00", "2026-10-31 00:00"],
)
def test_the_last_firing_until_now_is_the_one_that_counting_forwards_finds(
    cron: str, timezone: str, start: str
):
    begin = at(start)
    early = begin - timedelta(days=40 if cron == "0 0 1 * *" else 4)
    forwards = firings(cron, timezone, early, 540 if cron.startswith("*/") else 60)
    for minutes in range(0, 3 * 1440, 331):
        now = begin + timedelta(minutes=minutes, seconds=17)
        assert forwards[-1] > now
        assert last_until(cron, timezone, now) == max(f for f in forwards if f <= now)


SIX = Timetable(cron="0 6 * * *")
ALL = Timetable(cron="0 6 * * *", missed="run-all")
SKIP = Timetable(cron="0 6 * * *", missed="skip")
DAY_1, DAY_2, DAY_3, DAY_4 = (at(f"2026-01-0{day} 06:00") for day in (1, 2, 3, 4))


@pytest.mark.parametrize(
    ("table", "mark", "now", "expected"),
    [
        (SIX, DAY_1, DAY_2 - timedelta(seconds=1), Due(instant=None, mark=DAY_1)),
        (SIX, DAY_1, DAY_2, Due(instant=DAY_2, mark=DAY_2)),
        (SIX, DAY_2, DAY_2 + timedelta(hours=1), Due(instant=None, mark=DAY_2)),
        (SIX, DAY_1, DAY_4 + timedelta(hours=5), Due(instant=DAY_4, mark=DAY_4, missed=2)),
        (ALL, DAY_1, DAY_4 + timedelta(hours=5), Due(instant=DAY_2, mark=DAY_2)),
        (SKIP, DAY_1, DAY_2 + timedelta(seconds=30), Due(instant=DAY_2, mark=DAY_2)),
        (SKIP, DAY_1, DAY_2 + timedelta(minutes=5), Due(instant=None, mark=DAY_2, missed=1)),
        (SKIP, DAY_1, DAY_4 + timedelta(seconds=30), Due(instant=DAY_4, mark=DAY_4, missed=2)),
    ],
)
def test_what_is_owed(table: Timetable, mark: datetime, now: datetime, expected: Due):
    assert due(table, mark, now) == expected


def test_run_all_owes_every_firing_one_after_the_other():
    mark, found = DAY_1, []
    while (owed := due(ALL, mark, DAY_4 + timedelta(hours=1))).instant is not None:
        found.append(owed.instant)
        mark = owed.mark
    assert found == [DAY_2, DAY_3, DAY_4]


@pytest.mark.parametrize("table", [SIX, ALL, SKIP])
def test_a_clock_that_is_set_back_brings_nothing_twice(table: Timetable):
    mark, fired = DAY_1, []
    walk = [
        DAY_2,
        DAY_2 - timedelta(hours=2),
        DAY_2 - timedelta(seconds=1),
        DAY_2,
        DAY_2 + timedelta(hours=3),
        DAY_3,
    ]
    for now in walk:
        owed = due(table, mark, now)
        mark = owed.mark
        fired += [owed.instant] if owed.instant else []
    assert fired == [DAY_2, DAY_3]


def test_a_mark_that_a_wrong_clock_left_years_ahead_stops_nothing_for_ever():
    owed = due(SIX, at("2036-01-01 06:00"), DAY_2)
    assert owed == Due(instant=None, mark=DAY_2)
    assert due(SIX, owed.mark, DAY_3).instant == DAY_3


def test_a_clock_that_leaps_ahead_by_years_owes_one_run_at_once():
    owed = due(Timetable(cron="* * * * *"), DAY_1, at("2029-01-01 00:00:30"))
    assert owed.instant == at("2029-01-01 00:00")
    assert owed.missed == 999


@pytest.mark.parametrize("missed", ["run-once", "skip", "run-all"])
def test_looking_every_second_or_once_an_hour_fires_each_instant_once(missed: str):
    table = Timetable(cron="*/30 * * * *", timezone=OSLO, missed=missed)  # type: ignore[arg-type]
    mark, fired = at("2026-03-29 00:00"), []
    for step in range(0, 4 * 3600, 61):
        owed = due(table, mark, at("2026-03-29 00:00") + timedelta(seconds=step))
        mark = owed.mark
        fired += [owed.instant] if owed.instant else []
    assert fired == [at("2026-03-29 00:00") + timedelta(minutes=30 * n) for n in range(1, 8)]
