"""Registered models over REST."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.contract.test_registries import Trained
from tests.contract.test_trackers import database
from tests.server.asking import RUN, told

__all__ = ["database"]


@pytest.fixture
def trained(jp_root_dir: Path, database: Path, monkeypatch: pytest.MonkeyPatch) -> Trained:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    state = jp_root_dir / ".dagbook"
    state.mkdir()
    shutil.copy(database, state / "mlflow.db")
    found = Trained(state)
    found.register(0.8)
    found.register(0.9)
    return found


async def test_models_are_listed_shown_promoted_and_described(jp_fetch: Any, trained: Trained):
    (model,) = (await told(jp_fetch, "models"))["models"]
    assert (model["name"], model["latest"], model["project"]) == ("churn", 2, ".")

    body = {"version": 2, "alias": "champion", "condition": "accuracy > 0.85"}
    done = await told(jp_fetch, "models", "churn", "promote", body=body)
    assert (done["promoted"], done["version"]) == (True, 2)
    body = {"version": 1, "alias": "champion", "condition": "accuracy > 0.85"}
    assert (await told(jp_fetch, "models", "churn", "promote", body=body))["promoted"] is False

    patch = json.dumps({"description": "who leaves", "tags": {"team": "crm"}})
    shown = json.loads((await jp_fetch("dagbook", "api", "models", "churn", method="PATCH", body=patch)).body)
    assert (shown["description"], shown["aliases"]) == ("who leaves", {"champion": 2})
    assert [version["version"] for version in shown["versions"]] == [2, 1]

    source = {"mlflow.source.name": str(trained.folder / "sub" / "train.ipynb")}
    trained.registry.tag("churn", 2, source)
    newest, older = (await told(jp_fetch, "models", "churn"))["versions"]
    assert newest["made_by"]["path"] == "sub/train.ipynb"
    assert "path" not in older["made_by"]
    assert newest["made_by"]["path"] == "sub/train.ipynb"

    gone = await told(jp_fetch, "models", "churn", "aliases", "champion", method="DELETE")
    assert gone["from"] == 2
    assert (await told(jp_fetch, "models", "churn"))["aliases"] == {}


REFUSED = [
    (("models", "ghost"), None, 404, "unknown-model"),
    (("models", "churn", "promote"), {}, 400, "bad-body"),
    (("models", "churn", "promote"), {"alias": "v1"}, 400, "model-alias"),
    (("models", "churn", "promote"), {"alias": "a", "version": 9}, 404, "unknown-version"),
    (("models", "churn", "promote"), {"alias": "a", "condition": "("}, 400, "promotion-condition"),
    (("models",), {"run": "~", "step": "a", "name": "m"}, 400, "bad-run"),
    (("models",), {"run": RUN, "step": "a", "name": "a/b"}, 400, "model-name"),
    (("models",), {"run": RUN, "step": "a", "name": " "}, 400, "model-name"),
    (("models",), {"run": RUN, "step": "ghost", "name": "m"}, 404, "unknown-step"),
    (("models",), {"run": "2099", "step": "a", "name": "m"}, 404, "unknown-run"),
]


async def test_what_cannot_be_is_refused(jp_fetch: Any, runs: Any, trained: Trained):
    runs.add("success-matrix", run=RUN)
    for path, body, status, code in REFUSED:
        assert (await told(jp_fetch, *path, body=body, status=status))["code"] == code


async def test_a_project_that_is_not_shown_is_not_found(jp_fetch: Any):
    said = await told(jp_fetch, "models", "churn", params={"project": "elsewhere"}, status=404)
    assert said["code"] == "unknown-project"
