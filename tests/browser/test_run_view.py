"""A run as a drawing: live, opened in the middle, forty elements in one node, answered, repaired."""

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
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from dagbook import bootstrap
from dagbook.api.run import find
from tests.browser.conftest import ROOT, Lab
from tests.browser.test_launch import execute, no_kernel_is_left, write
from tests.browser.test_pipeline_document import node
from tests.browser.test_runs_panel import AXE, LONG, SOON, THEMES, show_theme

__all__ = ["no_kernel_is_left"]  # used by itself

pytestmark = [pytest.mark.browser, pytest.mark.kernel]

PIPELINE = """\
pipeline: shards
nodes:
  list: {notebook: list.ipynb}
  score:
    notebook: score.ipynb
    foreach: ${list.shards}
    params: {shard: "${item}"}
    tolerate: 3
  ship: {notebook: ship.ipynb, needs: [score], approve: "Ship it?"}
  follow: {notebook: follow.ipynb, needs: [ship]}
"""
SCORE = """\
print("shard", shard)
if shard in (7, 19, 31):
    raise ValueError(f"shard {shard} is empty")
"""
SHIP = "from pathlib import Path\nprint(Path('label.txt').read_text())"
FOLLOW = "import time\nprint('following')\ntime.sleep(600)"


@pytest.fixture
def folder(lab: Lab, request: pytest.FixtureRequest) -> Iterator[Path]:
    """A project of its own whose pipeline has a node of forty steps; no run outlives the test."""
    folder = lab.root / re.sub(r"\W+", "-", request.node.name)
    shutil.rmtree(folder, ignore_errors=True)
    (folder / ".dagbook").mkdir(parents=True)
    shards = "import dagbook\ndagbook.output(shards=list(range(40)))"
    write(folder / "list.ipynb", [("w", shards, [])])
    write(folder / "score.ipynb", [("p", "shard: int = 0", ["parameters"]), ("w", SCORE, [])])
    write(folder / "ship.ipynb", [("w", SHIP, [])])
    write(folder / "follow.ipynb", [("w", FOLLOW, [])])
    (folder / "shards.pipeline.yaml").write_text(PIPELINE)
    yield folder
    for run in bootstrap.queries(folder).runs():
        if run["state"] == "running":
            find(run["run"], folder).cancel(by="test")


def started(folder: Path) -> str:
    """The id of a run that was started from a terminal, which is closed."""
    said = subprocess.run(
        [sys.executable, "-m", "dagbook", "run", "--warm", "--detach", "--json", "shards.pipeline.yaml"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT / "jupyter_ext")},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return str(json.loads(said.stdout)["run"])


def shown(page: Page, run: str) -> Locator:
    """The drawing of a run, opened from the panel."""
    panel = page.get_by_role("region", name="Dagbook runs")
    drawing = panel.get_by_role("button", name=f"Show the drawing of {run}")
    if not drawing.is_visible():
        panel.locator(f'[data-run="{run}"] > button').click(timeout=LONG)
    drawing.click()
    view = page.get_by_role("region", name=f"Run {run}")
    expect(view.locator(".react-flow__node")).to_have_count(4, timeout=LONG)
    return view


def finished(view: Locator) -> int:
    """How many of the forty went well so far."""
    found = re.search(r"(\d+) of 40 ok", node(view, "score").inner_text())
    return int(found[1]) if found else 0


def violations(page: Page) -> list[str]:
    found = Axe().run(page, context=".jp-DagbookRunView", options=AXE).response["violations"]
    return [f"{one['id']}: {node['html'][:200]}" for one in found for node in one["nodes"]]


def test_a_run_is_watched_repaired_and_cancelled_in_its_drawing(page: Page, folder: Path, artifacts: Path):
    run = started(folder)
    page.get_by_role("tab", name="Dagbook").click()
    page.get_by_role("tab", name="Pipelines").click()
    view = shown(page, run)
    opened_again_in_the_middle(page, view, run, artifacts)

    score = node(view, "score")
    expect(score).to_contain_text("37 of 40 ok · 3 failed", timeout=LONG)
    score.click()
    forty_steps(page, view, artifacts)
    opened_with_its_inputs(page, view, folder, artifacts)
    answered(page, view, run)
    repaired(view, folder)
    page.screenshot(path=artifacts / "run-view-going-on.png")
    times(page, view, artifacts)
    reported(page, view, run)
    cancelled(view)


def opened_again_in_the_middle(page: Page, view: Locator, run: str, artifacts: Path) -> None:
    """The tab is closed while the run goes on, and opened again: it shows the run as it is."""
    expect(node(view, "score")).to_contain_text(re.compile(r"[1-9]\d* of 40 ok"), timeout=LONG)
    page.screenshot(path=artifacts / "run-view-live.png")
    before = finished(view)
    assert before < 37
    execute(page, "application:close")
    expect(view).to_have_count(0)
    view = shown(page, run)
    expect(node(view, "score")).to_contain_text("of 40 ok", timeout=SOON)
    assert finished(view) >= before
    expect(view.get_by_role("toolbar", name="Run")).to_contain_text("Running")


