"""Recorded runs in a real JupyterLab: live while a cell runs, a page for each, edits, and who can use it."""

from __future__ import annotations

import os
import re
import secrets
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import ROOT, Lab
from tests.browser.test_runs_panel import AXE, THEMES, show_theme, violations, write_notebook

pytestmark = [pytest.mark.browser, pytest.mark.kernel]

LONG = 240_000
SOON = 30_000
LOOP = """\
%%track live -p depth
import time
from pathlib import Path
depth = 4
for step in range(4000):
    %metric loss=1/(step+1) acc=1-1/(step+2) --step step
    time.sleep(0.1)
    if Path("enough").exists():
        break
"""
OTHER = "%%track other -p depth\ndepth = 3\n%metric loss=0.4 acc=0.8"
SHORT = "%%track <img src=x> -p depth\ndepth = 2\n%metric loss=0.5 acc=0.7"


@pytest.fixture
def notebook(lab: Lab, page: Page) -> Iterator[str]:
    """A notebook with cells that track, in front; its kernel ends with the test."""
    folder = lab.root / f"tracked-{secrets.token_hex(3)}"
    folder.mkdir()
    (folder / ".dagbook").mkdir()
    write_notebook(folder / "study.ipynb", ["%load_ext dagbook", SHORT, OTHER, LOOP])
    path = f"{folder.name}/study.ipynb"
    run(page, "docmanager:open", path=path)
    page.wait_for_function(
        "() => jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'",
        timeout=LONG,
    )
    yield path
    page.evaluate("async () => { await jupyterapp.serviceManager.sessions.shutdownAll() }")


def run(page: Page, command: str, **arguments: object) -> None:
    page.evaluate(
        "async ([name, given]) => { await jupyterapp.commands.execute(name, given) }", [command, arguments]
    )


def page_violations(page: Page, context: str) -> list[str]:
    found = Axe().run(page, context=context, options=AXE).response["violations"]
    return [f"{one['id']}: {node['html'][:200]}" for one in found for node in one["nodes"]]


def values_drawn(chart: Locator) -> int:
    found = re.search(r"(\d+) value", chart.inner_text())
    return int(found[1]) if found else 0


