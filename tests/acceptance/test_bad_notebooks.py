"""Notebooks that cannot be run: refused before anything starts, with the file and the remedy."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.acceptance.notebooks import code, notebook, parameters
from tests.acceptance.project import Project, refused, refused_before_anything

PIPELINE = "pipeline: p\nnodes:\n  n:\n    notebook: n.ipynb\n"

OLD = {"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [{"cells": []}]}
NEW = {"nbformat": 5, "nbformat_minor": 0, "metadata": {}, "cells": []}

# What the file holds, code, parts of the message.
CASES: dict[str, tuple[str, str, list[str]]] = {
    "empty": ("", "notebook-empty", ["empty"]),
    "not JSON": ("{'cells': []}", "notebook-not-json", ["n.ipynb:1:2: ", "JSON"]),
    "cut off": (json.dumps(notebook("1"))[:80], "notebook-not-json", ["n.ipynb:1:", "JSON"]),
    "a conflict of git": (
        '{\n "cells": [\n<<<<<<< HEAD\n ]\n=======\n ]\n>>>>>>> other\n}\n',
        "merge-conflict",
        ["n.ipynb:3:1: ", "merge"],
    ),
    "a list": ("[]", "not-a-notebook", ["no notebook"]),
    "null": ("null", "not-a-notebook", ["no notebook"]),
    "nbformat 3": (json.dumps(OLD), "old-notebook-format", ["format 3", "jupyter nbconvert"]),
    "nbformat 5": (json.dumps(NEW), "new-notebook-format", ["format 5"]),
    "a million brackets": ("[" * 1_000_000, "notebook-not-json", ["n.ipynb"]),
    "two parameters cells": (
        json.dumps(notebook(parameters("a = 1"), parameters("b = 1"))),
        "parameters-cell",
        ["node 'n'", "parameters"],
    ),
    "a parameters cell that is no Python": (
        json.dumps(notebook("1", parameters("a = ("))),
        "parameters-cell",
        ["node 'n' cell 2"],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_bad_notebook_is_refused_with_its_file_and_a_remedy(project: Project, case: str):
    text, found, parts = CASES[case]
    project.pipeline(PIPELINE)
    (project.folder / "n.ipynb").write_text(text)
    refused_before_anything(project, found, "node 'n'", *parts, shown="n.ipynb")


def test_a_notebook_that_is_missing_names_the_nearest(project: Project):
    project.notebook("prepare.ipynb", "1")
    project.pipeline("pipeline: p\nnodes:\n  n:\n    notebook: prepair.ipynb\n")
    refused_before_anything(
        project,
        "no-notebook",
        "prepair.ipynb",
        "there is no such notebook",
        "'prepare.ipynb'",
        shown="prepair.ipynb",
    )


def test_a_notebook_in_no_folder_is_named(project: Project):
    project.pipeline("pipeline: p\nnodes:\n  n:\n    notebook: sub/n.ipynb\n")
    refused_before_anything(project, "no-notebook", "there is no folder", shown="sub")


def test_a_folder_is_no_notebook(project: Project):
    (project.folder / "n.ipynb").mkdir()
    project.pipeline(PIPELINE)
    refused_before_anything(project, "no-notebook", "this is a folder", shown="n.ipynb")


def test_bytes_that_are_no_text_are_refused(project: Project):
    (project.folder / "n.ipynb").write_bytes(b'{"cells": "caf\xe9"}')
    project.pipeline(PIPELINE)
    refused_before_anything(project, "notebook-not-utf8", "UTF-8", shown="n.ipynb")


def test_a_language_without_a_kernel_names_those_that_are_installed(project: Project):
    julia = {"name": "julia-1.10", "display_name": "Julia", "language": "julia"}
    project.single("println(1)", kernelspec=julia)
    for verb in ("run", "validate"):
        answer = project.dagbook(verb, "p.pipeline.yaml")
        refused(answer, "node 'n'", "'julia-1.10' is not installed", "installed: ", "python3", code=3)
    assert not project.runs.exists()


WARNED: dict[str, tuple[dict[str, Any], list[str]]] = {
    "duplicate cell ids": (
        {**notebook("1"), "cells": [{**code("1"), "id": "same"}, {**code("2"), "id": "same"}]},
        ["cell 2", "1 cell with the id of another"],
    ),
    "no kernelspec": (
        notebook("1", kernelspec=None),
        ["names no kernel", "'python3' was used", "installed: "],
    ),
    "a kernel that is not installed": (
        notebook("1", kernelspec={"name": "conda-env-x", "display_name": "x", "language": "python"}),
        ["'conda-env-x' is not installed", "'python3' was used instead", "installed: "],
    ),
}


@pytest.mark.parametrize("case", WARNED)
def test_what_can_be_mended_in_the_copy_is_a_warning(project: Project, case: str):
    content, parts = WARNED[case]
    path = project.folder / "n.ipynb"
    path.write_text(json.dumps(content))
    project.pipeline(PIPELINE)
    answer = project.dagbook("plan", "p.pipeline.yaml", "--json")
    assert answer.code == 0
    assert [step["state"] for step in answer.json["steps"]] == ["run"]
    for part in ("warning: ", "node 'n'", *parts, "Fix: "):
        assert part in answer.err, f"{part!r} is not in:\n{answer.err}"
    assert json.loads(path.read_text()) == content, "the user's own file is never changed"
