"""The panel in a real JupyterLab: a run from a terminal, live; how it looks; who can use it."""

from __future__ import annotations

import json
import os
import re
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import ROOT, Lab
from tests.golden.runs import GoldenRuns

pytestmark = pytest.mark.browser

PIPELINE = """\
pipeline: NAME
nodes:
  prepare:
    notebook: prepare.ipynb
  train:
    notebook: train.ipynb
    needs: [prepare]
    matrix: {depth: [2, 4]}
    params: {depth: "${item.depth}"}
  fail:
    notebook: fail.ipynb
    needs: [prepare]
"""
THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}
AXE = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
# Longest way from a change in a journal to the screen, on a busy machine.
SOON = 10_000
LONG = 120_000


@pytest.fixture
def panel(page: Page) -> Locator:
    """The panel, opened as a person would."""
    page.get_by_role("tab", name="Dagbook").click()
    panel = page.get_by_role("region", name="Dagbook runs")
    panel.get_by_role("tab", name="Pipelines").click()
    expect(panel.get_by_role("status")).to_have_text("Live")
    return panel


@pytest.fixture
def project(lab: Lab, request: pytest.FixtureRequest) -> Path:
    """A folder of its own below the server's root, so that tests do not see each other's runs in detail."""
    # Of its own also when the test is done again: what it left before is still in the panel.
    folder = lab.root / "-".join([*re.findall(r"\w+", request.node.name), secrets.token_hex(2)])
    folder.mkdir()
    return folder


