"""Links lead somewhere, examples are there, and the tutorial does what it says."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from tests.architecture.sources import ROOT
from tests.docs.commands import commands
from tests.docs.pages import anchors, fences, links, pages

TUTORIAL = ROOT / "docs" / "tutorial" / "first-pipeline.md"


def named(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", pages(), ids=named)
def test_links_of_a_page_lead_somewhere(page):
    text = page.read_text(encoding="utf-8")
    broken = []
    for link in links(text):
        if re.match(r"https?://", link):
            continue
        target, _, anchor = link.partition("#")
        file = (page.parent / target).resolve() if target else page
        if not file.exists() or (
            anchor and file.suffix == ".md" and anchor not in anchors(file.read_text("utf-8"))
        ):
            broken.append(link)
    assert broken == []


def test_the_examples_that_pages_name_are_there():
    for page in pages():
        for words in commands(page.read_text(encoding="utf-8")):
            for word in words:
                if word.startswith("examples/"):
                    assert (ROOT / word).exists(), f"{named(page)}: {shlex.join(words)}"


@pytest.mark.kernel
@pytest.mark.slow
def test_the_tutorial_does_what_it_says(tmp_path, quiet_home):
    folder = tmp_path / "iris"
    folder.mkdir()
    notebooks: dict[str, nbformat.NotebookNode] = {}
    ran = []
    for fence in fences(TUTORIAL.read_text(encoding="utf-8")):
        if fence.language == "python":
            name, *tags = fence.info[1:]
            notebook = notebooks.setdefault(name, new_notebook())
            notebook.metadata.kernelspec = {
                "name": "python3",
                "display_name": "Python 3",
                "language": "python",
            }
            notebook.cells.append(new_code_cell(fence.body, metadata={"tags": tags}))
            nbformat.write(notebook, folder / name)
        elif fence.language == "yaml" and len(fence.info) == 2:
            (folder / fence.info[1]).write_text(fence.body, encoding="utf-8")
        elif fence.language == "yaml":
            # The page shows what `init` wrote.
            assert (folder / "iris.pipeline.yaml").read_text(encoding="utf-8") == fence.body
        elif fence.language == "sh":
            ran += [do(line, folder) for line in fence.body.splitlines() if line.startswith("dagbook ")]
    assert len(ran) == 13
    said = "\n".join(ran)
    assert "2 to run, 0 reused, 0 skipped" in said
    assert "0 to run, 2 reused, 0 skipped" in said
    assert "did you mean 'depth'?" in said
    assert "train[5]" in said


def do(line: str, folder: Path) -> str:
    """One command of the page; the code that it announces in a comment is the one that must come."""
    announced = re.search(r"# exit code (\d+)", line)
    done = subprocess.run(
        [sys.executable, "-m", *shlex.split(line, comments=True)],
        cwd=folder,
        env={**os.environ, "COLUMNS": "120"},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == (int(announced[1]) if announced else 0), f"{line}\n{done.stdout}{done.stderr}"
    return done.stdout + done.stderr