def forty_steps(page: Page, view: Locator, artifacts: Path) -> None:
    """One node opens to a table; the first that failed is shown, with its error, at its cell."""
    details = view.get_by_role("region", name="Details")
    expect(details.get_by_role("row")).to_have_count(40)
    expect(details.get_by_role("row").filter(has_text="Failed")).to_have_count(3)
    expect(details.get_by_role("group", name="Error")).to_contain_text("ValueError in cell 3")
    expect(details.get_by_role("region", name="Log")).to_contain_text("shard 7", timeout=SOON)
    for theme, named in THEMES.items():
        show_theme(page, named)
        page.screenshot(path=artifacts / f"run-view-{theme}.png")
        assert violations(page) == []
    details.get_by_role("button", name="item=31", exact=True).click()
    expect(details.get_by_role("region", name="Log")).to_contain_text("shard 31", timeout=SOON)

    details.get_by_role("button", name="Show the cell").click()
    cell = page.locator(".jp-NotebookPanel:visible .jp-Cell.jp-mod-active")
    expect(cell).to_contain_text("raise ValueError", timeout=LONG)
    page.screenshot(path=artifacts / "run-view-cell.png")
    page.get_by_role("tab", name="shards", exact=True).click()


def opened_with_its_inputs(page: Page, view: Locator, folder: Path, artifacts: Path) -> None:
    """A copy of the failed element's notebook, with what it was given, to work on."""
    view.get_by_role("button", name="Open with these inputs").click()
    notebook = page.locator(".jp-NotebookPanel:visible")
    expect(notebook.locator(".jp-Cell").filter(has_text="shard = 31")).to_have_count(1, timeout=LONG)
    page.screenshot(path=artifacts / "run-view-opened-with-inputs.png")
    assert len([copy for copy in folder.glob("score-*.ipynb") if "shard = 31" in copy.read_text()]) == 1
    page.get_by_role("tab", name="shards", exact=True).click()


def answered(page: Page, view: Locator, run: str) -> None:
    """The run asks a person, in its drawing and in the panel; the panel's button answers."""
    question = view.get_by_role("group", name="Approval of ship")
    expect(question).to_contain_text("Ship it?", timeout=LONG)
    panel = page.locator(f'#dagbook-panel [data-run="{run}"]')
    panel.get_by_role("button", name="Approve ship").click(timeout=LONG)
    expect(question).to_have_count(0, timeout=LONG)


def repaired(view: Locator, folder: Path) -> None:
    """What a step lacked is brought, and the run goes on from there: nothing else is done again."""
    expect(view.get_by_role("toolbar", name="Run")).to_contain_text("Failed", timeout=LONG)
    expect(node(view, "follow")).to_contain_text("Skipped", timeout=SOON)
    node(view, "ship").click()
    details = view.get_by_role("region", name="Details")
    expect(details.get_by_role("group", name="Error")).to_contain_text("FileNotFoundError")
    (folder / "label.txt").write_text("to Oslo")

    details.get_by_role("button", name="Retry from here").click()
    expect(details.get_by_role("region", name="Log")).to_contain_text("to Oslo", timeout=LONG)
    expect(details).to_contain_text("attempt 2")
    expect(node(view, "follow")).to_contain_text("following", timeout=LONG)
    expect(node(view, "score")).to_contain_text("37 of 40 ok · 3 failed")


def times(page: Page, view: Locator, artifacts: Path) -> None:
    """When each step ran."""
    view.get_by_role("button", name="Timeline").click()
    expect(view.get_by_role("region", name="Timeline").get_by_role("listitem")).to_have_count(43)
    page.screenshot(path=artifacts / "run-view-times.png")
    assert violations(page) == []
    view.get_by_role("button", name="Timeline").click()


def reported(page: Page, view: Locator, run: str) -> None:
    """The run as a page that is saved, while it goes on."""
    with page.expect_download() as saving:
        view.get_by_role("button", name="Report").click()
    assert saving.value.suggested_filename == f"shards-{run}.html"
    assert run in saving.value.path().read_text("utf-8")


def cancelled(view: Locator) -> None:
    view.get_by_role("button", name="Cancel").click()
    expect(view.get_by_role("toolbar", name="Run")).to_contain_text("Cancelled", timeout=LONG)
    expect(node(view, "follow")).to_contain_text("Cancelled", timeout=SOON)
    expect(view.get_by_role("button", name="Resume")).to_be_visible()
