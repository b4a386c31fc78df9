"""A hundred notebooks, sixteen at a time: all succeed, each in its own folder."""

from __future__ import annotations

import json
import os
import time

import pytest

from tests.acceptance.notebooks import notebook, write
from tests.acceptance.project import Project

pytestmark = pytest.mark.kernel

MANY = 100
# Clashes are rare: before a release, `DAGBOOK_ROUNDS=3 make test ARGS="-k hundred"`.
ROUNDS = int(os.environ.get("DAGBOOK_ROUNDS", "1"))

WHERE = """import os, dagbook
from pathlib import Path
Path('where.txt').write_text(os.getcwd())
dagbook.output(cwd=os.getcwd(), k={k})"""


def hundred(project: Project, count: int) -> None:
    nodes = {}
    for k in range(count):
        write(project.folder / f"f{k}" / "n.ipynb", notebook(WHERE.format(k=k)))
        nodes[f"n{k}"] = {"notebook": f"f{k}/n.ipynb"}
    project.pipeline(json.dumps({"pipeline": "hundred", "nodes": nodes}))


def run_all(project: Project, count: int) -> None:
    answer = project.dagbook("run", "p.pipeline.yaml", "--jobs", "16", "--no-cache", "--json", timeout=900)
    steps = answer.json["steps"]
    bad = [(step["step"], step["error"]) for step in steps if step["state"] != "succeeded"]
    assert bad == []
    assert answer.code == 0
    assert answer.json["tracking_lost"] is None
    for k, step in enumerate(steps):
        folder = project.folder / f"f{k}"
        assert step["outputs"] == {"cwd": str(folder), "k": k}
        assert (folder / "where.txt").read_text() == str(folder)
        assert sorted(entry.name for entry in folder.iterdir()) == ["n.ipynb", "where.txt"]
        (folder / "where.txt").unlink()
    assert len({step["mlflow_run_id"] for step in steps}) == count


@pytest.mark.slow
def test_a_hundred_notebooks_with_sixteen_at_once_succeed_each_in_its_own_folder(project: Project):
    hundred(project, MANY)
    for round_ in range(ROUNDS):
        began = time.monotonic()
        run_all(project, MANY)
        print(f"{MANY} notebooks, 16 at once, round {round_ + 1}: {time.monotonic() - began:.1f} s")
    assert len(project.run_ids()) == ROUNDS
