"""Registered models in a real JupyterLab: promoted and taken back, served and asked, traced to a run."""

from __future__ import annotations

import re
import secrets
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from dagbook.api import models as api
from dagbook.trackers.store import MlflowStore
from tests.browser.conftest import Lab
from tests.browser.test_runs_panel import THEMES, show_theme, violations

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SOON = 20_000
LONG = 120_000


@pytest.fixture
def model(lab: Lab) -> str:
    """The name of a registered model with two versions, of which the first is the champion."""
    import mlflow
    import pandas as pd
    from sklearn.linear_model import LinearRegression

    name = f"churn-{secrets.token_hex(3)}"
    folder = lab.root / name
    state = folder / ".dagbook"
    (state / "outbox").mkdir(parents=True)
    store = MlflowStore(None, state)
    client, experiment = store.client(), store.experiment_id("churn")
    mlflow.set_tracking_uri(store.uri)
    rows = pd.DataFrame({"tenure": [1.0, 2.0, 3.0], "monthly": [10.0, 20.0, 40.0]})
    fitted = LinearRegression().fit(rows, [1.0, 2.0, 3.0])
    for accuracy in (0.8, 0.9):
        tags = {
            "mlflow.source.name": str(folder / "train.ipynb"),
            "mlflow.user": "ada",
            "dagbook.step": "train",
        }
        run = client.create_run(experiment, run_name="train", tags=tags).info.run_id
        client.log_metric(run, "accuracy", accuracy)
        with mlflow.start_run(run_id=run):
            mlflow.sklearn.log_model(fitted, name="model", input_example=rows[:1])
        api.register_logged(name, run, folder)
    api.describe_model(name, "who will leave", folder, tags={"team": "crm"})
    api.promote(f"{name}/1", "champion", folder, reason="the first")
    # Back to none: MLflow puts it into the environment, where later tests would take it for the person's.
    mlflow.set_tracking_uri(None)
    return name


@pytest.fixture
def panel(page: Page, model: str) -> Locator:
    """The tab of models, with that one unfolded."""
    page.get_by_role("tab", name="Dagbook").click()
    panel = page.get_by_role("region", name="Dagbook runs")
    panel.get_by_role("tab", name="Models").click()
    panel.get_by_role("searchbox").fill(model)
    panel.get_by_role("button", name=re.compile(f"^{model}")).click(timeout=SOON)
    expect(panel.get_by_role("listitem", name="Version 2")).to_be_visible(timeout=SOON)
    return panel


def test_a_version_is_promoted_and_that_is_taken_back(
    page: Page, panel: Locator, model: str, artifacts: Path
):
    first, second = (panel.get_by_role("listitem", name=f"Version {number}") for number in (1, 2))
    second.get_by_role("button", name=f"Promote version 2 of {model}").click()
    form = panel.get_by_role("form", name="Promote version 2")
    expect(form).to_contain_text("Version 1 has it now.")

    form.get_by_label("Only if").fill("accuracy > 0.95")
    form.get_by_role("button", name="Promote").click()
    expect(form.get_by_role("alert")).to_contain_text("accuracy = 0.9", timeout=SOON)
    looked_at(page, artifacts, "form")

    form.get_by_label("Only if").fill("accuracy > current.accuracy")
    form.get_by_label("Why").fill("reviewed")
    form.get_by_role("button", name="Promote").click()
    expect(second).to_contain_text("champion", timeout=SOON)
    expect(second).to_contain_text("from version 1")
    expect(first).not_to_contain_text("champion")
    page.get_by_role("button", name="Undo").click()
    expect(first).to_contain_text("taken back", timeout=SOON)
    expect(second).not_to_contain_text("champion")
    looked_at(page, artifacts, "taken-back")

    served_and_asked(page, panel, second, model, artifacts)

    # From the model to what made it.
    second.get_by_role("button", name="Open its run").click()
    run_page = page.get_by_role("region", name=re.compile("^Run train"))
    expect(run_page).to_contain_text("accuracy", timeout=SOON)


def served_and_asked(page: Page, panel: Locator, version: Locator, model: str, artifacts: Path) -> None:
    """Served without a port, asked with the example that the model was logged with, and stopped."""
    version.get_by_role("button", name=f"Serve version 2 of {model}").click()
    service = panel.get_by_role("region", name=f"Service of {model}/2")
    expect(service.get_by_role("status")).to_contain_text("Served", timeout=LONG)
    form = service.get_by_role("form", name=f"Try {model}/2")
    expect(form.get_by_label("tenure")).to_have_value("1", timeout=SOON)

    form.get_by_label("tenure").fill("3")
    form.get_by_label("monthly").fill("40")
    form.get_by_role("button", name="Ask").click()
    expect(form.get_by_label("Answer")).to_contain_text(re.compile(r"\b(3\.0|2\.9)"), timeout=SOON)
    looked_at(page, artifacts, "served")

    form.get_by_label("tenure").fill("long")
    form.get_by_role("button", name="Ask").click()
    expect(form.get_by_label("Answer")).to_contain_text("tenure", timeout=SOON)
    service.get_by_role("button", name=f"Stop serving {model}/2").click()
    expect(service.get_by_role("status").first).to_contain_text("No longer served", timeout=SOON)


def looked_at(page: Page, artifacts: Path, name: str) -> None:
    for theme, named in THEMES.items():
        show_theme(page, named)
        page.screenshot(path=artifacts / f"models-{name}-{theme}.png")
        assert violations(page) == []
