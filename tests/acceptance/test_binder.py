"""The notebook that Binder opens does what it says. In a clean image it is tried by `make test-binder`."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from tools.check_five_minutes import faults

from tests.conftest import ROOT


@pytest.mark.kernel
@pytest.mark.slow
def test_the_five_minutes_show_what_they_should(
    tmp_path: Path, quiet_home: Path, monkeypatch: pytest.MonkeyPatch
):
    # The suite's own MPLBACKEND would keep figures out of the notebooks.
    monkeypatch.delenv("MPLBACKEND", raising=False)
    (tmp_path / ".dagbook").mkdir()
    left = shutil.ignore_patterns(".dagbook", "__pycache__", "*.html")
    for name in ("binder", "examples/digits"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=left)
    notebook = tmp_path / "binder" / "five-minutes.ipynb"
    before = notebook.read_bytes()
    assert faults(notebook) == []
    assert notebook.read_bytes() == before


def test_the_notebook_is_committed_clean_and_its_links_lead_somewhere():
    notebook = json.loads((ROOT / "binder" / "five-minutes.ipynb").read_text("utf-8"))
    text = "".join("".join(cell["source"]) for cell in notebook["cells"])
    assert all(not cell.get("outputs") for cell in notebook["cells"])
    for link in ("../examples/digits/digits.pipeline.yaml", "../docs/tutorial/first-pipeline.md"):
        assert f"({link})" in text
        assert (ROOT / "binder" / link).resolve().exists()
