"""The short form of driver_kills.py: a few kills with cheap workers. The long one is run by hand."""

from __future__ import annotations

from pathlib import Path

from tests.faults.driver_kills import torture


def test_killed_drivers_lose_nothing_and_nothing_that_was_finished_runs_again(
    tmp_path: Path, neutral_settings: None
):
    seen = torture(tmp_path, kills=5, seed=7)
    assert seen["kills"] == 5
    assert seen["runs"] >= 1
