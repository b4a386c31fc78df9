"""The notebook of all magics in a real JupyterLab: what a person sees in its cells, in light and dark."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from tests.acceptance.all_magics import CELLS, make_project
from tests.acceptance.live_kernel import Store
from tests.acceptance.project import wait_until
from tests.browser.conftest import Lab
from tests.browser.test_runs_panel import AXE, THEMES, show_theme

pytestmark = [pytest.mark.browser, pytest.mark.kernel]

LONG = 300_000
SHOWN = (
    "tree", "theirs", "status", "stop", "mistakes", "boom", "output", "plan", "pipeline", "cell-pipeline",
    "input", "runs", "compare", "data",
)  # fmt: skip


@pytest.fixture
def whole_notebooks(quiet_home: Path) -> Iterator[None]:
    """JupyterLab draws every cell, also those that are scrolled away."""
    folder = quiet_home / "lab-settings" / "@jupyterlab" / "notebook-extension"
    folder.mkdir(parents=True, exist_ok=True)
    settings = folder / "tracker.jupyterlab-settings"
    settings.write_text('{"windowingMode": "none"}')
    yield
    settings.unlink()


@pytest.fixture
def project(lab: Lab) -> Path:
    """A folder of its own for each try."""
    folder = lab.root / f"magics-{secrets.token_hex(3)}"
    make_project(folder)
    return folder


@pytest.fixture
def cells(whole_notebooks: None, project: Path, page: Page) -> Iterator[dict[str, Locator]]:
    """The cells of the notebook by id, before anything has run; its kernel ends with the test."""
    page.set_viewport_size({"width": 1200, "height": 1000})
    command(page, "docmanager:open", path=f"{project.name}/all.ipynb")
    found = page.locator(".jp-NotebookPanel .jp-Notebook .jp-Cell")
    expect(found).to_have_count(len(CELLS), timeout=LONG)
    expect(page.locator('.jp-Notebook-ExecutionIndicator[data-status="idle"]')).to_be_visible(timeout=LONG)
    page.wait_for_function(
        "() => jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'",
        timeout=LONG,
    )
    yield {name: found.nth(index) for index, name in enumerate(CELLS)}
    page.evaluate("async () => { await jupyterapp.serviceManager.sessions.shutdownAll() }")


def command(page: Page, name: str, **arguments: str) -> None:
    page.evaluate(
        "async ([name, given]) => { await jupyterapp.commands.execute(name, given) }", [name, arguments]
    )


def test_all_magics_read_well_in_jupyterlab(
    cells: dict[str, Locator], page: Page, project: Path, artifacts: Path
):
    show_theme(page, THEMES["light"])
    page.evaluate("() => { void jupyterapp.commands.execute('notebook:run-all-cells') }")
    live = {
        "pipeline": ("light", r"running.*1 of 4 steps"),
        "cell-pipeline": ("dark", r"running.*1 of 2 steps"),
    }
    for name, (theme, state) in live.items():
        display = cells[name].locator(".dagbook")
        expect(display).to_have_text(re.compile(state), timeout=LONG)
        expect(display.locator("svg")).to_be_visible()
        cells[name].scroll_into_view_if_needed()
        cells[name].screenshot(path=artifacts / f"magics-live-{theme}.png")
        show_theme(page, THEMES["dark"])
    expect(cells["data"].locator(".jp-InputPrompt")).to_have_text(re.compile(r"\[\d+\]"), timeout=LONG)

    expect(cells["pipeline"].locator(".dagbook")).to_have_count(1)
    expect(cells["pipeline"]).to_contain_text("4 of 4 steps")
    expect(cells["cell-pipeline"]).to_contain_text("KeyError: 'tenure'")
    expect(cells["tree"]).to_contain_text("tracked tree · finished")
    expect(cells["boom"]).to_contain_text("ZeroDivisionError")
    expect(cells["runs"].locator("table")).to_contain_text("entropy")
    expect(cells["compare"].locator("table").first).to_contain_text("+0.2 (+28.6%)")
    expect(cells["data"]).to_contain_text("customers (training)")
    for theme, named in THEMES.items():
        show_theme(page, named)
        for name in SHOWN:
            cells[name].scroll_into_view_if_needed()
            cells[name].screenshot(path=artifacts / f"magics-{name}-{theme}.png")
        assert violations(page) == []
    command(page, "docmanager:save")
    in_the_store(project)


def in_the_store(folder: Path) -> None:
    """The same outcomes as through nbclient; the ids of the cells are JupyterLab's own."""
    store = Store(f"sqlite:///{folder}/.dagbook/mlflow.db")
    runs = wait_until(lambda: (found := store.runs()).get("downstream") and found, 60)
    assert {name: runs[name].info.status for name in ("tree", "wide", "theirs", "tuning", "boom")} == {
        "tree": "FINISHED", "wide": "FINISHED", "theirs": "FINISHED", "tuning": "FINISHED", "boom": "FAILED",
    }  # fmt: skip
    tree = runs["tree"]
    assert tree.data.params == {"depth": "2", "rows": "40", "criterion": "gini"}
    assert store.points(tree, "loss") == [(i, 1 / (i + 1)) for i in range(5)]
    assert tree.data.tags["dagbook.cell.metric.loss"] == "tree"
    assert runs["tuning"].data.tags["dagbook.cell.param.lr"] == "span-param"
    assert tree.data.tags["mlflow.source.name"] == str(folder / "all.ipynb")
    saved = json.loads((folder / "all.ipynb").read_text("utf-8"))
    assert [cell["id"] for cell in saved["cells"]] == list(CELLS)


def violations(page: Page) -> list[str]:
    """What axe has against what we display."""
    found = Axe().run(page, context=".jp-Notebook .dagbook", options=AXE).response["violations"]
    return [f"{each['id']}: {node['html'][:200]}" for each in found for node in each["nodes"]]
