"""A report in a real browser that is offline: complete, without script, readable by everybody."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from dagbook import bootstrap
from dagbook.api.compare import compare_runs
from dagbook.api.comparison_page import write_comparison
from dagbook.api.run import Run
from tests.conftest import ROOT
from tests.golden.runs import GoldenRuns

pytestmark = pytest.mark.browser

AXE = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
OUTPUTS = [
    {"output_type": "stream", "name": "stdout", "text": "hello\n"},
    {"output_type": "display_data", "metadata": {}, "data": {
        "text/html": "<table><thead><tr><th>a</th></tr></thead><tbody><tr><td>1</td></tr></tbody></table>"
        "<img src='http://127.0.0.1:9/x.png' onerror='document.title=1'><script>document.title=2</script>"}},
    {"output_type": "display_data", "metadata": {}, "data": {
        "image/svg+xml": "<svg xmlns='http://www.w3.org/2000/svg' width='40' height='20'>"
        "<rect width='40' height='20' fill='teal'/></svg>"}},
]  # fmt: skip


def executed_run(golden: GoldenRuns, journal: str, outputs: list[dict[str, Any]]) -> Run:
    """A golden run whose notebooks all have one cell with these outputs."""
    run = Run(golden.add(journal), bootstrap.queries_of(golden.folder))
    code = {"cell_type": "code", "source": "print('hello')", "metadata": {}, "outputs": outputs}
    for step in run.state.steps.values():
        if step.notebook:
            golden.executed(run.id, step.notebook)
            path = golden.folder / run.id / step.notebook
            path.write_text(json.dumps({"cells": [code], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    return run


def report_of(golden: GoldenRuns) -> str:
    return executed_run(golden, "failure-skips", OUTPUTS).report()


def comparison_of(golden: GoldenRuns) -> str:
    left = executed_run(golden, "failure-skips", OUTPUTS)
    right = executed_run(golden, "success-matrix", OUTPUTS[::-1])
    return write_comparison(compare_runs(left, right), left.show(), right.show())


@pytest.fixture
def written(request: pytest.FixtureRequest) -> Callable[[GoldenRuns], str]:
    """What writes the page that the test is about."""
    return report_of if "report" in request.node.originalname else comparison_of


@pytest.fixture(params=["light", "dark"])
def page(
    request: pytest.FixtureRequest, written: Callable[[GoldenRuns], str], browser: Browser, tmp_path: Path
) -> Iterator[Page]:
    """A page made of golden runs, opened as a file without a network."""
    file = tmp_path / "page.html"
    file.write_text(written(GoldenRuns(tmp_path)), "utf-8")
    about = browser.new_context(
        color_scheme=request.param, offline=True, viewport={"width": 1200, "height": 900}
    )
    page = about.new_page()
    asked: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda sent: asked.append(sent.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.goto(file.as_uri())
    yield page
    artifacts = ROOT / "test-artifacts"
    artifacts.mkdir(exist_ok=True)
    page.screenshot(path=artifacts / f"{written.__name__}-{request.param}.png", full_page=True)
    about.close()
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    assert complaints == []


def read_by_everybody(page: Page) -> None:
    """All of it is shown, pictures too, and axe has nothing against it."""
    page.locator("details.notebook").evaluate_all("all => all.forEach(one => { one.open = true })")
    assert page.locator(".output img").first.evaluate("image => image.complete && image.naturalWidth") == 40
    found = Axe().run(page, options=AXE).response["violations"]
    assert [f"{one['id']}: {node['html'][:200]}" for one in found for node in one["nodes"]] == []


def test_a_report_opens_without_a_network_and_axe_has_nothing_against_it(page: Page):
    assert "failed" in page.title()
    read_by_everybody(page)


def test_a_comparison_opens_without_a_network_and_axe_has_nothing_against_it(page: Page):
    assert page.locator(".pair-of-cells").count() > 0
    read_by_everybody(page)
