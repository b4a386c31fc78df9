"""The executed notebook is strict JSON in Jupyter's form, and its file is whole or the old one."""

from __future__ import annotations

import json
import math
from pathlib import Path

import nbformat
import pytest

from dagbook.runners import notebook_file
from dagbook.runners.notebook_file import NotebookFile, notebook_bytes

NOTEBOOK = nbformat.v4.new_notebook(
    cells=[
        nbformat.v4.new_code_cell(
            "a = 1\nb",
            id="c1",
            outputs=[
                nbformat.v4.new_output("stream", name="stdout", text="x\ny\n"),
                nbformat.v4.new_output(
                    "display_data",
                    data={"text/html": "<p>\n</p>", "image/png": "iVBO\n", "application/json": {"a": 1}},
                ),
            ],
        ),
        nbformat.v4.new_markdown_cell("é", id="c2"),
    ]
)


def test_the_form_is_the_one_that_jupyter_writes():
    assert notebook_bytes(NOTEBOOK).decode() == nbformat.writes(NOTEBOOK) + "\n"


def test_nan_and_half_characters_become_json_that_everybody_reads():
    nb = json.loads(json.dumps(NOTEBOOK))
    nb["metadata"]["x"] = [math.nan, math.inf, 1.5, "\ud800"]
    read = json.loads(notebook_bytes(nb), parse_constant=pytest.fail)
    assert read["metadata"]["x"] == [None, None, 1.5, "\ud800"]


def test_saves_are_spaced_by_what_they_cost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    now = [100.0]
    monkeypatch.setattr(notebook_file.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(notebook_file, "write_whole", lambda path, content: now.__setitem__(0, now[0] + 2.0))
    file = NotebookFile(tmp_path / "n.ipynb")
    assert file.is_due()
    file.save(NOTEBOOK)
    now[0] += 39
    assert not file.is_due()
    now[0] += 1
    assert file.is_due()


def test_a_failed_save_leaves_the_old_file_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    file = NotebookFile(tmp_path / "n.ipynb")
    file.save(NOTEBOOK)
    before = file.path.read_bytes()

    def refuse(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", refuse)
    with pytest.raises(OSError, match="No space"):
        file.save({**NOTEBOOK, "cells": []})
    assert [path.name for path in tmp_path.iterdir()] == ["n.ipynb"]
    assert file.path.read_bytes() == before
    assert not file.is_due()
