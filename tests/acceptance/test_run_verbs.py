"""Runs are marked, found, followed, shown as they go, partly run, resumed over REST and removed."""

from __future__ import annotations

import json

import pytest
from mlflow import MlflowClient

from tests.acceptance.notebooks import parameters
from tests.acceptance.project import Project, finish, refused

pytestmark = pytest.mark.kernel

WAITS = (
    "import os, time\nfor n in range(3):\n    print('line', n, flush=True)\n"
    "while not os.path.exists('go'):\n    time.sleep(0.1)"
)


@pytest.fixture
def chain(project: Project) -> Project:
    """Three nodes in a row, the second of which waits for a file."""
    project.notebook("one.ipynb", parameters("x = 1"), "import dagbook\ndagbook.output(x=x)")
    project.notebook(
        "two.ipynb", parameters("x = 1"), WAITS, "print('last')", "import dagbook\ndagbook.output(x=x)"
    )
    project.pipeline(
        "pipeline: p\nnodes:\n  a: {notebook: one.ipynb}\n"
        "  b: {notebook: two.ipynb, params: {x: '${a.x}'}}\n"
        "  c: {notebook: one.ipynb, params: {x: '${b.x}'}}\n"
    )
    return project


def test_a_run_is_followed_by_its_lines_found_by_its_tag_and_removed(chain: Project):
    started = chain.dagbook("run", "p.pipeline.yaml", "--detach", "--json", "--tag", "team=a", "--until", "b")
    run = started.json["run"]
    follower = chain.start("logs", run, "--follow", "--json")
    watcher = chain.start("show", run, "--watch")
    assert follower.stdout is not None
    # What was printed is there though the cell that printed it waits.
    news = [json.loads(follower.stdout.readline())]
    while "line 0" not in news[-1].get("text", ""):
        news.append(json.loads(follower.stdout.readline()))
    assert chain.show(run).json["state"] == "running"
    refused(chain.dagbook("rm", run, "--yes"), "is going on", code=4)

    (chain.folder / "go").touch()
    followed, watched = finish(follower, 120), finish(watcher, 120)
    assert (followed.code, watched.code) == (0, 0)
    news += map(json.loads, followed.out.splitlines())
    assert "".join(one["text"] for one in news if one["step"] == "b" and "text" in one) == (
        "line 0\nline 1\nline 2\nlast\npublished x = 1\n"
    )
    assert {one["step"]: one["state"] for one in news if "state" in one} == {
        "a": "succeeded", "b": "succeeded", "c": "skipped",
    }  # fmt: skip
    assert "succeeded" in watched.out
    assert "not asked for (--until b)" in watched.out

    assert [found["run"] for found in chain.dagbook("runs", "--tag", "team=a", "--json").json] == [run]
    assert chain.dagbook("runs", "--tag", "team=b", "--json").json == []
    assert (
        chain.dagbook("runs", "--since", "1h", "--state", "succeeded", "--json").json[0]["tags"]["team"]
        == "a"
    )
    shown = chain.show(run).json
    client = MlflowClient(tracking_uri=shown["tracking_uri"])
    assert client.get_run(shown["mlflow_run_id"]).data.tags["team"] == "a"

    # Only what is named is run anew; what it needs is reused.
    only = chain.dagbook("run", "p.pipeline.yaml", "--only", "c", "--json")
    assert {step["step"]: step["state"] for step in only.json["steps"]} == {
        "a": "reused", "b": "reused", "c": "succeeded",
    }  # fmt: skip
    onward = chain.dagbook("run", "p.pipeline.yaml", "--from", "b", "--json")
    assert {step["step"]: step["state"] for step in onward.json["steps"]} == {
        "a": "reused", "b": "succeeded", "c": "succeeded",
    }  # fmt: skip

    refused(chain.dagbook("rm", run), "This cannot be undone", "--yes")
    removed = chain.dagbook("rm", run, "--mlflow", "--yes", "--json")
    assert removed.json[0]["records"] == 3
    assert run not in chain.run_ids()
    assert client.get_run(shown["mlflow_run_id"]).info.lifecycle_stage == "deleted"
    again = chain.dagbook("run", "p.pipeline.yaml", "--json")
    assert {step["state"] for step in again.json["steps"]} == {"reused"}


def test_a_tag_that_is_taken_and_a_time_that_is_none_are_refused(chain: Project):
    refused(chain.dagbook("plan", "p.pipeline.yaml", "--tag", "mlflow.user=x"), "cannot be a tag")
    refused(chain.dagbook("plan", "p.pipeline.yaml", "--tag", "alone"), "--tag NAME=VALUE")
    refused(chain.dagbook("runs", "--since", "soon"), "'soon' is no time")
