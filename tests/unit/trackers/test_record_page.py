"""What becomes a link to MLflow's page of a run, and what never does."""

from __future__ import annotations

import pytest

from dagbook.trackers.record_page import record_page


@pytest.mark.parametrize("uri", ["http://mlflow.test:5000", "https://mlflow.test/"])
def test_a_server_has_a_page_for_each_run(uri: str):
    assert record_page(uri, "7", "abc") == f"{uri.rstrip('/')}/#/experiments/7/runs/abc"


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "sqlite:////p/.dagbook/mlflow.db",
        "file:///p/mlruns",
        "databricks",
        "javascript:alert(1)//http://x",
        "JAVASCRIPT:alert(1)",
        "data:text/html,<script>alert(1)</script>",
        " http://x",
        "httpx://x",
        "//x",
    ],
)
def test_nothing_else_becomes_a_link(uri: str):
    assert record_page(uri, "7", "abc") is None
