"""A project of an earlier version: its runs, kept results and MLflow database are read, and gone on with.

`tests/golden/upgrade/made-by-0.1.0.tar.gz` was written by the code of 25 November 2026: a run that succeeded,
one that failed, one whose driver was killed. Journals hold absolute paths: it is unpacked where it was made.
"""

from __future__ import annotations

import shutil
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.project import Project, environment

pytestmark = pytest.mark.kernel

KEPT = Path(__file__).parent.parent / "golden" / "upgrade" / "made-by-0.1.0.tar.gz"
MADE_IN = Path("/tmp/dagbook-made-by-0.1.0")  # where it was made
SUCCEEDED, FAILED, KILLED = "20261126-200604", "20261126-200624", "20261126-200631"


@pytest.fixture
def older(quiet_home: Path) -> Iterator[Project]:
    shutil.rmtree(MADE_IN, ignore_errors=True)
    MADE_IN.mkdir(mode=0o700)
    with tarfile.open(KEPT) as kept:
        kept.extractall(MADE_IN, filter="data")
    yield Project(MADE_IN, environment(quiet_home))
    shutil.rmtree(MADE_IN, ignore_errors=True)


def test_what_an_earlier_version_left_is_read_and_gone_on_with(older: Project):
    states = {run["run"][:15]: run["state"] for run in older.dagbook("runs", "--json").json}
    assert states == {SUCCEEDED: "succeeded", FAILED: "failed", KILLED: "interrupted"}
    assert older.show(SUCCEEDED).step("fit[1]")["outputs"] == {"total": 5}
    assert "too strict" in older.dagbook("logs", FAILED, "judge").out
    assert older.dagbook("report", SUCCEEDED, "-o", "r.html").code == 0
    changed = older.dagbook("compare", SUCCEEDED, FAILED).out
    assert "strict" in changed

    resumed = older.dagbook("resume", KILLED, "--json", timeout=180)
    assert (resumed.code, resumed.json["state"]) == (0, "succeeded"), resumed
    retried = older.dagbook("retry", FAILED, "-p", "strict=false", "--json", timeout=180)
    assert (retried.code, retried.json["state"]) == (0, "succeeded"), retried
    reused = older.dagbook("run", "p.pipeline.yaml", "--json", timeout=180)
    assert {step["state"] for step in reused.json["steps"]} == {"reused"}, reused

    from dagbook.trackers.store import MlflowStore

    client = MlflowStore(None, MADE_IN / ".dagbook").client()
    (experiment,) = [one for one in client.search_experiments() if one.name != "Default"]
    losses = [
        run.data.metrics["loss"]
        for run in client.search_runs([experiment.experiment_id])
        if "loss" in run.data.metrics
    ]
    assert {3.0, 9.0} <= set(losses)
