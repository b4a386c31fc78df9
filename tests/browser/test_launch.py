"""From the form to a finished run, from a sweep to other defaults, from a badge to its run and back."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import Lab
from tests.browser.test_runs_panel import AXE, LONG, THEMES, show_theme

pytestmark = pytest.mark.browser

NASTY = "<img src=x onerror=alert(1)>"
PARAMETERS = f"""\
from datetime import date
from typing import Literal

depth: int = 3  # how deep the tree grows {NASTY}
kind: Literal["tree", "forest"] = "tree"
rate: float = 0.5
since: date = date(2026, 1, 2)  # first day
shuffle: bool = True
name = "run"
"""
TRAIN = """\
import dagbook
dagbook.output(score=10 - (depth - 4) ** 2, loss=rate)
"""
PIPELINE = """\
pipeline: chain
description: One after the other
params:
  depth: {type: int, default: 2, help: how deep}
  key: {secret: API_KEY}
nodes:
  first: {notebook: train.ipynb, params: {depth: "${params.depth}"}}
  second: {notebook: train.ipynb, params: {depth: "${first.score}", name: "${params.key}"}}
"""


@pytest.fixture
def folder(lab: Lab, request: pytest.FixtureRequest) -> Path:
    """A project of its own with a notebook in it."""
    folder = lab.root / re.sub(r"\W+", "-", request.node.name)
    shutil.rmtree(folder, ignore_errors=True)  # a test that is tried again begins anew
    (folder / ".dagbook").mkdir(parents=True)
    write(folder / "train.ipynb", [("params", PARAMETERS, ["parameters"]), ("work", TRAIN, [])])
    return folder


@pytest.fixture(autouse=True)
def no_kernel_is_left(lab: Lab) -> Iterator[None]:
    """The server is shared: a kernel that a test leaves would surprise another. Ends after the page."""
    yield
    for session in json.loads(asked(lab, "GET", "api/sessions")):
        asked(lab, "DELETE", f"api/sessions/{session['id']}")


def asked(lab: Lab, method: str, path: str) -> bytes:
    """The server's answer."""
    headers = {"Authorization": f"token {lab.token}"}
    with urlopen(Request(lab.url + path, headers=headers, method=method), timeout=60) as answer:
        return bytes(answer.read())


def write(path: Path, cells: list[tuple[str, str, list[str]]]) -> None:
    """A notebook of code cells: id, source, tags."""
    document: dict[str, Any] = {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
        "cells": [
            {
                "cell_type": "code", "id": name, "metadata": {"tags": tags} if tags else {}, "source": source,
                "outputs": [], "execution_count": None,
            }
            for name, source, tags in cells
        ],
    }  # fmt: skip
    path.write_text(json.dumps(document))


def execute(page: Page, command: str, args: dict[str, Any] | None = None) -> None:
    page.evaluate(
        "async ([id, args]) => { await window.jupyterapp.commands.execute(id, args) }", [command, args or {}]
    )


def opened(page: Page, folder: Path, name: str) -> Locator:
    """The launch of a file, opened and planned."""
    path = f"{folder.name}/{name}"
    execute(page, "dagbook:run-in-background", {"path": path})
    launch = page.get_by_role("region", name=f"Run {path} in background")
    expect(launch.get_by_role("region", name="Plan")).to_contain_text("to run", timeout=LONG)
    return launch


def field(launch: Locator, name: str) -> Locator:
    """The text field of a parameter."""
    return launch.locator(f'[data-parameter="{name}"]').get_by_role("textbox")


def violations(page: Page, where: str) -> list[str]:
    found = Axe().run(page, context=where, options=AXE).response["violations"]
    return [f"{one['id']}: {node['html'][:200]}" for one in found for node in one["nodes"]]


