"""What becomes of the model that an attempt made, whatever the registry says to it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from dagbook.engine.model_registry import LoggedModel, ModelVersion, RegisteredModel
from dagbook.engine.ports import TrackerAway
from dagbook.engine.registration import registered
from dagbook.engine.request import NodeRequest, NodeResult
from dagbook.notebook.outputs import Output
from dagbook.pipeline.plan import PlannedRegistration
from dagbook.testing import values

GATE = "auc > 0.7 and auc >= current.auc"


@dataclass
class Registry:
    """A registry in memory, as far as a registration needs one."""

    logs: Sequence[str] = ("model",)
    away: bool = False
    made: list[ModelVersion] = field(default_factory=list)
    aliases: dict[str, int] = field(default_factory=dict)
    adopted: list[Path] = field(default_factory=list)

    def logged(self, run_id: str) -> list[LoggedModel]:
        if self.away:
            raise TrackerAway("no answer")
        return [LoggedModel(name=name, model_id=name, place="", run_id=run_id) for name in self.logs]

    def adopt(self, run_id: str, name: str, folder: Path) -> LoggedModel:
        self.adopted.append(folder)
        return LoggedModel(name=name, model_id=f"adopted {name}", place="", run_id=run_id)

    def register(
        self, name: str, model: LoggedModel, *, tags: Mapping[str, str], description: str
    ) -> ModelVersion:
        version = ModelVersion(
            name=name, version=len(self.made) + 1, tags=tags, description=description,
            model_id=model.model_id, run_id=model.run_id,
        )  # fmt: skip
        self.made.append(version)
        return version

    def model(self, name: str) -> RegisteredModel | None:
        return RegisteredModel(name=name, aliases=self.aliases)

    def versions(self, name: str) -> list[ModelVersion]:
        return self.made

    def tag(self, name: str, version: int, tags: Mapping[str, str]) -> None:
        assert version == len(self.made)

    def set_alias(self, name: str, alias: str, version: int) -> None:
        self.aliases[alias] = version


def attempt(folder: Path, registry: Registry, result: NodeResult | None = None, **asked: Any) -> NodeResult:
    """What becomes of an attempt whose node says `register:`."""
    place = folder / "r1" / "train" / "1"
    place.mkdir(parents=True, exist_ok=True)
    request = NodeRequest(
        run="r1", step="train", node="train", attempt=1, notebook="", folder=str(place), cwd="",
        env={"MLFLOW_RUN_ID": "m1", "MLFLOW_TRACKING_URI": "there"},
        registration=PlannedRegistration(**{"model": "churn", **asked}),
    )  # fmt: skip
    return registered(request, result or values(auc=0.8), lambda _: registry)  # type: ignore[arg-type, return-value]


def test_what_was_logged_last_is_a_version(tmp_path: Path):
    registry = Registry(logs=("newest", "older"))
    result = attempt(tmp_path, registry, description="of spring", tags={"team": "crm"})

    assert (result.state, result.warnings) == ("succeeded", ())
    (version,) = registry.made
    assert (version.model_id, version.run_id, version.description) == ("newest", "m1", "of spring")
    assert version.tags == {"team": "crm"}
    assert registry.aliases == {}


def test_one_that_is_named_is_taken(tmp_path: Path):
    registry = Registry(logs=("newest", "older"))
    attempt(tmp_path, registry, source="older")
    assert registry.made[0].model_id == "older"


def test_an_output_that_is_a_saved_model_is_taken(tmp_path: Path):
    registry = Registry(logs=())
    folder = tmp_path / "r1" / "train" / "1" / "outputs" / "fitted"
    folder.mkdir(parents=True)
    (folder / "MLmodel").touch()
    output = Output(name="fitted", kind="file", path="outputs/fitted", format="folder", type="Path")
    result = attempt(
        tmp_path, registry, NodeResult(state="succeeded", outputs={"fitted": output}), source="fitted"
    )

    assert result.state == "succeeded"
    assert (registry.adopted, registry.made[0].model_id) == ([folder], "adopted fitted")


def test_the_alias_goes_to_the_better_one_and_stays_there(tmp_path: Path):
    registry = Registry()
    first = attempt(tmp_path, registry, alias="champion", condition=GATE)
    assert (first.state, first.warnings, registry.aliases) == ("succeeded", (), {"champion": 1})
    registry.made[0] = replace(registry.made[0], metrics={"auc": 0.8})

    worse = attempt(tmp_path, registry, values(auc=0.75), alias="champion", condition=GATE)

    assert (worse.state, registry.aliases, len(registry.made)) == ("succeeded", {"champion": 1}, 2)
    (warning,) = worse.warnings
    assert "churn/2 is registered; champion stays at version 1" in warning
    assert "auc = 0.75, current.auc = 0.8" in warning


def test_a_condition_knows_checks_and_what_mlflow_has_not_got_yet(tmp_path: Path):
    place = tmp_path / "r1" / "train" / "1"
    (place / "outbox").mkdir(parents=True)
    lines = [{"kind": "metric", "run": "node", "values": {"loss": loss}} for loss in (0.9, 0.1)]
    (place / "outbox" / "records.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    (place / "checks.jsonl").write_text('{"name": "fair", "passed": true}\n')
    registry = Registry()
    attempt(tmp_path, registry, alias="champion", condition='loss < 0.2 and metrics["check.fair"] == 1')
    assert registry.aliases == {"champion": 1}


FAILURES = [
    (Registry(logs=()), {}, "NoModel", "logged no model"),
    (Registry(), {"source": "modle"}, "NoModel", "named 'modle'"),
    (Registry(), {"source": "auc"}, "NoModel", "output 'auc' is no model"),
    (Registry(away=True), {}, "RegistryAway", "no answer"),
    (Registry(), {"alias": "champion", "condition": "f1 > 1"}, "WrongCondition", "no metric 'f1'"),
]


@pytest.mark.parametrize(("registry", "asked", "name", "said"), FAILURES)
def test_what_cannot_be_registered_has_not_succeeded(
    tmp_path: Path, registry: Registry, asked: dict[str, str], name: str, said: str
):
    result = attempt(tmp_path, registry, **asked)
    assert result.state == "failed"
    assert result.error is not None
    assert (result.error.name, bool(result.error.remedy)) == (name, True)
    assert said in result.error.value
    assert registry.aliases == {}


def test_a_step_that_is_not_tracked_says_so(tmp_path: Path):
    request = NodeRequest(
        run="r", step="s", node="s", attempt=1, notebook="", folder=str(tmp_path), cwd="",
        registration=PlannedRegistration(model="churn"),
    )  # fmt: skip
    result = registered(request, values(), lambda _: None)
    assert result.error is not None
    assert (result.state, result.error.name) == ("failed", "RegistryAway")
