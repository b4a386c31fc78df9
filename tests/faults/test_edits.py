"""Files that are edited while a run goes on: a run is of one state of its files, and says which."""

from __future__ import annotations

import pytest

from tests.acceptance.notebooks import parameters
from tests.acceptance.project import Project, finish, refused_before_anything, wait_until

pytestmark = pytest.mark.kernel

WAITS = """
import time
from pathlib import Path
Path('here').touch()
while not Path('go').exists():
    time.sleep(0.05)
"""
B_AFTER_A = "pipeline: p\nnodes:\n  a: {notebook: waits.ipynb}\n  b: {notebook: b.ipynb, needs: a%s}\n"


def begun(project: Project) -> None:
    wait_until((project.folder / "here").exists, 120)


def publishes(value: int) -> tuple[str, str]:
    return "import dagbook", f"dagbook.output(value={value})"


def test_a_pipeline_that_is_edited_meanwhile_changes_nothing_of_the_run(project: Project):
    project.notebook("waits.ipynb", WAITS)
    project.notebook("b.ipynb", parameters("x: int = 0"), "import dagbook", "dagbook.output(value=x)")
    text = B_AFTER_A % ", params: {x: 1}"
    project.pipeline(text)
    process = project.start("run", "p.pipeline.yaml", "--json")
    begun(project)
    project.pipeline(text.replace("x: 1", "x: 2") + "  late: {notebook: b.ipynb}\n")
    (project.folder / "go").touch()

    answer = finish(process, 120)

    assert answer.code == 0, answer
    assert [step["step"] for step in answer.json["steps"]] == ["a", "b"]
    assert answer.step("b")["outputs"]["value"] == 1
    planned = project.dagbook("plan", "p.pipeline.yaml", "--json")
    assert planned.step("b")["state"] == "run"
    assert "x" in planned.step("b")["reason"]


def test_a_notebook_that_is_edited_meanwhile_is_taken_whole(project: Project):
    project.notebook("waits.ipynb", WAITS)
    project.notebook("b.ipynb", *publishes(1))
    project.pipeline(
        "pipeline: p\nnodes:\n  a: {notebook: waits.ipynb}\n  b: {notebook: b.ipynb, needs: a}\n"
    )
    process = project.start("run", "p.pipeline.yaml", "--json")
    begun(project)
    project.notebook("b.ipynb", *publishes(2))
    (project.folder / "go").touch()

    answer = finish(process, 120)

    assert answer.code == 0, answer
    got = answer.step("b")["outputs"]["value"]
    # Whichever it took, that one is kept under its own fingerprint, and the other would run.
    project.notebook("b.ipynb", *publishes(got))
    assert project.dagbook("plan", "p.pipeline.yaml", "--json").step("b")["state"] == "reuse"
    project.notebook("b.ipynb", *publishes(3 - got))
    assert project.dagbook("plan", "p.pipeline.yaml", "--json").step("b")["state"] == "run"


def test_a_notebook_is_never_an_output(project: Project):
    project.single("1", more="    outputs: {table: n.ipynb}\n")
    refused_before_anything(project, "output-overwrites", "n.ipynb")
