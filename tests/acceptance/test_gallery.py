"""The smaller stories among the examples: windows of a history, and a report every morning."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.acceptance.examples import EXAMPLES, dagbook, digests, run_alone, run_example
from tests.needs import needs

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


@pytest.fixture
def bash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bash's kernel, where only this test sees it."""
    needs("bash_kernel")
    place = tmp_path / "kernels"
    # Made first: jupyter_client would install to another folder where it cannot write.
    place.mkdir()
    install = [sys.executable, "-m", "bash_kernel.install", "--prefix", str(place)]
    subprocess.run(install, check=True, capture_output=True, timeout=60)
    paths = [str(place / "share" / "jupyter"), os.environ.get("JUPYTER_PATH", "")]
    monkeypatch.setenv("JUPYTER_PATH", os.pathsep.join(filter(None, paths)))


def test_a_notebook_in_bash_takes_from_python_and_hands_on_to_it(tmp_path, quiet_home, bash):
    file = "access-log.pipeline.yaml"
    ran = run_example(tmp_path, "access-log", file, "-p", "requests=2000")
    log = Path(ran.step("collect")["outputs"]["log"]).read_text("utf-8").splitlines()
    counted = ran.step("count")["outputs"]
    assert len(log) == 2000
    assert counted["errors"] == sum(line.split()[2] in {"404", "500"} for line in log) > 0
    hours = [line.split(",") for line in Path(counted["hours"]).read_text("utf-8").splitlines()[1:]]
    assert sum(int(answers) for _, _, answers, _ in hours) == 2000
    assert sum(int(slow) for *_, slow in hours) == sum(int(line.split()[3]) > 400 for line in log) > 0
    assert ran.step("report")["outputs"]["sentence"].startswith(f"{counted['slowest']} is slowest at")
    record = ran.record(ran.step("count")["mlflow_run_id"])
    assert (record.data.params["slow"], record.data.metrics["errors"]) == ("400", counted["errors"])

    # A failing command is a failed cell.
    notebook = ran.folder / "count.ipynb"
    notebook.write_text(
        notebook.read_text("utf-8").replace('head -5 \\"$out', 'head -5 \\"$nowhere'), "utf-8"
    )
    failed = dagbook(ran.folder, "run", file, "-p", "requests=2000", "--json")
    (step,) = [step for step in json.loads(failed.stdout)["steps"] if step["step"] == "count"]
    assert (step["error"]["name"], step["error"]["cell"]) == ("ExitStatus", 6)