def test_a_run_appears_and_its_chart_moves_while_the_cell_runs(
    page: Page, lab: Lab, notebook: str, artifacts: Path
):
    page.get_by_role("tab", name="Dagbook").click()
    panel = page.get_by_role("region", name="Dagbook runs")
    expect(panel.get_by_role("combobox")).to_have_value("notebook")
    expect(panel).to_contain_text("%track start", timeout=SOON)  # nothing yet: how it begins
    panel.screenshot(path=artifacts / "tracked-empty.png")

    page.evaluate("() => { void jupyterapp.commands.execute('notebook:run-all-cells') }")
    row = panel.get_by_role("row").filter(has_text="live")
    expect(row).to_contain_text("Running", timeout=LONG)
    row.get_by_role("button", name="live", exact=True).click()
    run_page = page.get_by_role("region", name=re.compile("^Run (live|renamed)"))
    expect(run_page).to_contain_text("Running", timeout=SOON)
    run_page.get_by_role("tab", name="Charts").click()
    chart = run_page.locator('[data-metric="loss"]')
    expect(chart.locator("canvas")).to_be_visible(timeout=SOON)
    first = values_drawn(chart)
    for _ in range(SOON // 500):
        if values_drawn(chart) > first:
            break
        page.wait_for_timeout(500)
    assert values_drawn(chart) > first
    assert "Running" in run_page.inner_text()
    page.screenshot(path=artifacts / "tracked-live.png")

    # It is over: what was logged is all there, with the cell that logged it.
    (lab.root / notebook).with_name("enough").touch()
    expect(run_page.locator(".jp-DagbookPage-head")).to_contain_text("Finished", timeout=LONG)
    for theme, named in THEMES.items():
        show_theme(page, named)
        for part in ("Charts", "Overview", "Artifacts", "Origin"):
            run_page.get_by_role("tab", name=part).click()
            page.wait_for_timeout(400)
            page.screenshot(path=artifacts / f"tracked-page-{part.lower()}-{theme}.png")
            assert page_violations(page, ".jp-DagbookPage") == []
        assert violations(page) == []
    side_by_side(page, panel, artifacts)
    edits_and_second_thoughts(page, panel, run_page)
    to_the_cell_and_back(page, run_page)


def side_by_side(page: Page, panel: Locator, artifacts: Path) -> None:
    """Selected runs are compared: what differs, lines across what was chosen, their curves in one chart."""
    for box in panel.get_by_role("checkbox").all():
        box.check()
    panel.get_by_role("button", name="Compare").click()
    compared = page.get_by_role("region", name="Compare 3 Runs")
    expect(compared.locator("[data-differs]").filter(has_text="depth")).to_have_count(1, timeout=SOON)
    expect(compared.locator("canvas").first).to_be_visible(timeout=SOON)
    lines = compared.get_by_role("img", name=re.compile("^3 runs as lines across: depth, acc, loss\\."))
    expect(lines.locator(".jp-DagbookParallel-line")).to_have_count(3)
    for theme, named in {**THEMES, "contrast": "JupyterLab Dark High Contrast"}.items():
        show_theme(page, named)
        page.screenshot(path=artifacts / f"tracked-compare-{theme}.png")
        assert page_violations(page, ".jp-DagbookPage:not(.lm-mod-hidden)") == []
    in_colours_of_the_system(page, compared, artifacts)
    compared.get_by_role("region", name="What differs").get_by_role("button", name="live").click()


def in_colours_of_the_system(page: Page, compared: Locator, artifacts: Path) -> None:
    """Where the system gives the colours, states and lines are still told apart."""
    page.emulate_media(forced_colors="active")
    page.screenshot(path=artifacts / "tracked-compare-forced-colours.png")
    strokes = compared.locator(".jp-DagbookParallel-line").evaluate_all(
        "lines => lines.map(line => getComputedStyle(line).strokeDasharray)"
    )
    assert len(set(strokes)) == 3
    page.emulate_media(forced_colors="none")


def edits_and_second_thoughts(page: Page, panel: Locator, run_page: Locator) -> None:
    """Renamed, tagged, deleted, and the deletion taken back; names are text."""
    nasty = panel.get_by_role("row").filter(has_text="<img src=x>")
    expect(nasty).to_have_count(1)
    expect(page.locator("#dagbook-panel img")).to_have_count(0)

    run_page.get_by_role("tab", name="Overview").click()
    run_page.get_by_role("textbox", name="A new tag: name=value").fill("stage=try")
    run_page.get_by_role("button", name="Add Tag").click()
    expect(run_page.get_by_role("list", name="Tags")).to_contain_text("stage=try", timeout=SOON)

    row = panel.get_by_role("row").filter(has_text="live")
    row.focus()
    page.keyboard.press("F2")
    page.locator(".jp-Dialog input").fill("renamed")
    page.keyboard.press("Enter")
    expect(panel).to_contain_text("renamed", timeout=SOON)
    expect(run_page.locator("h1")).to_contain_text("renamed", timeout=SOON)

    nasty.get_by_role("button", name="More about").click()
    page.get_by_role("menuitem", name="Delete").click()
    expect(nasty).to_have_count(0, timeout=SOON)
    page.get_by_role("button", name="Undo").click()
    expect(nasty).to_have_count(1, timeout=SOON)


def to_the_cell_and_back(page: Page, run_page: Locator) -> None:
    """From a metric to the cell that logged it, and from the cell's badge to the run."""
    run_page.get_by_role("button", name="Show the cell that logged loss").first.click()
    cell = page.locator(".jp-Notebook .jp-Cell.jp-mod-active")
    expect(cell).to_contain_text("for step in range(4000)", timeout=SOON)
    badge = page.get_by_role("button", name=re.compile("logged by this cell: open the run")).last
    expect(badge).to_be_visible(timeout=SOON)
    badge.click()
    expect(run_page).to_be_visible(timeout=SOON)


def test_executed_notebooks_are_compared_cell_by_cell(page: Page, lab: Lab, artifacts: Path):
    name = f"fit{secrets.token_hex(3)}"
    folder = lab.root / name
    (folder / ".dagbook").mkdir(parents=True)
    write_notebook(
        folder / f"{name}.ipynb", ["depth = 1", "print('depth', depth)", "print('the same')"], parameters=True
    )
    subprocess.run(
        [sys.executable, "-m", "dagbook", "run", f"{name}.ipynb", "--sweep", "depth=2,3"],
        cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT / "jupyter_ext")}, check=True, timeout=240,
    )  # fmt: skip
    page.get_by_role("tab", name="Dagbook").click()
    panel = page.get_by_role("region", name="Dagbook runs")
    panel.get_by_role("combobox").select_option("all")
    panel.get_by_role("searchbox").fill(name)
    for step in (0, 1):
        row = panel.get_by_role("row").filter(has_text=f"{name}[{step}]")
        row.get_by_role("checkbox").check(timeout=SOON)
    panel.get_by_role("button", name="Compare").click()
    compared = page.get_by_role("region", name="Compare 2 Runs")
    cells = compared.get_by_role("region", name="Executed notebooks")
    cells.get_by_role("button", name="Compare cell by cell").click(timeout=SOON)

    expect(cells).to_contain_text("depth 3", timeout=SOON)
    expect(cells).not_to_contain_text("the same'")
    for theme, named in THEMES.items():
        show_theme(page, named)
        cells.scroll_into_view_if_needed()
        page.screenshot(path=artifacts / f"tracked-cells-{theme}.png")
        assert page_violations(page, ".jp-DagbookPage:not(.lm-mod-hidden)") == []
    cells.get_by_role("button", name=re.compile("^Also show the")).click()
    expect(cells).to_contain_text("the same'")
