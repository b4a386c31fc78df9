"""Who a run is by: JupyterHub's name for them, else git's, else the system's."""

from __future__ import annotations

import getpass
import subprocess
from pathlib import Path

import pytest

from dagbook.engine.writer import user_name
from dagbook.magics.surroundings import Surroundings


def told(folder: Path) -> tuple[dict[str, str], str]:
    """What is found out about a folder."""
    found: list[tuple[dict[str, str], str]] = []
    Surroundings(folder, lambda tags, patch: found.append((tags, patch))).wait(30)
    (only,) = found
    return only


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A folder under git, with an author, a commit and a change since."""
    (tmp_path / "a.txt").write_text("one\n")
    for words in (["init", "-q"], ["config", "user.name", "Ada"], ["add", "-A"], ["commit", "-qm", "first"]):
        subprocess.run(["git", *words], cwd=tmp_path, check=True)
    (tmp_path / "a.txt").write_text("two\n")
    return tmp_path


def test_jupyterhub_knows_best(repository: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("JUPYTERHUB_USER", "grace")
    assert user_name() == "grace"
    assert "mlflow.user" not in told(repository)[0]


def test_git_knows_better_than_the_system(repository: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("JUPYTERHUB_USER", raising=False)
    assert told(repository)[0]["mlflow.user"] == "Ada"


def test_without_either_it_is_the_systems_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("JUPYTERHUB_USER", raising=False)
    assert user_name() == getpass.getuser()
    assert told(tmp_path) == ({}, "")


def test_what_was_changed_since_the_commit_is_kept(repository: Path):
    tags, patch = told(repository)
    assert (tags["dagbook.git.dirty"], len(tags["mlflow.source.git.commit"])) == ("true", 40)
    assert "+two" in patch
