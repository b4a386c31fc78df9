"""A step of a past run is opened: its notebook with the values of that run, beside the author's own."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys

import nbformat
import pytest

from dagbook.api.run import find
from dagbook.errors import EnvironmentFault, InvalidInput, NotFound
from tests.acceptance.notebooks import parameters
from tests.acceptance.project import Project, refused

pytestmark = pytest.mark.kernel

PIPELINE = """\
pipeline: p
params: {scale: 3}
nodes:
  make: {notebook: make.ipynb}
  score:
    notebook: score.ipynb
    foreach: ${make.shards}
    params: {shard: "${item}", table: "${make.table}", scale: "${params.scale}"}
  after: {notebook: after.ipynb, params: {scores: "${score.value}"}}
"""
MAKE = """\
from pathlib import Path
import dagbook
Path("table.csv").write_text("a,b\\n1,2\\n")
dagbook.output(shards=["x", "y"], table=Path("table.csv"))
"""
SCORE = """\
import dagbook
print(open(table).read(), shard, scale)
if shard == "y":
    raise ValueError(f"shard {shard} at scale {scale}")
dagbook.output(value=1)
"""


@pytest.fixture
def failed(project: Project) -> tuple[Project, str]:
    """A run in which one of two elements failed, and what follows was skipped."""
    project.notebook("make.ipynb", MAKE)
    project.notebook("score.ipynb", parameters("shard = ''\ntable = ''\nscale = 1"), SCORE)
    project.notebook("after.ipynb", parameters("scores = []"), "print(scores)")
    project.pipeline(PIPELINE)
    ran = project.dagbook("run", "p.pipeline.yaml", "-p", "scale=7", "--json")
    assert ran.json["state"] == "failed"
    return project, ran.json["run"]


def test_a_failed_element_opens_with_its_values_and_fails_as_it_did(failed: tuple[Project, str]):
    project, run = failed
    before = (project.folder / "score.ipynb").read_bytes()
    said = project.dagbook("open", run, "score[1]", "--json")
    assert said.json == {
        "run": run, "step": "score[1]", "path": str(project.folder / f"score-{run}-score.1.ipynb"),
    }  # fmt: skip
    document = nbformat.read(said.json["path"], as_version=4)
    given = next(cell for cell in document.cells if "injected-parameters" in cell.metadata.get("tags", []))
    assert 'shard = "y"' in given.source
    assert "scale = 7" in given.source
    assert all(not cell.get("outputs") for cell in document.cells)
    ran = subprocess.run(
        [sys.executable, "-m", "jupyter", "execute", said.json["path"]],
        cwd=project.folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ": shard y at scale 7" in ran.stderr

    # Where there is no room for all of it there is nothing.
    short = subprocess.run(
        f"ulimit -f 1; {sys.executable} -m dagbook open {run} 'score[0]'", shell=True, executable="/bin/bash",
        cwd=project.folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "the copy cannot be written" in short.stderr
    assert not list(project.folder.glob("score-*score.0*"))

    # Nothing is overwritten, and the author's notebook is as it was.
    again = project.dagbook("open", run, "score[1]").out.strip()
    assert again.endswith("score.1-2.ipynb")
    assert (project.folder / "score.ipynb").read_bytes() == before


def test_what_cannot_be_opened_says_why(failed: tuple[Project, str]):
    project, run = failed
    refused(project.dagbook("open", run, "scor[1]"), "has no step 'scor[1]'", "did you mean 'score[1]'?")
    refused(project.dagbook("open", run, "score"), "stands for one step for each element", "score[0]")
    refused(project.dagbook("open", run, "after"), "'after' had no inputs in run")
    with pytest.raises(InvalidInput, match="outside of the server's root"):
        find(run, project.folder).open("make", within=project.folder / ".dagbook")

    # The author's folder is gone, or the run's files are.
    table = json.loads(project.dagbook("show", run, "--json").out)["steps"][0]["outputs"]["table"]
    (project.folder / table).unlink()
    refused(project.dagbook("open", run, "score[0]"), "input 'table'", "is gone")
    moved = project.folder.with_name("elsewhere")
    shutil.copytree(project.folder, moved)
    shutil.rmtree(project.folder)
    with pytest.raises(EnvironmentFault, match="cannot be written"):
        find(run, moved).open("make")
    assert not list(moved.glob("make-*"))


def test_what_a_step_was_given_and_published_is_told(failed: tuple[Project, str]):
    project, run = failed
    found = find(run, project.folder)

    given = found.values("score[1]")
    assert given["params"] == [
        {"name": "shard", "text": "y", "file": False, "from": ""},
        {"name": "table", "text": given["params"][1]["text"], "file": True, "from": "make.table"},
        {"name": "scale", "text": "7", "file": False, "from": ""},
    ]
    assert given["params"][1]["text"].startswith("table.csv (sha256 ")
    made = {output["name"]: output["file"] for output in found.values("make")["outputs"]}
    assert made == {"shards": False, "table": True}
    nothing = found.values("after")
    assert (nothing["params"], nothing["why"][:5]) == (None, "'afte")
    with pytest.raises(NotFound):
        found.values("elsewhere")
