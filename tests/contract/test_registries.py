"""What MLflow's registry holds after each of our verbs, asked of MLflow itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dagbook.api import models as api
from dagbook.engine.model_registry import LoggedModel, ModelRegistry
from dagbook.errors import EnvironmentFault, InvalidInput, NotFound
from dagbook.trackers.mlflow import MlflowTracker
from dagbook.trackers.registry import MlflowRegistry
from dagbook.trackers.store import MlflowStore, embedded_uri
from tests.contract.test_trackers import database, state

__all__ = ["database", "state"]

TAGS = {
    "dagbook.run": "r1", "dagbook.pipeline": "churn", "dagbook.step": "train", "dagbook.attempt": "1",
    "dagbook.input.features": "r1/prepare", "mlflow.source.git.commit": "abc", "mlflow.user": "ada",
}  # fmt: skip


class Trained:
    """A project whose steps logged models (their files do not matter here)."""

    def __init__(self, state: Path) -> None:
        self.folder = state.parent
        self.store = MlflowStore(None, state)
        self.registry: ModelRegistry = MlflowRegistry(self.store)
        self.tracker = MlflowTracker(None, state, "churn")
        self.run = self.tracker.open_run(name="churn r1", tags={}, params={})

    def train(self, accuracy: float, **tags: str) -> LoggedModel:
        step = self.tracker.open_step(
            parent=self.run, name="train", experiment=None, tags={**TAGS, **tags}, params={"depth": "4"}
        )
        self.tracker.log(step.mlflow_run_id, metrics={"accuracy": accuracy}, artifacts=[])
        client = self.store.client()
        client.create_logged_model(
            self.store.experiment_id("churn"), name="model", source_run_id=step.mlflow_run_id
        )
        (logged,) = self.registry.logged(step.mlflow_run_id)
        return logged

    def register(self, accuracy: float) -> int:
        return self.registry.register("churn", self.train(accuracy), tags={}, description="").version


@pytest.fixture
def trained(state: Path, monkeypatch: pytest.MonkeyPatch) -> Trained:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return Trained(state)


def mlflow_client(trained: Trained) -> Any:
    from mlflow import MlflowClient

    uri = embedded_uri(trained.folder / ".dagbook")
    return MlflowClient(tracking_uri=uri, registry_uri=uri)


def test_a_version_says_what_made_it(trained: Trained):
    model = trained.train(0.9)
    trained.registry.register("churn", model, tags={"team": "crm"}, description="first")

    shown = api.show_model("churn", trained.folder)

    assert (shown["name"], shown["latest"], shown["aliases"]) == ("churn", 1, {})
    (version,) = shown["versions"]
    made_by = version["made_by"]
    assert (made_by["run"], made_by["step"], made_by["commit"]) == ("r1", "train", "abc")
    assert made_by["inputs"] == {"features": "r1/prepare"}
    assert (version["metrics"], version["params"]) == ({"accuracy": 0.9}, {"depth": "4"})
    assert (version["description"], version["tags"]) == ("first", {"team": "crm"})
    assert [one["name"] for one in api.models(trained.folder)] == ["churn"]


def test_the_model_of_a_reused_step_is_that_of_the_step_that_made_it(trained: Trained):
    model = trained.train(0.9)
    again = trained.tracker.open_step(
        parent=trained.run, name="train", experiment=None, params={},
        tags={**TAGS, "dagbook.run": "r2", "dagbook.reused_from": "r1"},
    )  # fmt: skip

    assert [one.model_id for one in trained.registry.logged(again.mlflow_run_id)] == [model.model_id]


def test_a_model_of_a_run_that_the_notebook_opened_belongs_to_its_node(trained: Trained):
    step = trained.tracker.open_step(parent=trained.run, name="train", experiment=None, tags=TAGS, params={})
    trained.tracker.log(step.mlflow_run_id, metrics={"accuracy": 0.8}, artifacts=[])
    client = trained.store.client()
    experiment = trained.store.experiment_id("churn")
    inner = client.create_run(experiment, tags={"mlflow.parentRunId": step.mlflow_run_id}).info.run_id
    client.log_metric(inner, "loss", 0.1)
    client.create_logged_model(experiment, name="model", source_run_id=inner)

    (logged,) = trained.registry.logged(step.mlflow_run_id)
    version = trained.registry.register("churn", logged, tags={}, description="")

    assert version.metrics == {"accuracy": 0.8, "loss": 0.1}
    assert version.to_json()["made_by"]["step"] == "train"


def test_a_promotion_moves_the_alias_and_leaves_a_note(trained: Trained):
    trained.register(0.8)
    trained.register(0.9)
    api.promote("churn/1", "champion", trained.folder)

    done = api.promote(
        "churn", where=trained.folder, condition="accuracy >= current.accuracy", reason="better"
    )

    assert (done["promoted"], done["version"], done["from"]) == (True, 2, 1)
    client = mlflow_client(trained)
    assert client.get_model_version_by_alias("churn", "champion").version in {2, "2"}
    note = json.loads(client.get_model_version("churn", "2").tags["dagbook.promoted.champion"])
    assert (note["from"], note["reason"], note["values"]) == (
        1, "better", {"accuracy": 0.9, "current.accuracy": 0.8},
    )  # fmt: skip
    (promotion,) = api.show_model("churn@champion", trained.folder)["promotions"]
    assert promotion["condition"] == "accuracy >= current.accuracy"


def test_a_worse_version_is_not_promoted_and_the_alias_stays(trained: Trained):
    trained.register(0.9)
    trained.register(0.7)
    api.promote("churn/1", where=trained.folder)

    done = api.promote("churn/2", where=trained.folder, condition="accuracy >= current.accuracy")

    assert (done["promoted"], done["from"]) == (False, 1)
    assert api.find_version("churn@champion", trained.folder).version == 1
    assert api.show_model("churn/2", trained.folder)["promotions"] == []


def test_an_alias_is_taken_away_and_a_description_given(trained: Trained):
    trained.register(0.9)
    api.promote("churn", "Staging", trained.folder)

    assert api.demote("churn", "staging", trained.folder) == {"name": "churn", "alias": "staging", "from": 1}
    assert api.describe_model("churn/1", "of spring", trained.folder)["description"] == "of spring"
    said = api.describe_model("churn", "who leaves", trained.folder, tags={"owner": "ada"})
    assert (said["description"], said["tags"], said["aliases"]) == ("who leaves", {"owner": "ada"}, {})


REFUSED = [
    (lambda folder: api.show_model("chrn", folder), "unknown-model"),
    (lambda folder: api.show_model("churn@champion", folder), "unknown-alias"),
    (lambda folder: api.show_model("churn/7", folder), "unknown-version"),
    (lambda folder: api.show_model("a/b/c", folder), "model-name"),
    (lambda folder: api.promote("churn", "v2", folder), "model-alias"),
    (lambda folder: api.promote("churn", where=folder, condition="auc > 1"), "promotion-condition"),
    (lambda folder: api.demote("churn", "champion", folder), "unknown-alias"),
    (lambda folder: api.register_model("churn/3", folder), "model-name"),
]


def test_what_cannot_be_is_refused(trained: Trained):
    trained.register(0.9)
    for call, code in REFUSED:
        with pytest.raises(InvalidInput) as refused:
            call(trained.folder)
        assert refused.value.findings[0].code == code
        assert refused.value.findings[0].remedy


def test_a_project_that_tracked_nothing_has_no_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    assert api.models(tmp_path) == []
    with pytest.raises(NotFound):
        api.show_model("churn", tmp_path)
    assert not (tmp_path / ".dagbook").exists()


def test_a_registry_that_is_away_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with pytest.raises(EnvironmentFault) as away:
        api.models(tmp_path)
    assert away.value.findings[0].code == "tracking-away"


def test_a_folder_that_holds_a_model_becomes_one_of_the_run(trained: Trained, tmp_path: Path):
    saved = tmp_path / "saved"
    saved.mkdir()
    (saved / "MLmodel").write_text("flavors: {}\n")
    step = trained.tracker.open_step(parent=trained.run, name="train", experiment=None, tags=TAGS, params={})

    adopted = trained.registry.adopt(step.mlflow_run_id, "fitted", saved)
    trained.registry.register("churn", adopted, tags={}, description="")

    assert [one.name for one in trained.registry.logged(step.mlflow_run_id)] == ["fitted"]
    held = trained.registry.fetch("churn", 1, tmp_path / "fetched")
    assert (held / "MLmodel").read_text() == "flavors: {}\n"
