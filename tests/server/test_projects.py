"""Which projects a server shows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dagbook import bootstrap
from dagbook.errors import NotFound
from dagbook.server import projects as projects_module
from dagbook.server.projects import Projects


@pytest.fixture(autouse=True)
def always_fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(projects_module, "_FRESH_SECONDS", 0.0)
    monkeypatch.setattr(projects_module, "_REST_PER_WALK", 0.0)


def shown(root: Path, only: Path | None = None) -> Projects:
    return Projects(root, bootstrap.queries, only)


def names(projects: Projects) -> list[str]:
    return [project.name for project in projects.all()]


def test_projects_are_found_three_folders_deep(tmp_path: Path, runs_of: Callable[[Path], Any]):
    for place in ("one", "two/deep/er", "two/deep/er/too-deep", ".hidden", "node_modules/pkg"):
        runs_of(tmp_path / place).add("reused")

    assert names(shown(tmp_path)) == [".", "one", "two/deep/er"]


def test_a_project_above_the_root_is_shown(tmp_path: Path, runs_of: Callable[[Path], Any]):
    runs_of(tmp_path).add("reused")
    root = tmp_path / "notebooks"
    root.mkdir()

    assert names(shown(root)) == [".."]


def test_one_project_can_be_named(tmp_path: Path, runs_of: Callable[[Path], Any]):
    runs_of(tmp_path / "here").add("reused")
    there = runs_of(tmp_path / "there").add("success-matrix")

    projects = shown(tmp_path / "here", only=tmp_path / "there")

    assert [run["run"] for run in projects.summaries(10)] == [there]


def test_runs_of_all_projects_are_listed_by_time(tmp_path: Path, runs_of: Callable[[Path], Any]):
    ids = [f"20261122-1945{n:02}-abcdef" for n in range(6)]
    for n, run in enumerate(ids):
        runs_of(tmp_path / ("odd" if n % 2 else "even")).add("reused", run=run)
    projects = shown(tmp_path)

    assert [run["run"] for run in projects.summaries(4)] == ids[:1:-1]
    assert [run["project"] for run in projects.summaries(2, before=ids[2])] == ["odd", "even"]


def test_a_run_is_found_in_its_project_and_only_by_its_whole_id(
    tmp_path: Path, runs_of: Callable[[Path], Any]
):
    run = runs_of(tmp_path / "deep").add("reused")
    projects = shown(tmp_path)

    assert projects.of_run(run).name == "deep"
    with pytest.raises(NotFound, match="there is no run '2026'"):
        projects.of_run("2026")


def test_a_new_project_shows_up(tmp_path: Path, runs_of: Callable[[Path], Any]):
    projects = shown(tmp_path)
    assert names(projects) == ["."]

    runs_of(tmp_path / "fresh").add("reused")

    assert names(projects) == [".", "fresh"]
