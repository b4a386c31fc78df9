"""Where a notebook keeps what it publishes: in one place of the project, whoever started its kernel."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dagbook.magics.place import interactive_folder, notebook_path, place, told_by


class Shell:
    """As much of IPython as is asked."""

    def __init__(self, **names: Any) -> None:
        self.user_ns = names


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a notebook, two below that of its project."""
    folder = tmp_path / "a" / "work"
    folder.mkdir(parents=True)
    (tmp_path / ".dagbook").mkdir()
    (folder / "n.ipynb").touch()
    monkeypatch.chdir(folder)
    return folder


def test_outputs_lie_in_the_project_as_the_notebook_does(work: Path, tmp_path: Path):
    found = place({}, str(work / "n.ipynb"))
    assert found.outputs == tmp_path / ".dagbook" / "interactive" / "a" / "work" / "n" / "outputs"
    assert found.manifest == found.outputs.parent / "outputs.jsonl"
    assert not (work / ".dagbook").exists()


def test_notebooks_of_one_name_in_two_folders_do_not_mix(tmp_path: Path):
    folders = {interactive_folder(tmp_path, tmp_path / folder / "n.ipynb") for folder in ("a", "b", "a/b")}
    assert len(folders) == 3


@pytest.mark.parametrize(
    ("environment", "names"),
    [
        ({"JPY_SESSION_NAME": "{work}/n.ipynb"}, {}),
        ({"JPY_SESSION_NAME": "/was/elsewhere/n.ipynb"}, {}),
        ({"JPY_SESSION_NAME": "n.ipynb"}, {}),
        ({"IPYNB_FILE": "n.ipynb"}, {}),
        ({}, {"__session__": "{work}/n.ipynb"}),
        ({}, {"__vsc_ipynb_file__": "{work}/n.ipynb"}),
    ],
)
def test_the_notebook_is_known_however_the_kernel_was_told(
    work: Path, environment: dict[str, str], names: dict[str, str]
):
    environment = {key: value.format(work=work) for key, value in environment.items()}
    shell = Shell(**{key: value.format(work=work) for key, value in names.items()})
    assert notebook_path(environment, told_by(shell)) == work / "n.ipynb"


@pytest.mark.parametrize("told", ["", "console-1-abc", "../n.ipynb", "/", "notebook"])
def test_what_is_no_notebook_is_none(work: Path, told: str):
    assert notebook_path({"JPY_SESSION_NAME": told}) is None
    assert place({"JPY_SESSION_NAME": told}).outputs.parent.name == "kernel"


def test_a_notebook_outside_of_the_project_stays_inside_the_folder(tmp_path: Path):
    kept = interactive_folder(tmp_path / "project", tmp_path / "other" / "n.ipynb")
    assert kept == tmp_path / "project" / ".dagbook" / "interactive" / "n"


def test_without_a_shell_nobody_told(work: Path):
    assert told_by(None) is None
