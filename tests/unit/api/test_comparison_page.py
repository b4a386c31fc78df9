"""Two runs on one page: which cells belong together, and what a page leaves out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dagbook.api import comparison_page
from dagbook.api.compare import Difference, RunComparison
from dagbook.api.comparison_page import write_comparison


def run(folder: Path, *cells: tuple[str, str], **outputs: str) -> dict[str, Any]:
    """A run of one step whose cells (source, printed text) were executed like that."""
    folder.mkdir()
    document = {"cells": [
        {"cell_type": "code", "source": source, "metadata": {},
         "outputs": [{"output_type": "stream", "name": "stdout", "text": text}] if text else []}
        for source, text in cells
    ]}  # fmt: skip
    (folder / "n.ipynb").write_text(json.dumps(document))
    step = {"step": "n", "notebook": str(folder / "n.ipynb"), "outputs": outputs}
    return {"run": folder.name, "pipeline": "p", "state": "succeeded", "started": None, "user": "",
            "steps": [step]}  # fmt: skip


def page(left: dict[str, Any], right: dict[str, Any], *differences: Difference) -> str:
    found = RunComparison(left=left["run"], right=right["run"], differences=differences)
    return write_comparison(found, left, right)


def test_cells_that_showed_the_same_are_left_out_and_new_ones_shift_nothing(tmp_path: Path):
    left = run(tmp_path / "a", ("load()", "10 rows"), ("fit()", "0.8"))
    right = run(tmp_path / "b", ("load()", "10 rows"), ("clean()", "2 gone"), ("fit()", "0.9"))

    text = page(left, right)

    assert "10 rows" not in text
    assert text.count('class="pair-of-cells"') == 2
    assert text.index("B, cell 2 <code>clean()") < text.index("A, cell 2 <code>fit()")
    assert "A: no such cell" in text


def test_runs_that_differ_in_nothing_say_so(tmp_path: Path):
    left, right = (run(tmp_path / name, ("load()", "10 rows")) for name in "ab")
    assert "Nothing that was recorded differs." in page(left, right)


def test_what_came_from_notebooks_is_text(tmp_path: Path):
    left = run(tmp_path / "a", ("x()", "<script>1</script>"))
    right = run(tmp_path / "b", ("x()", "other"))
    text = page(left, right, Difference(kind="parameter", name="<b>", left="<i>", right="<u>"))
    for wrong in ("<script>", "<b></th>", "<i>", "<u>"):
        assert wrong not in text


def test_figures_that_differ_are_shown_and_one_that_is_gone_is_said(tmp_path: Path):
    (tmp_path / "one.png").write_bytes(b"png")
    left = run(tmp_path / "a", plot=str(tmp_path / "one.png"))
    right = run(tmp_path / "b", plot=str(tmp_path / "two.png"))

    text = page(left, right, Difference(kind="output", where="n", name="plot", change="other content"))

    assert 'src="data:image/png;base64,cG5n"' in text
    assert "The file is gone." in text


def test_what_is_too_large_for_a_mail_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(comparison_page, "MOST_BYTES", 100)
    left, right = (run(tmp_path / name, ("x()", name * 90)) for name in "ab")
    text = page(left, right)
    assert "1 cell was left out" in text
    assert "a" * 90 not in text
