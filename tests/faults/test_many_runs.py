"""Very many runs are started at once: a few go on at a time, the others wait as they came."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import psutil
import pytest

from tests.acceptance.project import Project, finish, wait_until

pytestmark = pytest.mark.kernel

MANY = 6


@pytest.fixture
def narrow(project: Project) -> Project:
    """Two runs of its person's go on at a time."""
    runtime = project.folder / "runtime"
    runtime.mkdir()
    project.env.update(DAGBOOK_RUNS="2", XDG_RUNTIME_DIR=str(runtime))
    return project


def told(project: Project, run: str) -> list[dict[str, Any]]:
    lines = (project.runs / run / "journal.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


def at(told: list[dict[str, Any]], kind: str) -> datetime:
    return next(datetime.fromisoformat(line["at"]) for line in told if line["kind"] == kind)


def driver_of(run: str) -> psutil.Process:
    for process in psutil.process_iter(["cmdline"]):
        words = process.info["cmdline"] or []
        if "drive" in words and any(word.endswith(run) for word in words):
            return process
    raise LookupError(run)


def test_a_few_go_on_and_the_others_wait_as_they_came(narrow: Project):
    narrow.single("import time\ntime.sleep(0.5)")
    for _ in range(MANY):
        assert narrow.dagbook("run", "p.pipeline.yaml", "--no-cache", "--detach").code == 0
    wait_until(lambda: all(run["state"] == "succeeded" for run in narrow.dagbook("runs", "--json").json), 300)

    stories = [told(narrow, run) for run in narrow.run_ids()]

    assert len(stories) == MANY
    spans = [(at(story, "step_started"), at(story, "run_finished")) for story in stories]
    assert all(sum(begun <= start < ended for begun, ended in spans) <= 2 for start, _ in spans)
    assert [start for start, _ in spans] == sorted(start for start, _ in spans)
    waits = [line["why"] for story in stories for line in story if line["kind"] == "step_waiting"]
    assert waits
    assert all(why.startswith("its turn: ") for why in waits)


def test_a_run_that_waits_is_shown_and_cancelled(narrow: Project):
    narrow.env["DAGBOOK_RUNS"] = "1"
    narrow.single("import os, time\nwhile not os.path.exists('go'):\n    time.sleep(0.1)")
    first = narrow.start("run", "p.pipeline.yaml")
    narrow.the_run()
    second = narrow.start("run", "p.pipeline.yaml", "--json")
    run = wait_until(lambda: len(narrow.run_ids()) == 2 and narrow.run_ids()[-1], 60)
    wait_until(lambda: "its turn" in narrow.dagbook("show", run).out, 60)
    assert driver_of(run).children(recursive=True) == []  # it costs one process
    assert narrow.dagbook("cancel", run).code == 0
    assert finish(second).json["state"] == "cancelled"
    (narrow.folder / "go").touch()
    assert finish(first).code == 0


def test_a_run_that_a_step_starts_waits_for_nobody(narrow: Project):
    narrow.env["DAGBOOK_RUNS"] = "1"
    narrow.notebook("inner.ipynb", "print('x')")
    narrow.pipeline("pipeline: q\nnodes:\n  i: {notebook: inner.ipynb}\n", "inner.pipeline.yaml")
    narrow.single(
        "import dagbook\nrun = dagbook.launch('inner.pipeline.yaml')", "assert run.state.state == 'succeeded'"
    )
    answer = narrow.dagbook("run", "p.pipeline.yaml", timeout=180)
    assert answer.code == 0, answer
