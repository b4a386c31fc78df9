"""A failing node is attached to, mended in its own kernel, and the pipeline goes on from there."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from dagbook import bootstrap
from dagbook.api.run import find
from tests.browser.conftest import ROOT, Lab
from tests.browser.test_launch import no_kernel_is_left, write
from tests.browser.test_pipeline_document import node
from tests.browser.test_run_view import violations
from tests.browser.test_runs_panel import LONG, SOON, THEMES, show_theme

__all__ = ["no_kernel_is_left"]  # used by itself

pytestmark = [pytest.mark.browser, pytest.mark.kernel]

PUBLISH = """\
import dagbook
from pathlib import Path
Path("table.csv").write_text("name,count\\nada,1\\nann,2\\n")
dagbook.output(total=total, table=Path("table.csv"))
"""
PIPELINE = """\
pipeline: mend
nodes:
  train: {notebook: train.ipynb}
  report: {notebook: report.ipynb, params: {total: "${train.total}"}}
"""


@pytest.fixture
def folder(lab: Lab, request: pytest.FixtureRequest) -> Iterator[Path]:
    """A project of its own; no run outlives the test."""
    folder = lab.root / re.sub(r"\W+", "-", request.node.name)
    shutil.rmtree(folder, ignore_errors=True)
    (folder / ".dagbook").mkdir(parents=True)
    cells = [
        "costly = list(range(10))",
        "total = sum(costly) / 0",
        PUBLISH,
    ]
    write(folder / "train.ipynb", [(f"c{place}", cell, []) for place, cell in enumerate(cells)])
    report = "import dagbook\ndagbook.output(twice=total * 2)"
    write(folder / "report.ipynb", [("p", "total = 0.0", ["parameters"]), ("w", report, [])])
    (folder / "mend.pipeline.yaml").write_text(PIPELINE)
    yield folder
    for run in bootstrap.queries(folder).runs():
        if run["state"] == "running":
            find(run["run"], folder).cancel(by="test")


def failed(folder: Path) -> str:
    """The id of a run that was made in a terminal and failed."""
    said = subprocess.run(
        [sys.executable, "-m", "dagbook", "run", "--warm", "--json", "mend.pipeline.yaml"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT / "jupyter_ext")},
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    return str(json.loads(said.stdout)["run"])


def test_a_failed_node_is_attached_to_mended_and_gone_on_from(page: Page, folder: Path, artifacts: Path):
    before, run = failed(folder), failed(folder)
    page.get_by_role("tab", name="Dagbook").click()
    page.get_by_role("tab", name="Pipelines").click()
    panel = page.get_by_role("region", name="Dagbook runs")
    panel.locator(f'[data-run="{run}"] > button').click(timeout=LONG)
    panel.get_by_role("button", name=f"Show the drawing of {run}").click()
    view = page.get_by_role("region", name=f"Run {run}")
    node(view, "train").click(timeout=LONG)
    view.get_by_role("button", name="Retry, and keep its kernel if it fails").click()
    kept = view.get_by_role("group", name="Kept kernel of train")
    expect(kept).to_contain_text("ZeroDivisionError in cell 2", timeout=LONG)
    looked_at(page, view, artifacts)

    kept.get_by_role("button", name="Attach to its kernel").click()
    notebook = page.locator(".jp-NotebookPanel:visible")
    cell = notebook.locator(".jp-Notebook .jp-CodeCell").nth(1)
    expect(cell).to_contain_text("division by zero", timeout=LONG)
    expect(notebook.get_by_text("Python 3").first).to_be_visible(timeout=LONG)
    mend(page, notebook, cell)
    page.screenshot(path=artifacts / "attached.png")

    page.get_by_role("tab", name=re.compile("^mend")).first.click()
    kept.get_by_role("button", name="Continue from here").click()
    expect(node(view, "report")).to_contain_text("Succeeded", timeout=LONG)
    expect(view.get_by_role("status").first).to_contain_text("Succeeded", timeout=LONG)
    expect(page.get_by_text("Cell 2 is not that of its notebook")).to_be_visible()
    given_and_published(page, view, artifacts)
    beside_the_run_before(page, view, before, artifacts)
    steps = {step["step"]: step for step in find(run, folder).show()["steps"]}
    assert steps["report"]["outputs"] == {"twice": 45}
    assert steps["train"]["by_hand"]
    assert "sum(costly) / 2" in Path(steps["train"]["notebook"]).read_text("utf-8")


def given_and_published(page: Page, view: Locator, artifacts: Path) -> None:
    """Of a step, what it was given and where that came from; of a file, what is in it."""
    node(view, "report").click()
    details = view.get_by_role("region", name="Details")
    expect(details.get_by_label("Parameters")).to_contain_text("from train.total", timeout=LONG)
    expect(details.get_by_label("Parameters")).to_contain_text("22.5")
    node(view, "train").click()
    details.get_by_role("button", name="Look into table").click()
    expect(details.get_by_role("cell", name="ann")).to_be_visible(timeout=LONG)
    page.screenshot(path=artifacts / "step-values.png")
    assert violations(page) == []


def beside_the_run_before(page: Page, view: Locator, before: str, artifacts: Path) -> None:
    """Runs by nodes; from a cell of another run to that run."""
    view.get_by_role("button", name="History").click()
    history = view.get_by_role("region", name="History")
    expect(history.get_by_role("rowheader")).to_have_text(["train", "report"], timeout=LONG)
    expect(history.get_by_role("columnheader")).to_have_count(2)
    for theme, name in THEMES.items():
        show_theme(page, name)
        page.screenshot(path=artifacts / f"history-{theme}.png")
        assert violations(page) == []
    history.get_by_role("button", name=f"train in run {before}: Failed").click()
    other = page.get_by_role("region", name=f"Run {before}")
    expect(other.get_by_role("group", name="Error")).to_contain_text("ZeroDivisionError", timeout=LONG)


def looked_at(page: Page, view: Locator, artifacts: Path) -> None:
    for theme, name in THEMES.items():
        show_theme(page, name)
        page.screenshot(path=artifacts / f"kept-kernel-{theme}.png")
        assert violations(page) == []
    expect(node(view, "train")).to_contain_text("ZeroDivisionError")


def mend(page: Page, notebook: Locator, cell: Locator) -> None:
    """Interrupt a cell that takes too long, then run what is right, and the rest."""
    editor = cell.locator(".cm-content")
    editor.click()
    page.keyboard.press("Control+A")
    page.keyboard.type("import time; time.sleep(600)")
    page.keyboard.press("Control+Enter")
    expect(cell.locator(".jp-InputPrompt")).to_have_text("[*]:", timeout=SOON)
    notebook.locator(
        '[data-command="notebook:interrupt-kernel"], [data-jp-item-name="interrupt"]'
    ).first.click()
    expect(cell).to_contain_text("KeyboardInterrupt", timeout=LONG)
    editor.click()
    page.keyboard.press("Control+A")
    page.keyboard.type("total = sum(costly) / 2")
    page.keyboard.press("Shift+Enter")
    expect(cell).not_to_contain_text("KeyboardInterrupt", timeout=LONG)
    page.keyboard.press("Shift+Enter")
    expect(notebook.locator(".jp-Notebook .jp-CodeCell").nth(2)).to_contain_text("total", timeout=LONG)
    expect(notebook.locator(".jp-Notebook .jp-CodeCell").nth(2).locator(".jp-InputPrompt")).not_to_have_text(
        "[*]:", timeout=LONG
    )