@pytest.mark.kernel
def test_a_run_from_the_form_goes_on_while_the_tab_is_closed(
    page: Page, lab: Lab, browser: Browser, folder: Path, artifacts: Path
):
    write(
        folder / "slow.ipynb",
        [
            ("p", "rows = 3", ["parameters"]),
            ("w", "import time\ntime.sleep(6)\nimport dagbook\ndagbook.output(n=rows)", []),
        ],
    )
    launch = opened(page, folder, "slow.ipynb")
    field(launch, "rows").fill("many")
    objection = launch.locator('[data-parameter="rows"]')
    expect(objection).to_contain_text("'many' is no int", timeout=LONG)
    expect(launch.get_by_role("button", name="Run in background")).to_be_disabled()
    field(launch, "rows").fill("7")
    run = launch.get_by_role("button", name="Run in background")
    expect(run).to_be_enabled(timeout=LONG)

    run.click()
    expect(launch.get_by_role("region", name="Run", exact=True)).to_contain_text("Running", timeout=LONG)
    page.wait_for_timeout(2_000)  # JupyterLab writes its layout down with some delay
    page.goto("about:blank")

    (name,) = [entry.name for entry in (folder / ".dagbook" / "runs").iterdir()]
    page.goto(f"{lab.url}lab")
    launch = page.get_by_role("region", name=f"Run {folder.name}/slow.ipynb in background")
    expect(launch.get_by_role("region", name="Run", exact=True)).to_contain_text("Succeeded", timeout=LONG)
    expect(launch).to_contain_text(name)
    expect(field(launch, "rows")).to_have_value("7")
    expect(launch.get_by_role("row").filter(has_text="slow")).to_contain_text("7")
    page.screenshot(path=artifacts / "launch-finished.png")


@pytest.mark.kernel
def test_a_sweep_leads_to_other_defaults(page: Page, folder: Path, artifacts: Path):
    launch = opened(page, folder, "train.ipynb")
    launch.get_by_label("How depth is given").select_option("Sweep")
    field(launch, "depth").fill("2..5")
    launch.get_by_role("button", name="Run 4 steps in background").click()

    table = launch.get_by_role("table", name="Steps")
    best = table.locator('[data-best="true"]')
    expect(launch.get_by_role("region", name="Run", exact=True)).to_contain_text(
        "4 of 4 steps over", timeout=LONG
    )
    launch.get_by_label("Metric by which the best is found").select_option("score")
    expect(best).to_contain_text("train[2]")
    table.get_by_role("button", name="score").click()
    table.get_by_role("button", name="score").click()
    expect(table.locator("tbody tr").first).to_contain_text("★ best")
    page.screenshot(path=artifacts / "launch-sweep.png")
    launch.get_by_role("button", name="Make its parameters the defaults").click()

    notebook = page.locator(".jp-NotebookPanel:visible")
    cell = notebook.locator(".jp-Cell").first
    expect(cell).to_contain_text("depth: int = 4  # how deep", timeout=LONG)
    page.screenshot(path=artifacts / "launch-defaults.png")
    page.get_by_role("button", name="Undo").click()
    expect(cell).to_contain_text("depth: int = 3  # how deep")


@pytest.mark.kernel
def test_a_badge_shows_what_a_cell_logged_and_leads_back(page: Page, folder: Path, artifacts: Path):
    write(folder / "log.ipynb", [("first", "x = 1", []), ("logs", "%metric acc=0.93", [])])
    execute(page, "docmanager:open", {"path": f"{folder.name}/log.ipynb"})
    panel = page.locator(".jp-NotebookPanel:visible")
    expect(panel.locator(".jp-Cell")).to_have_count(2, timeout=LONG)
    panel.get_by_role("button", name="Track this notebook").click()
    expect(panel.locator(".jp-Cell").first).to_contain_text("%track start")
    expect(panel.locator(".jp-Cell").first.locator(".jp-InputPrompt")).to_have_text("[1]:", timeout=LONG)
    execute(page, "notebook:run-all-cells")

    badge = panel.get_by_role("button", name="acc 0.93, logged by this cell: open the run")
    expect(badge).to_be_visible(timeout=LONG)
    page.screenshot(path=artifacts / "launch-badge.png")
    jumped = page.evaluate(
        """async path => {
            const { commands } = window.jupyterapp;
            return commands.execute('dagbook:jump-to-cell', { path, cell: 'logs' });
        }""",
        f"{folder.name}/log.ipynb",
    )
    assert jumped is True
    expect(panel.locator(".jp-Cell.jp-mod-active")).to_contain_text("%metric acc=0.93")
    page.evaluate(
        """() => {
            window.carriedOut = [];
            window.jupyterapp.commands.commandExecuted.connect((_, done) => {
                window.carriedOut.push([done.id, done.args.run ?? null]);
            });
        }"""
    )
    badge.click()
    # The page of the recorded run, or the panel where there is no such page.
    page.wait_for_function("() => carriedOut.some(([id]) => /^dagbook:open-(run|panel)$/.test(id))")


