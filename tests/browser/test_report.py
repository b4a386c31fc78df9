"""A report in a real browser that is offline: complete, without script, readable by everybody."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from dagbook import bootstrap
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


@pytest.fixture(params=["light", "dark"])
def page(request: pytest.FixtureRequest, browser: Browser, tmp_path: Path) -> Iterator[Page]:
    """The report of a golden run that failed, opened as a file without a network."""
    golden = GoldenRuns(tmp_path)
    run = golden.add("failure-skips")
    state = Run(run, bootstrap.queries_of(golden.folder)).state
    code = {"cell_type": "code", "source": "print('hello')", "metadata": {}, "outputs": OUTPUTS}
    for step in state.steps.values():
        if step.notebook:
            golden.executed(run, step.notebook)
            path = golden.folder / run / step.notebook
            path.write_text(json.dumps({"cells": [code], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    file = tmp_path / "report.html"
    file.write_text(Run(run, bootstrap.queries_of(golden.folder)).report(), "utf-8")
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
    page.screenshot(path=artifacts / f"report-{request.param}.png", full_page=True)
    about.close()
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    assert complaints == []


def test_a_report_opens_without_a_network_and_axe_has_nothing_against_it(page: Page):
    assert "failed" in page.title()
    page.locator("details.notebook").evaluate_all("all => all.forEach(one => { one.open = true })")
    assert page.locator(".output img").first.evaluate("image => image.complete && image.naturalWidth") == 40
    found = Axe().run(page, options=AXE).response["violations"]
    assert [f"{one['id']}: {node['html'][:200]}" for one in found for node in one["nodes"]] == []
