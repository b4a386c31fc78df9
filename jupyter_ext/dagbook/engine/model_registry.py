"""Registered models as every registry gives them, and the port to one."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol

PROMOTED: Final = "dagbook.promoted."
"""A tag of a version, by alias: when, by whom, from which version and on what condition it got the alias."""

# Tag → what `made_by` calls it.
_MADE_BY: Final = {
    "dagbook.run": "run", "dagbook.pipeline": "pipeline", "dagbook.step": "step", "dagbook.node": "node",
    "mlflow.source.name": "notebook", "dagbook.cell": "cell", "mlflow.source.git.commit": "commit",
    "dagbook.git.dirty": "changed", "dagbook.environment": "environment", "dagbook.python": "python",
    "mlflow.user": "user", "dagbook.fingerprint": "fingerprint",
}  # fmt: skip
_INPUT: Final = "dagbook.input."
_ITEM: Final = "dagbook.item."


@dataclass(frozen=True, kw_only=True)
class LoggedModel:
    """A model that a run logged, registered or not. `place` is where its files are."""

    name: str
    model_id: str
    place: str
    run_id: str


@dataclass(frozen=True, kw_only=True)
class ModelVersion:
    """One version of a registered model. `metrics` and `params` are those of the run that made it."""

    name: str
    version: int
    aliases: tuple[str, ...] = ()
    description: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)
    run_id: str = ""
    model_id: str = ""
    created: str = ""
    stage: str = ""
    status: str = "READY"

    @property
    def uri(self) -> str:
        """As MLflow names it."""
        return f"models:/{self.name}/{self.version}"

    @property
    def identity(self) -> str:
        """What tells it from every other version, also from one of another registry of that number."""
        return f"{self.uri} {self.model_id or self.run_id}"

    def to_json(self) -> dict[str, Any]:
        """The shape of `dagbook models show --json`."""
        made_by = {said: self.tags[tag] for tag, said in _MADE_BY.items() if self.tags.get(tag)}
        promotions = [
            {"alias": tag.removeprefix(PROMOTED), **_read(value)}
            for tag, value in self.tags.items()
            if tag.startswith(PROMOTED)
        ]
        return {
            "name": self.name, "version": self.version, "uri": self.uri,
            "aliases": list(self.aliases), "description": self.description, "created": self.created,
            "status": self.status, "stage": self.stage,
            "metrics": dict(self.metrics), "params": dict(self.params),
            "made_by": {
                **made_by,
                "inputs": _below(_INPUT, self.tags), "item": _below(_ITEM, self.tags),
                "mlflow_run_id": self.run_id, "model_id": self.model_id,
            },
            "promotions": sorted(promotions, key=lambda one: str(one.get("at", "")), reverse=True),
            "tags": {name: value for name, value in self.tags.items() if not _is_ours(name)},
        }  # fmt: skip


FindModel = Callable[[str], ModelVersion]
"""The version that `models:/NAME@ALIAS` means now. Raises NotFound, EnvironmentFault."""


@dataclass(frozen=True, kw_only=True)
class RegisteredModel:
    """A registered model. `aliases` maps to versions."""

    name: str
    description: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    aliases: Mapping[str, int] = field(default_factory=dict)
    latest: int | None = None
    changed: str = ""

    def to_json(self) -> dict[str, Any]:
        """The shape of `dagbook models list --json`."""
        return {
            "name": self.name, "description": self.description, "aliases": dict(self.aliases),
            "latest": self.latest, "changed": self.changed, "tags": dict(self.tags),
        }  # fmt: skip


class ModelRegistry(Protocol):
    """Where registered models are kept. Any method may raise `TrackerAway`."""

    def models(self) -> Sequence[RegisteredModel]:
        """All of them, those that changed last first."""

    def model(self, name: str) -> RegisteredModel | None:
        """The model of that name."""

    def versions(self, name: str) -> Sequence[ModelVersion]:
        """Its versions, newest first."""

    def logged(self, run_id: str) -> Sequence[LoggedModel]:
        """What a run and those below it logged, newest first."""

    def adopt(self, run_id: str, name: str, folder: Path) -> LoggedModel:
        """A folder that MLflow saved a model in, logged as a model of a run."""

    def fetch(self, name: str, version: int, into: Path) -> Path:
        """The folder with the version's files; copied below `into` unless it is on this machine."""

    def register(
        self, name: str, model: LoggedModel, *, tags: Mapping[str, str], description: str
    ) -> ModelVersion:
        """A new version; the registered model is made if there is none. The run's own origin is added."""

    def set_alias(self, name: str, alias: str, version: int) -> None:
        """Have the alias mean that version."""

    def remove_alias(self, name: str, alias: str) -> None:
        """Have it mean nothing."""

    def tag(self, name: str, version: int | None, tags: Mapping[str, str]) -> None:
        """Add tags to a version, or to the model itself."""

    def describe(self, name: str, version: int | None, text: str) -> None:
        """Replace the description of a version, or of the model itself."""


def _below(prefix: str, tags: Mapping[str, str]) -> dict[str, str]:
    return {tag.removeprefix(prefix): value for tag, value in tags.items() if tag.startswith(prefix)}


def _is_ours(tag: str) -> bool:
    return tag in _MADE_BY or tag.startswith(("dagbook.", "mlflow."))


def _read(text: str) -> dict[str, Any]:
    try:
        said = json.loads(text)
    except ValueError:
        said = None
    return said if isinstance(said, dict) else {"at": text}
