"""The smaller stories among the examples: windows of a history, and a report every morning."""

from __future__ import annotations

import json

import pytest

from tests.acceptance.examples import EXAMPLES, dagbook, digests, run_alone, run_example

pytestmark = [pytest.mark.kernel, pytest.mark.slow]


def test_the_backtest_judges_every_window_but_the_one_that_is_too_short(tmp_path, quiet_home):
    example = run_example(tmp_path, "backtest", "backtest.pipeline.yaml")
    steps = {step["step"]: step for step in example.shown["steps"]}
    assert example.shown["state"] == "succeeded"
    assert steps["forecast[0]"]["state"] == "failed"
    assert "40 days are too few" in steps["forecast[0]"]["error"]["value"]
    assert example.step("verdict")["outputs"]["best"] == "weekday"
    assert example.step("verdict")["outputs"]["windows"] == len([name for name in steps if "[" in name]) - 1
    assert digests(example.folder).items() >= example.before.items()


def test_the_daily_report_investigates_only_a_day_that_is_odd(tmp_path, quiet_home):
    file = "daily-report.pipeline.yaml"
    odd = run_example(tmp_path, "daily-report", file, "-p", "day=2026-02-14")
    assert odd.step("check")["outputs"]["alarms"] == ["Harbour"]
    assert odd.step("investigate")["state"] == "succeeded"
    assert "look at Harbour" in odd.step("report")["outputs"]["sentence"]

    quiet = dagbook(odd.folder, "run", file, "-p", "day=2026-02-10", "--json")
    assert quiet.returncode == 0, quiet.stderr
    steps = {step["step"]: step for step in json.loads(quiet.stdout)["steps"]}
    assert steps["investigate"]["state"] == "skipped"
    assert "len(check.alarms) > 0" in steps["investigate"]["reason"]
    assert steps["report"]["state"] == "succeeded"


@pytest.mark.parametrize(
    ("example", "name"),
    [
        ("backtest", "forecast"),
        ("backtest", "verdict"),
        ("daily-report", "investigate"),
        ("daily-report", "alert"),
    ],
)
def test_a_notebook_of_the_gallery_runs_alone(example, name, tmp_path, quiet_home):
    run_alone(EXAMPLES / example, name, tmp_path)
