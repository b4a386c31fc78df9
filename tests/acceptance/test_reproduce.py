"""A run is done again from what it kept: equal; after a change in the data, what differs."""

from __future__ import annotations

import subprocess

import pytest

from tests.acceptance.notebooks import parameters
from tests.acceptance.project import Project, refused

pytestmark = pytest.mark.kernel

PIPELINE = """\
pipeline: counting
params: {factor: 3}
nodes:
  count:
    notebook: count.ipynb
    params: {factor: "${params.factor}"}
"""


def test_a_run_is_done_again_and_a_change_in_the_data_is_named(project: Project):
    (project.folder / "numbers.csv").write_text("1 2 3\n")
    (project.folder / "tools.py").write_text("def total(words):\n    return sum(map(int, words))\n")
    project.notebook(
        "count.ipynb",
        parameters("factor: int = 2"),
        "%load_ext dagbook\nfrom tools import total",
        "value = total(open('numbers.csv').read().split()) * factor\n%output value",
    )
    project.pipeline(PIPELINE)
    for words in (["init", "-q"], ["add", "count.ipynb", "p.pipeline.yaml"], ["commit", "-qm", "one"]):
        who = ["-c", "user.email=ada@example.org", "-c", "user.name=Ada"]
        subprocess.run(["git", *who, *words], cwd=project.folder, check=True)
    assert project.dagbook("run", "p.pipeline.yaml", timeout=400).code == 0
    (run,) = project.run_ids()

    # Neither the module nor the data is known to git; the module has changed since.
    (project.folder / "tools.py").write_text("def total(words):\n    return 0\n")
    equal = project.dagbook("reproduce", run, "--same-environment", "--json", timeout=400)
    assert (equal.code, equal.json["equal"], equal.json["differences"]) == (0, True, []), equal.said
    assert project.run_ids() == [run]

    (project.folder / "numbers.csv").write_text("1 2 4\n")
    differs = project.dagbook("reproduce", run, "--same-environment", "--json", timeout=400)
    found = {one["kind"]: (one["where"], one["name"]) for one in differs.json["differences"]}
    assert differs.code == 1
    assert found == {"output": ("count", "value"), "data": ("", "numbers.csv")}

    (project.folder / "numbers.csv").unlink()
    refused(project.dagbook("reproduce", run, "--same-environment"), "numbers.csv, which is gone")
