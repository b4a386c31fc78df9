"""Runs are removed for good, and never while somebody drives them."""

from __future__ import annotations

from pathlib import Path

import pytest

import dagbook
from dagbook.errors import EnvironmentFault, NotFound, RunBusy
from dagbook.trackers.store import MlflowStore
from tests.golden.runs import GoldenRuns


@pytest.fixture
def runs(tmp_path: Path, neutral_settings: None, monkeypatch: pytest.MonkeyPatch) -> GoldenRuns:
    """The runs of the project that we are in."""
    monkeypatch.chdir(tmp_path)
    return GoldenRuns(tmp_path)


def test_a_run_that_is_removed_is_gone_and_the_others_stay(runs: GoldenRuns):
    run, other = runs.add("success-matrix"), runs.add("cancelled")
    runs.executed(run, "prepare/1/notebook.ipynb")

    removed = dagbook.rm(run)

    assert removed.run == run
    assert removed.bytes > 1000
    assert [entry.name for entry in runs.folder.iterdir()] == [other]
    with pytest.raises(NotFound):
        dagbook.rm(run)


def test_a_run_that_is_driven_is_refused_with_its_driver_named(runs: GoldenRuns):
    run = runs.add("success-matrix", lines=9, driven=True)

    with pytest.raises(RunBusy, match="process"):
        dagbook.rm(run)

    assert (runs.folder / run / "journal.jsonl").exists()
    runs.kill_driver(run)
    assert dagbook.rm(run).run == run


def test_a_store_that_is_away_keeps_the_run(runs: GoldenRuns, monkeypatch: pytest.MonkeyPatch):
    run = runs.add("success-matrix")

    def away(_store: MlflowStore) -> None:
        raise OSError("no route to host")

    monkeypatch.setattr(MlflowStore, "client", away)

    with pytest.raises(EnvironmentFault, match="no route to host"):
        dagbook.rm(run, mlflow=True)

    assert (runs.folder / run).is_dir()
