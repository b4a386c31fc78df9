"""Schedules in the panel of a real JupyterLab: added, paused, run now, removed."""

from __future__ import annotations

import re
import secrets
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Lab
from tests.browser.test_runs_panel import LONG, SOON, THEMES, show_theme, violations, write_notebook

pytestmark = [pytest.mark.browser, pytest.mark.kernel]


def test_a_pipeline_is_scheduled_paused_run_and_left_alone(page: Page, lab: Lab, artifacts: Path):
    name = f"nightly-{secrets.token_hex(2)}"
    folder = lab.root / name
    (folder / ".dagbook").mkdir(parents=True)
    write_notebook(folder / "n.ipynb", ["print('done')"])
    (folder / "n.pipeline.yaml").write_text(f"pipeline: {name}\nnodes:\n  n: {{notebook: n.ipynb}}\n")
    page.get_by_role("tab", name="Dagbook").click()
    panel = page.get_by_role("region", name="Dagbook runs")
    panel.get_by_role("tab", name="Pipelines").click()
    panel.get_by_text("Schedules", exact=True).click()
    panel.get_by_role("button", name="Schedule a Pipeline…").click(timeout=SOON)
    form = panel.get_by_role("form", name="Schedule a pipeline")
    form.get_by_label("Pipeline").select_option(f"{name}/n.pipeline.yaml", timeout=SOON)

    # What is wrong is said, and what was typed stays.
    form.get_by_label("Minute, hour").fill("never")
    form.get_by_role("button", name="Schedule", exact=True).click()
    expect(panel.get_by_role("alert")).to_contain_text("0 6 * * 1-5", timeout=SOON)
    form.get_by_label("Minute, hour").fill("0 6 1 1 *")
    form.get_by_label("Time zone").fill("Europe/Oslo")
    form.get_by_role("button", name="Schedule", exact=True).click()
    schedules = panel.get_by_role("list", name="Schedules")
    schedule = schedules.get_by_role("listitem").filter(has_text=name)
    expect(schedule).to_contain_text(re.compile(r"next Jan 1, 20\d\d"), timeout=SOON)
    expect(form).to_have_count(0)

    schedule.get_by_role("button", name=f"Pause {name}").click()
    expect(schedule).to_contain_text("paused", timeout=SOON)
    for theme, named in THEMES.items():
        show_theme(page, named)
        page.screenshot(path=artifacts / f"schedules-{theme}.png")
        assert violations(page) == []
    schedule.get_by_role("button", name=f"Run {name} now").click()
    row = panel.locator("[data-run]").filter(has_text=name)
    expect(row).to_contain_text("Succeeded", timeout=LONG)
    schedule.get_by_role("button", name=f"Resume {name}").click()
    expect(schedule).to_contain_text("next", timeout=SOON)

    schedule.get_by_role("button", name=f"Remove {name}").click()
    schedule.get_by_role("button", name=f"Really remove {name}").click()
    expect(schedule).to_have_count(0, timeout=SOON)
    assert list((folder / ".dagbook" / "schedules").glob("*.entry.json")) == []
