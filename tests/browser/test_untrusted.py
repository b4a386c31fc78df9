"""A notebook that somebody sent, with an output that triggers a command of ours: it is asked about first."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Lab
from tests.unit.notebook.notebooks import code, notebook

pytestmark = pytest.mark.browser

LONG = 120_000


@pytest.fixture
def sent(lab: Lab, request: pytest.FixtureRequest) -> Path:
    """A folder with a notebook that was never run here: its output is a link to a command of ours."""
    folder = lab.root / re.sub(r"\W+", "-", request.node.name)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    arguments = json.dumps({"path": folder.name}).replace('"', "&quot;")
    command = f'data-commandlinker-command="dagbook:new-pipeline" data-commandlinker-args="{arguments}"'
    cell = code("None")
    cell["outputs"] = [
        {
            "output_type": "display_data",
            "data": {"text/html": f"<button {command}>Prize</button>"},
            "metadata": {},
        }
    ]
    (folder / "sent.ipynb").write_text(json.dumps(notebook(cell)))
    return folder


def test_an_output_that_triggers_our_command_is_asked_about(page: Page, sent: Path):
    page.evaluate(
        "path => { void jupyterapp.commands.execute('docmanager:open', { path, factory: 'Notebook' }) }",
        f"{sent.name}/sent.ipynb",
    )
    prize = page.get_by_text("Prize")
    prize.wait_for(timeout=LONG)
    dialog = page.locator(".jp-Dialog").filter(has_text="Run Command?")
    prize.click()
    expect(dialog).to_contain_text("dagbook:new-pipeline")
    dialog.get_by_role("button", name="Cancel").click()
    expect(dialog).to_have_count(0)
    page.wait_for_timeout(500)
    assert list(sent.glob("*.pipeline.yaml")) == []

    prize.click()
    dialog.get_by_role("button", name=re.compile("^Run")).click()
    page.locator(".jp-DagbookPipeline:visible").wait_for(timeout=LONG)
    assert len(list(sent.glob("*.pipeline.yaml"))) == 1
