"""Links lead somewhere, commands exist, and the tutorial does what it says."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import click
import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from dagbook.cli.main import main
from tests.architecture.sources import ROOT
from tests.docs.pages import anchors, fences, links, pages

TUTORIAL = ROOT / "docs" / "tutorial" / "first-pipeline.md"


def named(page: Path) -> str:
    return str(page.relative_to(ROOT))


def shell_lines(page: Path) -> list[str]:
    """Lines of shell blocks that call us."""
    blocks = [fence.body for fence in fences(page.read_text(encoding="utf-8")) if fence.language == "sh"]
    return [line for block in blocks for line in block.splitlines() if line.startswith("dagbook ")]


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


@pytest.mark.parametrize("page", [page for page in pages() if shell_lines(page)], ids=named)
def test_commands_on_a_page_exist_with_these_options(page):
    for line in shell_lines(page):
        words = shlex.split(line, comments=True)[1:]
        command = main.get_command(click.Context(main), words[0])
        assert command is not None, line
        # Parses and checks the options; runs nothing.
        command.make_context(f"dagbook {words[0]}", words[1:])


def test_the_examples_that_pages_name_are_there():
    for page in pages():
        for line in shell_lines(page):
            for word in shlex.split(line, comments=True):
                if word.startswith("examples/"):
                    assert (ROOT / word).exists(), f"{named(page)}: {line}"


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
    assert len(ran) == 10
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
