"""Warm kernels in a run: forked where they can be, cold where not, and the same result either way."""

from __future__ import annotations

import sys

import pytest

from tests.acceptance.notebooks import parameters
from tests.acceptance.project import Project, finish, wait_until

pytestmark = [
    pytest.mark.kernel,
    pytest.mark.skipif(sys.platform != "linux", reason="forks on Linux only"),
]

WHOSE_CHILD = """
import json, os, sys
from pathlib import Path
names = {"forked": "dagbook_zygote", "loaded": "fractions", "own": "own_module"}
told = {what: name in sys.modules for what, name in names.items()}
Path(os.environ["DAGBOOK_OUTPUTS"], "told.json").write_text(json.dumps(told))
"""

PIPELINE = """
pipeline: p
preload: [fractions, own_module]
nodes:
  warm: {notebook: n.ipynb}
  cold: {notebook: n.ipynb, warm: false}
"""


def told(answer, step: str) -> dict[str, bool]:
    return dict(answer.step(step)["outputs"]["told"])


def test_kernels_are_forked_with_what_is_to_be_preloaded(project: Project):
    project.notebook("n.ipynb", WHOSE_CHILD)
    (project.folder / "own_module.py").write_text("VALUE = 1")
    project.pipeline(PIPELINE)
    answer = project.dagbook("run", "p.pipeline.yaml", "--warm", "--json")
    assert answer.code == 0, answer.said
    assert told(answer, "warm") == {"forked": True, "loaded": True, "own": True}
    assert told(answer, "cold") == {"forked": False, "loaded": False, "own": False}
    again = project.dagbook("run", "p.pipeline.yaml", "--cold", "--no-cache", "--json")
    assert told(again, "warm")["forked"] is False


def test_a_preload_that_is_refused_is_said_once(project: Project):
    project.notebook("n.ipynb", WHOSE_CHILD)
    project.pipeline(
        "pipeline: p\npreload: [no_such_module]\nnodes:\n"
        "  a: {notebook: n.ipynb}\n  b: {notebook: n.ipynb, needs: a}\n"
    )
    answer = project.dagbook("run", "p.pipeline.yaml", "--warm", "--json")
    assert answer.code == 0, answer.said
    assert [told(answer, step)["forked"] for step in "ab"] == [False, False]
    said = [warning for step in answer.json["steps"] for warning in step.get("warnings", [])]
    why = "does not import (ModuleNotFoundError: No module named 'no_such_module')"
    assert [text for text in said if "preload" in text] == [
        f"kernels start cold: preload 'no_such_module' {why}"
    ]


def test_fork_servers_that_are_killed_cost_no_step(project: Project):
    project.notebook("n.ipynb", parameters("n = 0"), "import dagbook\ndagbook.output(n=n * n)")
    project.pipeline(
        "pipeline: p\nnodes:\n  a:\n    notebook: n.ipynb\n    params: {n: '${item.n}'}\n"
        f"    matrix: {{n: {list(range(12))}}}\n"
    )
    process = project.start("run", "p.pipeline.yaml", "--json", "--jobs", "4")
    run = project.the_run()
    journal = project.runs / run / "journal.jsonl"
    wait_until(lambda: journal.read_text("utf-8").count('"step_succeeded"') >= 2, 120)
    servers = [
        child for child in project.driver(run).children() if "dagbook_zygote" in " ".join(child.cmdline())
    ]
    assert len(servers) == 2  # of kernels, and of attempts
    for server in servers:
        server.kill()
    answer = finish(process, 240)
    assert answer.code == 0, answer.said
    assert [step["outputs"]["n"] for step in answer.json["steps"]] == [number**2 for number in range(12)]
    assert all(step["attempts"] == 1 for step in answer.json["steps"] if "attempts" in step)