def test_the_parameters_cell_is_marked_and_moved(page: Page, folder: Path, artifacts: Path):
    execute(page, "docmanager:open", {"path": f"{folder.name}/train.ipynb"})
    panel = page.locator(".jp-NotebookPanel:visible")
    first, second = panel.locator(".jp-Cell").nth(0), panel.locator(".jp-Cell").nth(1)
    toggle = panel.get_by_role("button", name="Parameters cell")
    expect(first.locator(".jp-DagbookBadge-mark")).to_have_text("parameters", timeout=LONG)
    expect(toggle).to_have_attribute("aria-pressed", "true")

    second.locator(".jp-InputPrompt").click()
    expect(toggle).to_have_attribute("aria-pressed", "false")
    toggle.click()

    expect(second.locator(".jp-DagbookBadge-mark")).to_be_visible()
    expect(first.locator(".jp-DagbookBadge-mark")).to_have_count(0)
    expect(toggle).to_have_attribute("aria-pressed", "true")
    page.screenshot(path=artifacts / "launch-toolbar.png")


def test_the_form_of_a_pipeline_shows_its_plan_and_keeps_secrets_by_name(
    page: Page, folder: Path, artifacts: Path
):
    (folder / "chain.pipeline.yaml").write_text(PIPELINE)
    launch = opened(page, folder, "chain.pipeline.yaml")

    expect(launch.get_by_role("region", name="Plan")).to_contain_text("2 to run, 0 reused, 0 skipped")
    expect(launch.get_by_role("region", name="Plan")).to_contain_text("never run")
    expect(launch.locator('[data-parameter="key"]')).to_contain_text("from the secret API_KEY")
    page.screenshot(path=artifacts / "launch-pipeline.png")


@pytest.mark.parametrize("theme", THEMES)
def test_the_form_looks_right_and_is_accessible(
    page: Page, lab: Lab, folder: Path, theme: str, artifacts: Path
):
    show_theme(page, THEMES[theme])
    launch = opened(page, folder, "train.ipynb")
    field(launch, "rate").fill("fast")
    launch.get_by_label("How depth is given").select_option("Sweep")
    field(launch, "depth").fill("2, 4, 8")
    expect(launch.locator('[data-parameter="rate"]')).to_contain_text("is no float", timeout=LONG)
    # Names and help are text, whatever is in them.
    assert launch.locator("img").count() == 0
    page.screenshot(path=artifacts / f"launch-wrong-{theme}.png")
    assert violations(page, ".jp-DagbookLaunch") == []

    field(launch, "rate").fill("0.25")
    expect(launch.get_by_role("button", name="Run 3 steps in background")).to_be_enabled(timeout=LONG)
    page.screenshot(path=artifacts / f"launch-form-{theme}.png")
    assert violations(page, ".jp-DagbookLaunch") == []


def test_what_can_be_run_is_reached_by_launcher_menu_and_palette(page: Page, folder: Path):
    page.get_by_role("button", name=re.compile("Run in Background")).click()
    choice = page.get_by_role("dialog")
    expect(choice).to_contain_text("A pipeline, or a notebook alone", timeout=LONG)
    choice.get_by_role("combobox").select_option(f"{folder.name}/train.ipynb")
    choice.get_by_role("button", name="Next").click()
    launch = page.get_by_role("region", name=f"Run {folder.name}/train.ipynb in background")
    expect(launch.get_by_role("region", name="Plan")).to_contain_text("1 to run", timeout=LONG)

    commands = page.evaluate(
        """async () => {
            const { commands } = window.jupyterapp;
            const ours = ['run-in-background', 'run-selected', 'choose-what-to-run', 'toggle-parameters-cell',
                'track-notebook', 'jump-to-cell', 'make-defaults', 'toggle-cell-badges'];
            return Promise.all(ours.map(async name => {
                const { args } = await commands.describedBy(`dagbook:${name}`);
                const label = commands.label(`dagbook:${name}`);
                return label !== '' && commands.caption(`dagbook:${name}`) !== '' && args.type === 'object';
            }));
        }"""
    )
    assert commands == [True] * 8


def test_the_file_browser_runs_a_notebook_from_its_menu(page: Page, folder: Path):
    page.evaluate(
        "async path => { await window.jupyterapp.commands.execute('filebrowser:go-to-path', { path }) }",
        folder.name,
    )
    item = page.locator(".jp-DirListing-item").filter(has_text="train.ipynb")
    item.click(button="right")
    page.get_by_role("menuitem", name="Run in Background with…").click()

    launch = page.get_by_role("region", name=f"Run {folder.name}/train.ipynb in background")
    expect(launch.get_by_role("region", name="Plan")).to_contain_text("1 to run", timeout=LONG)
