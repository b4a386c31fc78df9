"""Stores that are not there: nothing was recorded yet, or the server of MLflow does not answer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.server.asking import told


async def test_where_nothing_was_recorded_nothing_is_listed_and_no_store_is_made(
    jp_fetch: Any, jp_root_dir: Path
):
    (jp_root_dir / ".dagbook" / "runs").mkdir(parents=True)

    assert await told(jp_fetch, "tracked", "runs") == {"runs": [], "next": None, "away": []}
    assert (await told(jp_fetch, "tracked", "experiments"))["experiments"] == []
    said = await told(jp_fetch, "tracked", "runs", "0" * 32, status=404)
    assert said["code"] == "unknown-tracked-run"
    assert not (jp_root_dir / ".dagbook" / "mlflow.db").exists()


@pytest.mark.slow
async def test_a_store_that_does_not_answer_is_said_to(jp_fetch: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")

    for path in (("runs",), ("runs", "0" * 32)):
        said = await told(jp_fetch, "tracked", *path, status=503)
        assert said["code"] == "tracking-away"
        assert "127.0.0.1:9" in said["message"]
        assert said["remedy"]
