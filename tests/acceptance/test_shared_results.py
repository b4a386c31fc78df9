"""Results shared by a team, and a result that somebody accepts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.acceptance.notebooks import parameters
from tests.acceptance.project import Project, refused

pytestmark = pytest.mark.kernel


def filled(project: Project, more: str = "") -> Project:
    project.notebook(
        "a.ipynb",
        parameters("x = 1"),
        f"import dagbook\nfrom pathlib import Path\nPath('t.txt').write_text('table'){more}\n"
        "dagbook.output(y=x + 1, t=Path('t.txt'))",
    )
    project.pipeline("pipeline: p\nnodes:\n  a: {notebook: a.ipynb}\n")
    return project


def test_what_one_has_computed_the_other_reuses_and_may_accept_though_the_code_changed(
    make_project: Callable[[Path], Project], tmp_path: Path
):
    team = {"DAGBOOK_CACHE": f"local://{tmp_path / 'team'}"}
    ada, bo = (filled(make_project(tmp_path / name)) for name in ("ada", "bo"))
    ada, bo = (replace(project, env={**project.env, **team}) for project in (ada, bo))

    first = ada.dagbook("run", "p.pipeline.yaml", "--json")
    assert first.step("a")["state"] == "succeeded", first
    assert first.step("a")["warnings"] == []

    second = bo.dagbook("run", "p.pipeline.yaml", "--json")
    assert second.step("a")["state"] == "reused"
    assert second.step("a")["reason"] == f"unchanged since run {first.json['run']}"
    assert second.step("a")["outputs"]["y"] == 2
    assert Path(second.step("a")["outputs"]["t"]).read_text() == "table"

    filled(bo, more="  # ran for hours")
    assert bo.dagbook("plan", "p.pipeline.yaml", "--json").step("a")["state"] == "reuse"
    filled(bo, more=" or None")
    assert bo.dagbook("plan", "p.pipeline.yaml", "--json").step("a")["reason"] == "code cell 2 changed"
    accepted = bo.dagbook("run", "p.pipeline.yaml", "--accept", "a", "--json").step("a")
    assert accepted["state"] == "reused"
    assert accepted["reason"].startswith("accepted by ")
    assert "(code cell 2 changed): result of run" in accepted["reason"]
    assert bo.dagbook("plan", "p.pipeline.yaml", "--json").step("a")["reason"] == accepted["reason"]

    # A store that is away is said once, and nothing else changes.
    away = replace(ada, env={**ada.env, "DAGBOOK_CACHE": "ftp://127.0.0.1:9/cache"})
    filled(away, more=" or 1")
    answer = away.dagbook("run", "p.pipeline.yaml", "--json")
    assert answer.code == 0
    assert answer.step("a")["state"] == "succeeded"
    (warning,) = answer.step("a")["warnings"]
    assert "the shared cache is away: ftp://127.0.0.1:9/cache: Connection" in warning.replace(
        "[Errno 111] ", ""
    )
    assert answer.err.count("the shared cache is away") == 1
    refused(away.dagbook("plan", "p.pipeline.yaml", "--no-cache", "--accept", "a"), "no earlier result")
