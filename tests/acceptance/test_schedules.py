"""Schedules with the real command and real daemons, and what a run says of who started it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dagbook.journals.lock import is_held
from tests.acceptance.notebooks import parameters
from tests.acceptance.project import Project, finish, refused, wait_until
from tests.needs import needs_here

needs_here("cronsim")

PIPELINE = """
pipeline: p
params: {rows: 1}
nodes:
  n: {notebook: n.ipynb, params: {rows: "${params.rows}"}}
on:
  schedule: {cron: "0 6 * * 1-5", timezone: Europe/Oslo}
"""


@pytest.fixture
def scheduled(project: Project) -> Project:
    project.notebook("n.ipynb", parameters("rows: int = 0\n"), "print(rows)")
    project.pipeline(PIPELINE)
    return project


def only(project: Project) -> dict[str, Any]:
    (found,) = project.dagbook("schedule", "list", "--json").json["schedules"]
    return found


def test_a_schedule_is_paused_and_goes_on(scheduled: Project):
    scheduled.dagbook("schedule", "add", "p.pipeline.yaml")
    assert scheduled.dagbook("schedule", "pause", "p", "--json").json["paused"]
    assert "p: paused; dagbook schedule resume p" in scheduled.dagbook("schedule", "list").out
    assert "Resumed p; next 20" in scheduled.dagbook("schedule", "resume", "p").out
    refused(scheduled.dagbook("schedule", "pause", "q"), "no schedule 'q'")


def rewind(project: Project, **back: float) -> datetime:
    """As if the schedule had last been looked at so long ago."""
    path = project.folder / ".dagbook" / "schedules" / "p.progress.json"
    mark = datetime.now(UTC) - timedelta(**back)
    path.write_text(json.dumps({**json.loads(path.read_text()), "mark": mark.isoformat()}))
    return mark


def all_succeeded(project: Project) -> bool:
    """Every run that has a folder, also one whose driver has just been started."""
    runs = project.dagbook("runs", "--json").json
    return len(runs) == len(project.run_ids()) and all(run["state"] == "succeeded" for run in runs)


def due_of_runs(project: Project) -> list[str]:
    runs = project.dagbook("runs", "--json").json
    return sorted(run["due"] for run in runs)


def test_a_schedule_is_added_listed_and_removed(scheduled: Project):
    added = scheduled.dagbook("schedule", "add", "p.pipeline.yaml", "-p", "rows=5", "--json").json
    assert (added["schedule"], added["cron"], added["timezone"]) == ("p", "0 6 * * 1-5", "Europe/Oslo")
    assert only(scheduled) == added
    listed = scheduled.dagbook("schedule", "list")
    assert "0 6 * * 1-5" in listed.out
    assert "Nobody fires them now" in listed.out
    checks = {check["name"]: check for check in scheduled.dagbook("doctor", "--json").json}
    assert checks["schedules"]["state"] == "warning"
    assert "next: p at" in checks["schedules"]["message"]
    scheduled.pipeline(PIPELINE.replace("0 6 * * 1-5", "30 7 * * *"))
    assert only(scheduled)["cron"] == "30 7 * * *"
    assert scheduled.dagbook("schedule", "remove", "p").code == 0
    assert scheduled.dagbook("schedule", "list", "--json").json["schedules"] == []


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (["p.pipeline.yaml", "--cron", "0 25 * * *"], ["is no cron expression"]),
        (["p.pipeline.yaml", "--cron", "0 6 * * *", "--timezone", "Oslo"], ["no timezone 'Oslo'"]),
        (["p.pipeline.yaml", "-p", "row=1"], ["did you mean 'rows'?"]),
        (["p.pipeline.yaml", "--name", "../x"], ["is no name of a schedule"]),
        (["p.pipeline.yaml", "--pin"], ["git knows no commit 'HEAD'"]),
        (["q.pipeline.yaml"], ["names no schedule", "--cron"]),
    ],
)
def test_what_cannot_be_scheduled_is_refused(scheduled: Project, arguments: list[str], parts: list[str]):
    scheduled.pipeline(PIPELINE[: PIPELINE.index("on:")], "q.pipeline.yaml")
    refused(scheduled.dagbook("schedule", "add", *arguments), *parts)
    assert not (scheduled.folder / ".dagbook" / "schedules").exists()


def test_a_wrong_schedule_in_the_file_is_refused_at_its_line(scheduled: Project):
    scheduled.pipeline(PIPELINE.replace("0 6 * * 1-5", "0 6 * *").replace("Europe/Oslo", "Europe/Osl"))
    answer = scheduled.dagbook("validate", "p.pipeline.yaml")
    refused(answer, "p.pipeline.yaml:7:", "has 4 fields", "did you mean 'Europe/Oslo'?")


def test_a_name_that_is_taken_or_unknown_is_said(scheduled: Project):
    scheduled.dagbook("schedule", "add", "p.pipeline.yaml")
    refused(scheduled.dagbook("schedule", "add", "p.pipeline.yaml"), "there is a schedule 'p' already")
    refused(scheduled.dagbook("schedule", "remove", "q"), "there is no schedule 'q'")


@pytest.mark.kernel
def test_a_missed_firing_brings_one_run_that_says_who_started_it(scheduled: Project):
    scheduled.dagbook("schedule", "add", "p.pipeline.yaml", "--cron", "* * * * *", "-p", "rows=5")
    rewind(scheduled, hours=3)
    daemon = scheduled.start("scheduler")
    run = scheduled.the_run()
    shown = scheduled.show(run).json
    daemon.send_signal(signal.SIGTERM)
    ended = finish(daemon)
    assert ended.code == 0, ended
    assert f"p: started run {run}" in ended.out
    assert (shown["schedule"], shown["params"]) == ("p", {"rows": 5})
    assert datetime.fromisoformat(shown["due"]) > datetime.now(UTC) - timedelta(minutes=10)
    assert "schedule p, due" in " ".join(scheduled.dagbook("show", run).out.split())
    listed = only(scheduled)
    assert (listed["run"], listed["missed_firings"] > 170) == (run, True)
    wait_until(lambda: scheduled.show(run).json["state"] == "succeeded", 120)


@pytest.mark.kernel
def test_three_daemons_fire_each_instant_once_and_the_lease_outlives_its_holder(scheduled: Project):
    scheduled.dagbook("schedule", "add", "p.pipeline.yaml", "--cron", "* * * * *", "--missed", "run-all")
    mark = rewind(scheduled, minutes=6)
    folder = scheduled.folder / ".dagbook" / "schedules"
    daemons = [scheduled.start("scheduler") for _ in range(3)]
    try:
        wait_until(lambda: len(scheduled.run_ids()) >= 2, 180)
        holder = json.loads((folder / "lock").read_text())["pid"]
        assert holder in {daemon.pid for daemon in daemons}
        os.kill(holder, signal.SIGKILL)
        wait_until(lambda: is_held(folder) and json.loads((folder / "lock").read_text())["pid"] != holder, 60)
        wait_until(lambda: len(scheduled.run_ids()) >= 5, 240)
    finally:
        for daemon in daemons:
            daemon.send_signal(signal.SIGTERM)
        for daemon in daemons:
            finish(daemon)
    assert not is_held(folder)
    wait_until(lambda: all_succeeded(scheduled), 240)
    found = due_of_runs(scheduled)
    first = (mark + timedelta(minutes=1)).replace(second=0, microsecond=0)
    assert found == [(first + timedelta(minutes=n)).isoformat() for n in range(len(found))]


@pytest.mark.kernel
def test_a_pinned_schedule_runs_the_commit_and_shows_what_has_drifted(scheduled: Project):
    git = ["git", "-C", str(scheduled.folder), "-c", "user.name=a", "-c", "user.email=a@b"]
    for command in (["init", "-q"], ["add", "p.pipeline.yaml", "n.ipynb"], ["commit", "-qm", "one"]):
        subprocess.run([*git, *command], check=True)
    scheduled.dagbook("schedule", "add", "p.pipeline.yaml", "--pin")
    assert only(scheduled)["drift"] == []
    scheduled.notebook("n.ipynb", parameters("rows: int = 0\n"), "raise ValueError('a later state')")
    listed = only(scheduled)
    assert (len(listed["pin"]), listed["drift"]) == (40, ["n.ipynb"])
    ran = scheduled.dagbook("schedule", "run", "p")
    assert ran.code == 0, ran
    assert "drift: n.ipynb" in scheduled.dagbook("schedule", "list").out
