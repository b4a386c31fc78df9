"""A run's files in a folder of their own, and its plan for them."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from dagbook.api.reproduction.again import REPRODUCES, plan_again
from dagbook.api.reproduction.environment import lock_of, package_differences
from dagbook.api.reproduction.tree import bring_back
from dagbook.engine.content import digest_of
from dagbook.engine.git import git_state
from dagbook.engine.kept_sources import KeptSources, read_sources, write_sources
from dagbook.errors import InvalidInput
from dagbook.pipeline.plan import PlannedHook, PlannedQuestion, PlannedRegistration, PlannedStep
from dagbook.pipeline.rules import Rules
from dagbook.testing import plan_of


def git(folder: Path, *words: str) -> None:
    who = ["-c", "user.email=ada@example.org", "-c", "user.name=Ada"]
    subprocess.run(["git", *who, *words], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A repository whose project lies in a folder of it, with changes that are not committed."""
    root = tmp_path / "repository"
    project = root / "churn"
    (project / "data").mkdir(parents=True)
    (root / ".gitignore").write_text("data\n")
    (project / "tools.py").write_text("A = 1\n")
    (project / "table.csv").write_text("old\n")
    git(root, "init", "-q")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "one")
    (project / "table.csv").write_text("changed\n")
    (project / "data" / "big.csv").write_text("1\n")
    return project


def test_the_commit_the_patch_and_what_git_does_not_know_come_back(project: Path, tmp_path: Path):
    state = git_state(project)
    kept = KeptSources(
        sources={"new.py": "B = 2\n"},
        data={name: digest_of(project / name) for name in ("table.csv", "data/big.csv")},
    )
    (project / "table.csv").write_text("later still\n")

    tree = bring_back(tmp_path / "again", project, state.commit, state.patch, kept)

    assert tree.project == tmp_path / "again" / "churn"
    texts = {path.name: path.read_text() for path in tree.project.rglob("*") if path.is_file()}
    assert texts == {"tools.py": "A = 1\n", "table.csv": "changed\n", "new.py": "B = 2\n", "big.csv": "1\n"}
    assert (tree.changed, tree.notes) == ({}, ())


def test_data_that_changed_are_named_and_data_that_are_gone_refused(project: Path, tmp_path: Path):
    digest = digest_of(project / "data" / "big.csv")
    (project / "data" / "big.csv").write_text("2\n")
    kept = KeptSources(data={"data/big.csv": digest})
    tree = bring_back(tmp_path / "one", project, "", "", kept)
    assert tree.changed == {"data/big.csv": (digest, digest_of(project / "data" / "big.csv"))}

    (project / "data" / "big.csv").unlink()
    with pytest.raises(InvalidInput) as refused:
        bring_back(tmp_path / "two", project, "", "", kept)
    assert refused.value.findings[0].code == "data-gone"


@pytest.mark.parametrize(("commit", "said"), [("0" * 40, "is not here any more"), ("", None)])
def test_without_the_commit_what_the_run_kept_is_used(
    project: Path, tmp_path: Path, commit: str, said: str | None
):
    tree = bring_back(tmp_path / "again", project, commit, "", KeptSources(sources={"a.py": "x"}))
    assert (tree.project / "a.py").read_text() == "x"
    assert [said in note for note in tree.notes if said] == ([True] if said else [])


def test_a_patch_that_does_not_apply_is_said(project: Path, tmp_path: Path):
    state = git_state(project)
    tree = bring_back(tmp_path / "again", project, state.commit, "no patch\n", KeptSources())
    (note,) = tree.notes
    assert "left out" in note


def test_nothing_is_written_outside(project: Path, tmp_path: Path):
    with pytest.raises(InvalidInput) as refused:
        bring_back(tmp_path / "again", project, "", "", KeptSources(sources={"../../evil.py": "x"}))
    assert refused.value.findings[0].code == "bad-path"
    assert not (tmp_path / "evil.py").exists()


def test_the_plan_again_is_the_same_work_and_disturbs_nobody(tmp_path: Path):
    plan = plan_of({"a": (), "b": ("a",)}, folder=Path("/project"))
    registration = PlannedRegistration(model="churn", alias="champion")
    a = plan.nodes["a"].model_copy(
        update={
            "registration": registration, "approve": PlannedQuestion(message="?"),
            "rules": Rules(approve=True), "warm": True, "locks": {"mutex gpu": 1},
        }
    )  # fmt: skip
    b = plan.nodes["b"].model_copy(update={"predict": "models:/churn@champion", "params": {"model": "x"}})
    steps = (
        PlannedStep(step="a", node="a", action="reuse", accepted="by ada"),
        PlannedStep(step="b", node="b", needs=("a",), action="skip", reason="not asked for"),
    )
    plan = plan.model_copy(
        update={
            "nodes": {"a": a, "b": b}, "steps": steps, "schedule": "nightly", "keep_failed": 60.0,
            "hooks": {"on.exit": PlannedHook(on="exit", service="slack")},
        }
    )  # fmt: skip

    again = plan_again(plan, tmp_path, "r1", locks={"a": "pandas==2"}, models={"b": "/models/b"})

    assert (again.project, again.file) == (str(tmp_path), str(tmp_path / "p.pipeline.yaml"))
    node = again.nodes["a"]
    assert (node.notebook, node.lock) == (str(tmp_path / "a.ipynb"), "pandas==2")
    assert (node.registration, node.approve, node.rules.approve, node.locks, node.warm) == (
        None, None, False, {}, False,
    )  # fmt: skip
    assert (again.nodes["b"].predict, again.nodes["b"].params) == ("", {"model": "/models/b"})
    assert [(step.action, step.fresh) for step in again.steps] == [("run", True), ("skip", False)]
    assert (again.hooks, again.schedule, again.keep_failed, again.tags[REPRODUCES]) == ({}, "", 0, "r1")


def test_the_packages_of_a_run_are_a_lock_without_dagbook():
    assert lock_of(["dagbook==1", "pandas==2.2"], "3.12.4") == "# python: 3.12\npandas==2.2\n"
    with pytest.raises(InvalidInput) as refused:
        lock_of([], "3.12.4")
    assert "--same-environment" in refused.value.findings[0].remedy


def test_packages_of_another_version_are_told(tmp_path: Path):
    for name, version in (("alpha", "1"), ("beta", "2")):
        info = tmp_path / "lib" / "python3.12" / "site-packages" / f"{name}-{version}.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    found = package_differences(["alpha==1", "beta==1", "dagbook==1"], tmp_path / "bin" / "python")
    assert [(one.name, one.left, one.right) for one in found] == [("beta", "1", "2")]


def test_what_a_run_keeps_is_read_again(tmp_path: Path):
    kept = KeptSources(sources={"a.py": "ü"}, data={"b.csv": "0" * 64})
    write_sources(tmp_path, kept)
    assert read_sources(tmp_path) == kept
    (tmp_path / "sources.json").write_text(json.dumps({"other": 1}))
    assert read_sources(tmp_path) == KeptSources()
