"""Runs of one pipeline side by side: which runs, which nodes, and how a node came out."""

from __future__ import annotations

from pathlib import Path

import pytest

from dagbook.bootstrap import queries_of
from dagbook.engine.run_grid import run_grid
from dagbook.errors import NotFound
from tests.golden.runs import GoldenRuns


@pytest.fixture
def runs(tmp_path: Path) -> GoldenRuns:
    return GoldenRuns(tmp_path)


def test_only_runs_of_the_same_file_stand_side_by_side_newest_first(runs: GoldenRuns):
    older, newer = runs.add("held", run="20261127-100000-aaaaaa"), runs.add("held")
    runs.add("cancelled")
    grid = run_grid(queries_of(runs.folder), older, 10)
    assert [run["run"] for run in grid["runs"]] == [newer, older]
    assert grid["nodes"] == ["fetch", "train", "score", "report"]
    assert len(run_grid(queries_of(runs.folder), older, 1)["runs"]) == 1


def test_a_node_is_told_by_its_steps(runs: GoldenRuns):
    run = runs.add("success-matrix")
    (column,) = run_grid(queries_of(runs.folder), run, 10)["runs"]
    shown = {step["step"]: step for step in queries_of(runs.folder).show(run)["steps"]}
    for node, cell in column["nodes"].items():
        steps = [step for step in shown.values() if step["node"] == node]
        assert (cell["steps"], cell["ok"]) == (len(steps), len(steps))
        assert cell["state"] in {"succeeded", "reused"}


def test_a_list_is_told_by_its_own_state(runs: GoldenRuns):
    run = runs.add("control")
    (column,) = run_grid(queries_of(runs.folder), run, 10)["runs"]
    shown = queries_of(runs.folder).show(run)["steps"]
    groups = [step for step in shown if any(each["step"].startswith(f"{step['step']}[") for each in shown)]
    assert groups
    for group in groups:
        assert column["nodes"][group["node"]]["state"] == group["state"]


def test_of_no_run_there_is_no_grid(runs: GoldenRuns):
    with pytest.raises(NotFound):
        run_grid(queries_of(runs.folder), "20200101-000000-000000", 10)
