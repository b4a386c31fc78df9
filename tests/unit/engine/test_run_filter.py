"""Which runs a filter means, and what people call a time."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from dagbook.engine.run_filter import RunFilter, moment

OSLO = timezone(timedelta(hours=1))
NOW = datetime(2026, 11, 26, 12, 30, tzinfo=OSLO)


def summary(**given: Any) -> dict[str, Any]:
    return {
        "pipeline": "p", "state": "failed", "tags": {"team": "a", "nightly": ""},
        "started": "2026-11-25T10:00:00.000+00:00", **given,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("wanted", "fits"),
    [
        (RunFilter(), True),
        (RunFilter(pipelines=("q", "p")), True),
        (RunFilter(pipelines=("q",)), False),
        (RunFilter(states=("failed", "cancelled")), True),
        (RunFilter(states=("succeeded",)), False),
        (RunFilter(pipelines=("p",), states=("succeeded",)), False),
        (RunFilter(tags={"team": "a"}), True),
        (RunFilter(tags={"team": None, "nightly": None}), True),
        (RunFilter(tags={"team": "b"}), False),
        (RunFilter(tags={"weekly": None}), False),
        (RunFilter(since=datetime(2026, 11, 25, 11, 0, tzinfo=OSLO)), True),
        (RunFilter(since=datetime(2026, 11, 25, 11, 1, tzinfo=OSLO)), False),
        (RunFilter(until=datetime(2026, 11, 25, 11, 0, tzinfo=OSLO)), True),
        (RunFilter(until=datetime(2026, 11, 25, 10, 59, tzinfo=OSLO)), False),
    ],
)
def test_of_one_kind_any_may_fit_and_of_several_kinds_all_must(wanted: RunFilter, fits: bool):
    assert wanted.admits(summary()) is fits


def test_a_run_that_never_began_is_in_no_span_of_time():
    assert not RunFilter(since=NOW).admits(summary(started=None))
    assert RunFilter().admits(summary(started=None))


@pytest.mark.parametrize(
    ("text", "begins", "ends"),
    [
        ("2026-11-20", "2026-11-20T00:00:00+01:00", "2026-11-20T23:59:59.999999+01:00"),
        ("today", "2026-11-26T00:00:00+01:00", "2026-11-26T23:59:59.999999+01:00"),
        (" yesterday ", "2026-11-25T00:00:00+01:00", "2026-11-25T23:59:59.999999+01:00"),
        ("2026-11-20T18:30", "2026-11-20T18:30:00+01:00", None),
        ("2026-11-20 18:30", "2026-11-20T18:30:00+01:00", None),
        ("2026-11-20T18:30+00:00", "2026-11-20T18:30:00+00:00", None),
        ("90m", "2026-11-26T11:00:00+01:00", None),
        ("3d", "2026-11-23T12:30:00+01:00", None),
    ],
)
def test_a_time_is_read_as_people_mean_it(text: str, begins: str, ends: str | None):
    assert moment(text, NOW).isoformat() == begins
    assert moment(text, NOW, end=True).isoformat() == (ends or begins)


@pytest.mark.parametrize("text", ["", "soon", "2026-13-01", "-3d", "999999999d", "3 fortnights"])
def test_what_is_no_time_is_refused_with_what_to_write(text: str):
    with pytest.raises(ValueError, match=r"is no time; write 2026-11-20"):
        moment(text, NOW)
