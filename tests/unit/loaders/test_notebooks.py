"""Notebooks are found or missed by name; the modules that their code reaches are found, none is run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dagbook.errors import InvalidInput
from dagbook.loaders.notebooks import NotebookLoader

EMPTY = json.dumps({"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ("trian.ipynb", "did you mean 'train.ipynb'"),
        ("nowhere/train.ipynb", "there is no folder"),
        ("folder", "this is a folder"),
        ("latin.ipynb", "not UTF-8"),
    ],
)
def test_what_cannot_be_read_is_said(tmp_path: Path, asked: str, says: str):
    (tmp_path / "train.ipynb").write_text(EMPTY)
    (tmp_path / "folder").mkdir()
    (tmp_path / "latin.ipynb").write_bytes(b"\xe6\xf8")
    with pytest.raises(InvalidInput, match=says):
        NotebookLoader().notebook_and_warnings(tmp_path / asked)


def test_a_link_to_a_notebook_is_a_notebook(tmp_path: Path):
    (tmp_path / "a.ipynb").write_text(EMPTY)
    (tmp_path / "b.ipynb").symlink_to("a.ipynb")
    assert NotebookLoader().notebook_and_warnings(tmp_path / "b.ipynb")[0]["cells"] == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.py", "# %% [markdown]\n# Hello\n\n# %% tags=['parameters']\nx = 1\n"),
        ("a.md", "Hello\n\n```python tags=['parameters']\nx = 1\n```\n"),
    ],
)
def test_text_notebooks_have_cells_tags_and_the_same_ids_every_time(tmp_path: Path, name: str, text: str):
    (tmp_path / name).write_text(text)
    nb = NotebookLoader().notebook_and_warnings(tmp_path / name)[0]
    assert [cell["cell_type"] for cell in nb["cells"]] == ["markdown", "code"]
    assert nb["cells"][1]["metadata"]["tags"] == ["parameters"]
    assert nb == NotebookLoader().notebook_and_warnings(tmp_path / name)[0]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    files = {
        "nb/features.py": "import nb_deep.one\nfrom clean import *\nraise SystemExit('never run')",
        "nb/clean.py": "import json, features",
        "nb/nb_deep/__init__.py": "from . import two",
        "nb/nb_deep/one.py": "from .. import nothing\nfrom .two import f",
        "nb/nb_deep/two.py": "f = 1",
        "nb/unused.py": "",
        "nb/broken.py": "def (",
        "shared/io.py": "",
        "shared/__init__.py": "",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.mark.parametrize(
    ("code", "modules"),
    [
        ("import numpy", []),
        (
            "import features",
            ["clean.py", "features.py", "nb_deep/__init__.py", "nb_deep/one.py", "nb_deep/two.py"],
        ),
        ("%matplotlib inline\nfrom nb_deep import two", ["nb_deep/__init__.py", "nb_deep/two.py"]),
        ("def f():\n    import broken", ["broken.py"]),
        ("from shared.io import x", ["shared/__init__.py", "shared/io.py"]),
        ("import (", []),
    ],
)
def test_modules_are_followed_through_imports(project: Path, code: str, modules: list[str]):
    found = NotebookLoader(project).local_modules(project / "nb" / "train.ipynb", code)
    assert list(found) == modules


def test_modules_outside_the_project_are_not_local(project: Path):
    found = NotebookLoader(project / "nb").local_modules(project / "nb" / "train.ipynb", "import shared.io")
    assert dict(found) == {}