@pytest.fixture
def terminal(panel: Locator, project: Path) -> Iterator[subprocess.Popen[str]]:
    """A run that is started from a terminal while the panel is looked at."""
    write_pipeline(project)
    command = subprocess.Popen(
        [sys.executable, "-m", "dagbook", "run", "terminal.pipeline.yaml"],
        cwd=project, env={**os.environ, "PYTHONPATH": str(ROOT / "jupyter_ext")},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    yield command
    command.send_signal(signal.SIGINT)  # cancels the run, if it goes on
    command.communicate(timeout=60)


@pytest.fixture
def runs(project: Path) -> Iterator[GoldenRuns]:
    """Runs in that project."""
    runs = GoldenRuns(project)
    yield runs
    runs.kill_drivers()


@pytest.fixture
def gallery(runs: GoldenRuns) -> dict[str, str]:
    """A run of every kind, by the name of its golden journal."""
    ages = {
        "cancelled": 2 * 86_400,
        "reused": 7_200,
        "killed-timed-out": 3_000,
        "failure-skips": 900,
        "interrupted": 600,
        "success-matrix": 120,
    }
    made = {journal: runs.add_as_of_now(journal, ago=ago) for journal, ago in ages.items()}
    going_on = runs.add_as_of_now("success-matrix", 24, ago=8, driven=True)
    return {**made, "going on": going_on}


@pytest.mark.kernel
def test_a_run_from_a_terminal_shows_up_and_advances_while_it_goes_on(
    panel: Locator, page: Page, terminal: subprocess.Popen[str], project: Path, artifacts: Path
):
    row = panel.get_by_role("listitem").filter(has=page.get_by_role("button", name=name_of(project)))
    expect(row).to_contain_text("Running", timeout=LONG)
    row.get_by_role("button", name=name_of(project)).click()
    prepare = row.locator('[data-step="prepare"]')
    note_texts(panel, '[data-step="prepare"]')
    train = row.locator('[data-node="train"]')

    # Cell after cell of the first step, with the last line that it printed, while the rest waits.
    page.wait_for_function(
        "() => noted.some(text => /cell \\d of 4.*row \\d is ready/.test(text))", timeout=LONG
    )
    assert terminal.poll() is None
    page.screenshot(path=artifacts / "panel-live-first-step.png")

    # Then it is done, and what waited for it goes on.
    expect(prepare).to_contain_text("Succeeded", timeout=LONG)
    cells = [int(found[1]) for text in noted(page) if (found := re.search(r"cell (\d) of 4", text))]
    assert cells == sorted(cells)
    assert len(set(cells)) > 1
    expect(train).to_contain_text("Running", timeout=LONG)
    assert terminal.poll() is None
    page.screenshot(path=artifacts / "panel-live-second-step.png")

    # The end, as it was: one step failed, in cell 2.
    failed = row.locator('[data-step="fail"]')
    expect(failed).to_contain_text("Failed · in cell 2", timeout=LONG)
    expect(failed).to_contain_text("ValueError: no labels")
    expect(train).to_contain_text("Succeeded · 2 of 2 ok", timeout=LONG)
    expect(row.get_by_role("button", name=name_of(project))).to_contain_text("Failed", timeout=SOON)
    assert terminal.wait(60) == 1, terminal.communicate()[0]
    page.screenshot(path=artifacts / "panel-live-ended.png")

    # What was executed opens, though its folder is hidden, and cannot be changed.
    failed.get_by_role("button", name="Open the executed notebook of fail").click()
    notebook = page.locator(".jp-NotebookPanel:visible")
    expect(notebook).to_contain_text("ValueError", timeout=SOON)
    expect(notebook).to_contain_text("No Kernel", timeout=SOON)
    assert kernels(page) == 0


def test_a_driver_that_dies_is_seen_at_once(panel: Locator, runs: GoldenRuns):
    run = runs.add_as_of_now("interrupted", ago=5, driven=True)
    row = panel.locator(f'[data-run="{run}"]')
    expect(row).to_contain_text("Running", timeout=SOON)

    runs.kill_driver(run)

    expect(row).to_contain_text("Interrupted", timeout=SOON)


@pytest.mark.parametrize("theme", THEMES)
def test_the_panel_looks_right_and_is_accessible(
    panel: Locator, page: Page, project: Path, gallery: dict[str, str], theme: str, artifacts: Path
):
    show_theme(page, THEMES[theme])
    panel.get_by_role("button", name="Read the runs again").click()
    panel.get_by_role("searchbox", name="Filter the runs").fill(project.name)
    expect(panel.locator("[data-run]")).to_have_count(7, timeout=SOON)
    panel.screenshot(path=artifacts / f"panel-list-{theme}.png")

    for name in ("going on", "failure-skips"):
        panel.locator(f'[data-run="{gallery[name]}"] > button').click()
    panel.locator('[data-node="train"] > button').first.click()
    expect(panel.locator('[data-step="train[0]"]')).to_contain_text("depth=2 seed=1")
    panel.screenshot(path=artifacts / f"panel-steps-{theme}.png")
    page.screenshot(path=artifacts / f"lab-{theme}.png")

    assert violations(page) == []


def test_the_empty_panel_teaches_and_is_accessible(page: Page, lab: Lab, artifacts: Path):
    page.route("**/dagbook/api/runs?*", lambda route: route.fulfill(json={"runs": []}))
    page.get_by_role("tab", name="Dagbook").click()
    panel = page.get_by_role("region", name="Dagbook runs")
    panel.get_by_role("tab", name="Pipelines").click()

    expect(panel).to_contain_text("dagbook run FILE")
    expect(panel).to_contain_text("dagbook demo")
    expect(panel.get_by_role("button", name="Run a Pipeline or Notebook…")).to_be_enabled()
    expect(panel.get_by_role("button", name="Open a Terminal")).to_be_enabled()

    panel.screenshot(path=artifacts / "panel-empty.png")
    assert violations(page) == []


def test_the_keyboard_alone_reaches_a_step(panel: Locator, page: Page, runs: GoldenRuns):
    run = runs.add_as_of_now("failure-skips", ago=1)
    head = panel.locator(f'[data-run="{run}"] > button')
    expect(head).to_be_visible(timeout=20_000)
    panel.get_by_role("searchbox").fill("keyboard_alone")

    page.keyboard.press("Tab")  # the schedules
    page.keyboard.press("Tab")
    expect(head).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(head).to_have_attribute("aria-expanded", "true")
    notebook = panel.get_by_role("button", name="Open the executed notebook of prepare")
    expect(notebook).to_be_attached(timeout=SOON)
    page.keyboard.press("ArrowDown")

    expect(notebook).to_be_focused()


def test_the_panel_is_there_again_after_a_reload(panel: Locator, page: Page, lab: Lab):
    page.evaluate("async () => { await window.jupyterapp.commands.execute('filebrowser:activate') }")
    expect(panel).to_be_hidden()
    page.evaluate("async () => { await window.jupyterapp.commands.execute('dagbook:open-panel') }")
    expect(panel).to_be_visible()
    time.sleep(2)  # JupyterLab writes its layout down with some delay

    page.goto(f"{lab.url}lab")

    expect(panel.get_by_role("status")).to_have_text("Live", timeout=LONG)


def test_the_commands_are_in_the_palette_with_their_arguments_described(page: Page):
    described = page.evaluate(
        """async () => Promise.all(['dagbook:open-panel', 'dagbook:refresh-runs'].map(async id => {
            const { commands } = window.jupyterapp;
            const { args } = await commands.describedBy(id);
            return [commands.label(id), commands.caption(id) !== '', args.type];
        }))"""
    )

    assert described == [["Show Dagbook Runs", True, "object"], ["Refresh Dagbook Runs", True, "object"]]


def name_of(folder: Path) -> str:
    """What the pipeline in the folder is called."""
    return f"terminal-{folder.name[-4:]}"


def write_pipeline(folder: Path) -> None:
    """Three notebooks that take their time, the last of which fails."""
    ready = [f"import time; time.sleep(2); print('row {n} is ready')" for n in range(1, 5)]
    (folder / "terminal.pipeline.yaml").write_text(PIPELINE.replace("NAME", name_of(folder)))
    write_notebook(folder / "prepare.ipynb", ready)
    write_notebook(
        folder / "train.ipynb", ["depth = 1", "import time; time.sleep(3); print(depth)"], parameters=True
    )
    write_notebook(folder / "fail.ipynb", ["x = 1", "raise ValueError('no labels')"])


def write_notebook(path: Path, sources: list[str], *, parameters: bool = False) -> None:
    """A notebook of code cells; the first is tagged as the parameters' cell if so asked."""
    cells: list[dict[str, Any]] = [
        {
            "cell_type": "code",
            "id": f"cell-{n}",
            "metadata": {"tags": ["parameters"]} if parameters and n == 0 else {},
            "source": source,
            "outputs": [],
            "execution_count": None,
        }
        for n, source in enumerate(sources)
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    document = {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(document))


def note_texts(panel: Locator, part: str) -> None:
    """Keep every text that `part` (a selector) shows from now on, so that looking late misses nothing."""
    panel.evaluate(
        """(panel, part) => {
            window.noted = [];
            const note = () => {
                const text = panel.querySelector(part)?.textContent ?? '';
                if (text !== window.noted.at(-1)) window.noted.push(text);
            };
            const changes = { subtree: true, childList: true, characterData: true };
            new MutationObserver(note).observe(panel, changes);
            note();
        }""",
        part,
    )


def noted(page: Page) -> list[str]:
    """The texts kept so far."""
    return page.evaluate("() => window.noted")


def kernels(page: Page) -> int:
    """How many kernels the server runs for documents."""
    return page.evaluate(
        """async () => {
            const { sessions } = window.jupyterapp.serviceManager;
            await sessions.refreshRunning();
            return [...sessions.running()].length;
        }"""
    )


def show_theme(page: Page, theme: str) -> None:
    """Switch the theme and wait until its style sheet is there."""
    page.evaluate(
        "async theme => { await window.jupyterapp.commands.execute('apputils:change-theme', { theme }) }",
        theme,
    )
    page.wait_for_function("theme => document.body.dataset.jpThemeName === theme", arg=theme)
    page.wait_for_timeout(500)


def violations(page: Page) -> list[str]:
    """What axe has against the panel."""
    found = Axe().run(page, context="#dagbook-panel", options=AXE).response["violations"]
    return [f"{found['id']}: {node['html'][:200]}" for found in found for node in found["nodes"]]
