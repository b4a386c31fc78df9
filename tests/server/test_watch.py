"""What the server pushes, and when it looks at all."""

from __future__ import annotations

import asyncio
import json
import logging
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dagbook import bootstrap
from dagbook.server import watch as watch_module
from dagbook.server.projects import Projects
from dagbook.server.watch import SCHEMA_ID, RunWatch


@pytest.fixture
def watch(tmp_path: Path) -> RunWatch:
    return RunWatch(Projects(tmp_path, bootstrap.queries), lambda _: None, logging.getLogger("test"))


def test_a_growing_journal_is_news_once(watch: RunWatch, tmp_path: Path, runs_of: Callable[[Path], Any]):
    runs = runs_of(tmp_path)
    run = runs.add("success-matrix", 4, driven=True)
    assert [change["seq"] for change in watch.news()] == [4]
    assert watch.news() == []

    runs.add("success-matrix", 9)

    assert watch.news() == [
        {"run": run, "project": ".", "pipeline": "churn", "state": "running", "seq": 9},
    ]
    assert watch.news() == []


def test_runs_that_had_ended_before_the_first_look_are_no_news(
    watch: RunWatch, tmp_path: Path, runs_of: Callable[[Path], Any]
):
    runs_of(tmp_path).add("success-matrix")

    assert watch.news() == []


def test_a_run_that_came_and_went_between_two_looks_is_news(
    watch: RunWatch, tmp_path: Path, runs_of: Callable[[Path], Any]
):
    watch.news()

    run = runs_of(tmp_path).add("failure-skips")

    assert [(change["run"], change["state"]) for change in watch.news()] == [(run, "failed")]


def test_the_death_of_a_driver_is_news(watch: RunWatch, tmp_path: Path, runs_of: Callable[[Path], Any]):
    runs = runs_of(tmp_path)
    run = runs.add("interrupted", driven=True)
    assert [change["state"] for change in watch.news()] == ["running"]

    runs.kill_driver(run)

    assert [change["state"] for change in watch.news()] == ["interrupted"]
    assert watch.news() == []


def test_a_deleted_run_is_forgotten(watch: RunWatch, tmp_path: Path, runs_of: Callable[[Path], Any]):
    runs = runs_of(tmp_path)
    run = runs.add("interrupted", driven=True)
    watch.news()

    (runs.folder / run / "journal.jsonl").unlink()

    assert watch.news() == []


async def test_it_rests_when_nobody_asks(
    tmp_path: Path, runs_of: Callable[[Path], Any], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(watch_module, "_LOOK_EVERY", 0.01)
    monkeypatch.setattr(watch_module, "_WANTED_FOR", 0.1)
    told: list[dict[str, Any]] = []
    watch = RunWatch(Projects(tmp_path, bootstrap.queries), told.append, logging.getLogger("test"))
    runs = runs_of(tmp_path)
    run = runs.add("success-matrix", 4, driven=True)

    await asyncio.sleep(0.1)
    assert told == []  # nobody has asked yet

    watch.wanted()
    await asyncio.sleep(0.5)
    assert [change["run"] for change in told] == [run]

    runs.add("success-matrix", 9)
    await asyncio.sleep(0.1)
    assert len(told) == 1  # rests again

    watch.wanted()
    await asyncio.sleep(0.3)
    assert [change["seq"] for change in told] == [4, 9]
    await watch.stop()


async def test_changes_are_pushed_over_the_servers_own_socket(jp_fetch: Any, jp_ws_fetch: Any, runs: Any):
    socket = await jp_ws_fetch("api", "events", "subscribe")
    run = runs.add("success-matrix", 4, driven=True)
    await jp_fetch("dagbook", "api", "runs")

    first = json.loads(await asyncio.wait_for(socket.read_message(), 10))
    runs.add("success-matrix", 9)
    second = json.loads(await asyncio.wait_for(socket.read_message(), 10))

    assert first["schema_id"] == SCHEMA_ID
    assert [(event["run"], event["seq"]) for event in (first, second)] == [(run, 4), (run, 9)]
    assert set(second) >= {"run", "project", "pipeline", "state", "seq"}
    socket.close()


async def test_the_loop_goes_on_while_a_slow_disk_is_read(
    jp_fetch: Any, jp_serverapp: Any, monkeypatch: pytest.MonkeyPatch
):
    projects = jp_serverapp.web_app.settings["dagbook_projects"]

    def slow(*_: Any) -> list[Any]:
        time.sleep(0.5)
        return []

    monkeypatch.setattr(projects, "summaries", slow)
    asking = asyncio.ensure_future(jp_fetch("dagbook", "api", "runs"))
    longest, last = 0.0, time.monotonic()
    while not asking.done():
        await asyncio.sleep(0.01)
        longest, last = max(longest, time.monotonic() - last), time.monotonic()

    assert (await asking).code == 200
    assert longest < 0.3


def test_the_extension_adds_nothing_slow_to_the_start_of_a_server():
    source = (
        "import sys, jupyter_server.serverapp; before = set(sys.modules); import dagbook.server.extension;"
        "heavy = {'mlflow', 'papermill', 'nbformat', 'nbclient', 'pydantic', 'pandas', 'ruamel'};"
        "print(sorted({name.split('.')[0] for name in set(sys.modules) - before} & heavy))"
    )

    ran = subprocess.run(
        [sys.executable, "-c", source], check=True, capture_output=True, text=True, timeout=60
    )

    assert ran.stdout.strip() == "[]"
