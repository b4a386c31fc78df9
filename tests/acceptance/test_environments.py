"""Nodes with packages of their own: real uv, a small real package, real kernels."""

from __future__ import annotations

import functools
import json
import subprocess
from pathlib import Path

import pytest

from dagbook.environments.uv import PROVIDED, uv_command
from tests.acceptance.project import Project, refused
from tests.needs import needs

PIPELINE = "pipeline: p\nnodes:\n  n:\n    notebook: n.ipynb\n"
BLOCK = '# /// script\n# dependencies = ["cowsay==6.1"]\n# ///\n'
SAYS = "import cowsay\n%load_ext dagbook\nimport dagbook\ndagbook.output(version=cowsay.__version__)"


@functools.cache
def registry_answers() -> bool:
    """Whether uv can resolve the small package from where this machine installs from."""
    command = uv_command()
    asked = [command or "uv", "pip", "compile", "--quiet", "--no-cache", "-"]
    return (
        command is not None
        and not subprocess.run(
            asked, input="cowsay==6.1", text=True, capture_output=True, check=False
        ).returncode
    )


@pytest.fixture
def reachable() -> None:
    needs("uv")
    if not registry_answers():
        pytest.skip("uv reaches no package registry from here")


@pytest.mark.kernel
def test_a_node_runs_with_the_packages_that_its_notebook_names_and_is_reused(
    project: Project, reachable: None
):
    project.notebook("n.ipynb", BLOCK + SAYS)
    project.pipeline(PIPELINE)
    ran = project.dagbook("run", "p.pipeline.yaml", "--json", timeout=300)
    assert ran.code == 0, ran
    assert ran.step("n")["outputs"] == {"version": "6.1"}
    plan = json.loads((project.runs / project.the_run() / "plan.json").read_text())
    assert "cowsay==6.1\n" in plan["nodes"]["n"]["lock"]
    assert "ipykernel==" in plan["nodes"]["n"]["lock"]
    project.env["UV_OFFLINE"] = "1"
    again = project.dagbook("plan", "p.pipeline.yaml", "--json").json
    assert [step["state"] for step in again["steps"]] == ["reuse"]
    project.notebook("n.ipynb", BLOCK.replace('"cowsay==6.1"', '"cowsay==6.1", "toml==0.10.2"') + SAYS)
    del project.env["UV_OFFLINE"]
    (step,) = project.dagbook("plan", "p.pipeline.yaml", "--json").json["steps"]
    assert (step["state"], "environment changed" in step["reason"]) == ("run", True)


@pytest.mark.kernel
def test_the_file_has_the_last_word_and_other_nodes_stay_as_they_are(project: Project, reachable: None):
    project.notebook("n.ipynb", BLOCK + SAYS)
    project.notebook("m.ipynb", "import importlib.util\nassert importlib.util.find_spec('cowsay') is None")
    project.pipeline(f"{PIPELINE}    environment: [cowsay==6.0]\n  m: {{notebook: m.ipynb}}\n")
    ran = project.dagbook("run", "p.pipeline.yaml", "--json", timeout=300)
    assert ran.code == 0, ran
    assert ran.step("n")["outputs"] == {"version": "6.0"}


def test_a_package_that_does_not_exist_is_named_before_anything_runs(project: Project, reachable: None):
    project.notebook("n.ipynb", "x = 1")
    project.pipeline(f"{PIPELINE}    environment: [no-such-package-of-anybody==1]\n")
    refused(
        project.dagbook("run", "p.pipeline.yaml"),
        "node 'n'",
        "no-such-package-of-anybody",
        "cannot be resolved",
    )
    assert project.run_ids() == []


def test_without_a_network_the_package_that_is_missing_is_named(project: Project):
    needs("uv")
    project.env |= {"UV_OFFLINE": "1", "UV_CACHE_DIR": str(project.folder / "empty")}
    project.notebook("n.ipynb", BLOCK)
    project.pipeline(PIPELINE)
    answer = project.dagbook("run", "p.pipeline.yaml")
    refused(answer, "node 'n'", "package", "was not found in the cache", code=answer.code)
    assert answer.code in {2, 3}


def test_without_uv_the_remedy_is_said(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    from dagbook.environments import uv
    from dagbook.errors import EnvironmentFault
    from dagbook.notebook.environment import Requirements

    monkeypatch.setattr(uv, "uv_command", lambda: None)
    with pytest.raises(EnvironmentFault, match=r"dagbook\[environments\]"):
        uv.UvEnvironments(tmp_path).lock(Requirements(dependencies=("cowsay",)))


def test_a_block_that_cannot_be_read_is_refused_with_its_cell(project: Project):
    project.notebook("n.ipynb", "x = 1", "# /// script\n# dependencies = [\n# ///\n")
    project.pipeline(PIPELINE)
    refused(project.dagbook("run", "p.pipeline.yaml"), "cell 2", "is no TOML")


@pytest.mark.kernel
@pytest.mark.slow
def test_a_run_is_reproduced_in_a_fresh_environment(project: Project, reachable: None):
    project.notebook("n.ipynb", "import sys\n%load_ext dagbook\nimport dagbook", "dagbook.output(two=1 + 1)")
    project.pipeline(PIPELINE)
    assert project.dagbook("run", "p.pipeline.yaml").code == 0
    # Of the hundreds of packages here, those that a kernel needs.
    kept = project.runs / project.the_run() / "environment.txt"
    asked = [uv_command() or "uv", "pip", "compile", "-q", "--no-header", "--no-annotate", "-"]
    lock = subprocess.run(asked, input="\n".join(PROVIDED), text=True, capture_output=True, check=True).stdout
    kept.write_text(lock)

    done = project.dagbook("reproduce", "--json", timeout=300)

    assert (done.code, done.json["environment"], done.json["differences"]) == (0, "fresh", []), done.said
    again = Path(done.json["folder"])
    executed = json.loads(next(again.rglob("n/1/notebook.ipynb")).read_text())
    assert executed["metadata"]["language_info"]["name"] == "python"
    assert list((again / ".dagbook" / "environments").glob("*/ready"))

    kept.write_text(f"{lock}no-such-package-of-dagbook==1.0\n")
    refused(project.dagbook("reproduce", timeout=300), "--same-environment", code=3)
