"""Models that are served, over REST. That MLflow's server answers is seen in the acceptance tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dagbook.services.folder import Service, watching, write_service
from tests.server.asking import told


async def test_services_are_listed_and_what_is_not_ready_is_said(jp_fetch: Any, jp_root_dir: Path):
    folder = jp_root_dir / ".dagbook" / "services" / "churn"
    (jp_root_dir / ".dagbook" / "runs").mkdir(parents=True)
    service = Service(
        service="churn", model="churn@champion", name="churn", version=2, state="starting",
        address=f"unix:{jp_root_dir}/none", log=str(folder / "log"),
    )  # fmt: skip
    with watching(folder):
        write_service(folder, service)
        (folder / "log").write_text("loading")
        (listed,) = (await told(jp_fetch, "services"))["services"]
        assert (listed["model"], listed["state"], listed["project"]) == ("churn@champion", "starting", ".")
        assert (await told(jp_fetch, "services", "churn"))["log_text"] == "loading"
        said = await told(jp_fetch, "services", "churn", "invocations", body={}, status=503)
        assert said["code"] == "service-not-ready"
    assert (await told(jp_fetch, "services", "churn"))["state"] == "lost"


REFUSED = [
    (("services", "ghost"), None, 404, "unknown-service"),
    (("services", "ghost", "invocations"), {}, 404, "unknown-service"),
    (("services",), {}, 400, "bad-body"),
    (("services",), {"model": "a/b/c"}, 400, "model-name"),
    (("services",), {"model": "churn@champion"}, 404, "unknown-model"),
    (("models", "churn", "interface"), None, 404, "unknown-model"),
]


async def test_what_cannot_be_is_refused(jp_fetch: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    for path, body, status, code in REFUSED:
        assert (await told(jp_fetch, *path, body=body, status=status))["code"] == code
