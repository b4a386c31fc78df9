"""A new project appears whole, is valid, and never replaces anything."""

from __future__ import annotations

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from dagbook.api.new import new_project
from dagbook.api.skeleton import pipeline_text
from dagbook.errors import EnvironmentFault, InvalidInput


@pytest.mark.parametrize("name", ["churn", "churn-service", "on", "2026", "Mieten: Köln", "a b", 'say "no"'])
def test_the_file_names_the_pipeline_like_the_folder(name):
    assert YAML(typ="safe").load(pipeline_text(name))["pipeline"] == name


def test_a_folder_is_made_with_everything_in_it(tmp_path):
    made = new_project(tmp_path / "deep" / "churn")
    assert {path.name for path in made.folder.iterdir()} == set(made.files)
    assert made.file.name == "churn.pipeline.yaml"
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["churn"]


def test_an_empty_folder_may_be_there_already(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    new_project(tmp_path)
    assert (tmp_path / f"{tmp_path.name}.pipeline.yaml").exists()
    assert list(Path().iterdir()) != []


@pytest.mark.parametrize("there", ["a file", "a folder with something in it"])
def test_what_is_there_is_not_touched(tmp_path, there):
    folder = tmp_path / "churn"
    if there == "a file":
        folder.write_text("mine")
    else:
        folder.mkdir()
        (folder / "notes.txt").write_text("mine")
    with pytest.raises(InvalidInput) as caught:
        new_project(folder)
    assert caught.value.findings[0].code == "folder-exists"
    assert (folder if folder.is_file() else folder / "notes.txt").read_text() == "mine"


def test_a_folder_that_cannot_be_made_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(EnvironmentFault) as caught:
        new_project(tmp_path / "file" / "churn")
    assert caught.value.findings[0].code == "not-writable"
