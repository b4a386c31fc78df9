"""MLflow's model registry."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote, urlparse

from dagbook.engine.model_registry import LoggedModel, ModelVersion, RegisteredModel
from dagbook.trackers.store import LONGEST_TAG, PARENT_TAG, MlflowStore

if TYPE_CHECKING:
    from mlflow import MlflowClient

_MOST: Final = 1000
_PAGE: Final = 100
_REUSED: Final = "dagbook.reused_from"
_CELLS: Final = "dagbook.cell."
_ORIGIN: Final = ("dagbook.", "mlflow.source.")
_NOT_ORIGIN: Final = (_CELLS, "dagbook.cut.", "dagbook.conflict.", "dagbook.key", "dagbook.ended")


class MlflowRegistry:
    """The registered models of one store."""

    def __init__(self, store: MlflowStore) -> None:
        self._store = store

    def models(self) -> Sequence[RegisteredModel]:
        """All of them, those that changed last first."""

        def read() -> list[RegisteredModel]:
            client = self._store.client()
            found = _pages(lambda token: client.search_registered_models(max_results=_PAGE, page_token=token))
            latest: dict[str, int] = {}
            for one in found:
                versions = client.search_model_versions(
                    f"name={_quoted(one.name)}", max_results=1, order_by=["version_number DESC"]
                )
                if versions:
                    latest[one.name] = int(versions[0].version)
            made = [_model(one, latest.get(one.name)) for one in found]
            return sorted(made, key=lambda model: model.changed, reverse=True)

        return self._store.reach(read)

    def model(self, name: str) -> RegisteredModel | None:
        """The model of that name."""

        def read() -> RegisteredModel | None:
            from mlflow.exceptions import MlflowException

            client = self._store.client()
            try:
                found = client.get_registered_model(name)
            except MlflowException as error:
                if error.error_code == "RESOURCE_DOES_NOT_EXIST":
                    return None
                raise
            versions = client.search_model_versions(
                f"name={_quoted(name)}", max_results=1, order_by=["version_number DESC"]
            )
            return _model(found, int(versions[0].version) if versions else None)

        return self._store.reach(read)

    def versions(self, name: str) -> Sequence[ModelVersion]:
        """Its versions, newest first."""

        def read() -> list[ModelVersion]:
            client = self._store.client()
            found = _pages(
                lambda token: client.search_model_versions(
                    f"name={_quoted(name)}", max_results=_PAGE, page_token=token,
                    order_by=["version_number DESC"],
                )
            )  # fmt: skip
            aliases = _aliases(client.get_registered_model(name))
            return [_version(client, one, aliases) for one in found]

        return self._store.reach(read)

    def logged(self, run_id: str) -> Sequence[LoggedModel]:
        """What a run and those below it logged, newest first."""

        def read() -> list[LoggedModel]:
            client = self._store.client()
            run = client.get_run(run_id)
            return _logged_by(client, run) or _logged_by(client, _reused(client, run))

        return self._store.reach(read)

    def adopt(self, run_id: str, name: str, folder: Path) -> LoggedModel:
        """A folder that MLflow saved a model in, logged as a model of a run."""

        def log() -> LoggedModel:
            client = self._store.client()
            experiment = client.get_run(run_id).info.experiment_id
            made = client.create_logged_model(experiment, name=name, source_run_id=run_id)
            client.log_model_artifacts(made.model_id, str(folder))
            client.finalize_logged_model(made.model_id, "READY")
            return LoggedModel(name=name, model_id=made.model_id, place=made.artifact_location, run_id=run_id)

        return self._store.reach(log)

    def fetch(self, name: str, version: int, into: Path) -> Path:
        """The folder with the version's files; copied below `into` unless it is on this machine."""

        def bring() -> Path:
            from mlflow.artifacts import download_artifacts

            uri = self._store.client().get_model_version_download_uri(name, str(version))
            here = Path(unquote(urlparse(uri).path)) if urlparse(uri).scheme in {"", "file"} else None
            if here is not None:
                return here
            into.mkdir(parents=True, exist_ok=True)
            return Path(
                download_artifacts(artifact_uri=uri, dst_path=str(into), tracking_uri=self._store.uri)
            )

        return self._store.reach(bring)

    def register(
        self, name: str, model: LoggedModel, *, tags: Mapping[str, str], description: str
    ) -> ModelVersion:
        """A new version; the registered model is made if there is none. The run's own origin is added."""

        def make() -> ModelVersion:
            from mlflow.exceptions import MlflowException

            client = self._store.client()
            try:
                client.create_registered_model(name)
            except MlflowException as error:
                if error.error_code != "RESOURCE_ALREADY_EXISTS":
                    raise
            told = {**_origin(client, model.run_id), **tags}
            # By its place: MLflow would look `models:/…` up in the store of its own settings, not in ours.
            made = client.create_model_version(
                name, source=model.place, run_id=model.run_id or None, model_id=model.model_id or None,
                tags={key: value[:LONGEST_TAG] for key, value in told.items()},
                description=description or None,
            )  # fmt: skip
            return _version(client, made, {})

        return self._store.reach(make)

    def set_alias(self, name: str, alias: str, version: int) -> None:
        """Have the alias mean that version."""
        self._store.reach(lambda: self._store.client().set_registered_model_alias(name, alias, str(version)))

    def remove_alias(self, name: str, alias: str) -> None:
        """Have it mean nothing."""
        self._store.reach(lambda: self._store.client().delete_registered_model_alias(name, alias))

    def tag(self, name: str, version: int | None, tags: Mapping[str, str]) -> None:
        """Add tags to a version, or to the model itself."""

        def tell() -> None:
            client = self._store.client()
            for key, value in tags.items():
                if version is None:
                    client.set_registered_model_tag(name, key, value)
                else:
                    client.set_model_version_tag(name, str(version), key, value)

        self._store.reach(tell)

    def describe(self, name: str, version: int | None, text: str) -> None:
        """Replace the description of a version, or of the model itself."""

        def tell() -> None:
            client = self._store.client()
            if version is None:
                client.update_registered_model(name, text)
            else:
                client.update_model_version(name, str(version), text)

        self._store.reach(tell)


def _logged_by(client: MlflowClient, run: Any) -> list[LoggedModel]:
    """What a run logged, else what those below it did."""
    if run is None:
        return []
    experiment = [run.info.experiment_id]
    below = client.search_runs(
        experiment, f"tags.`{PARENT_TAG}` = '{run.info.run_id}'", max_results=_MOST,
        order_by=["attributes.start_time DESC"],
    )  # fmt: skip
    for source in (run, *below):
        found = client.search_logged_models(
            experiment, filter_string=f"source_run_id = '{source.info.run_id}'",
            order_by=[{"field_name": "creation_time", "ascending": False}],
        )  # fmt: skip
        if found:
            return [
                LoggedModel(
                    name=one.name, model_id=one.model_id, place=one.artifact_location,
                    run_id=source.info.run_id,
                )
                for one in found
            ]  # fmt: skip
    return []


def _reused(client: MlflowClient, run: Any) -> Any:
    """The record of the attempt whose result this run's step took over."""
    tags = run.data.tags
    if _REUSED not in tags:
        return None
    found = client.search_runs(
        [run.info.experiment_id],
        f"tags.`dagbook.run` = '{tags[_REUSED]}' and tags.`dagbook.step` = '{tags.get('dagbook.step', '')}'",
        max_results=1, order_by=["attributes.start_time DESC"],
    )  # fmt: skip
    return found[0] if found else None


def _origin(client: MlflowClient, run_id: str) -> dict[str, str]:
    """What the run that made a model says of where it comes from."""
    if not run_id:
        return {}
    tags: dict[str, str] = {}
    for run in _with_node(client, run_id):
        tags |= run.data.tags
    return {
        tag: value
        for tag, value in tags.items()
        if (tag.startswith(_ORIGIN) or tag == "mlflow.user") and not tag.startswith(_NOT_ORIGIN)
    } | ({"dagbook.cell": tags["dagbook.cell"]} if "dagbook.cell" in tags else {})


def _with_node(client: MlflowClient, run_id: str) -> list[Any]:
    """The run; before it that of its node, where the notebook opened a run of its own below it."""
    run = client.get_run(run_id)
    parent = run.data.tags.get(PARENT_TAG)
    if parent and "dagbook.attempt" not in run.data.tags:
        return [client.get_run(parent), run]
    return [run]


def _version(client: MlflowClient, found: Any, aliases: Mapping[str, int]) -> ModelVersion:
    from mlflow.exceptions import MlflowException

    metrics: dict[str, float] = {}
    params: dict[str, str] = {}
    if found.run_id:
        try:
            for run in _with_node(client, found.run_id):
                metrics, params = {**metrics, **run.data.metrics}, {**params, **run.data.params}
        except MlflowException as error:  # deleted since, or of another store: the version stays
            if error.error_code != "RESOURCE_DOES_NOT_EXIST":
                raise
    number = int(found.version)
    stage = found.current_stage or ""
    return ModelVersion(
        name=found.name, version=number, description=found.description or "", tags=dict(found.tags or {}),
        aliases=tuple(sorted(alias for alias, version in aliases.items() if version == number)),
        metrics=metrics, params=params, run_id=found.run_id or "", model_id=found.model_id or "",
        created=_when(found.creation_timestamp), stage="" if stage == "None" else stage,
        status=str(found.status),
    )  # fmt: skip


def _model(found: Any, latest: int | None) -> RegisteredModel:
    return RegisteredModel(
        name=found.name, description=found.description or "", tags=dict(found.tags or {}),
        aliases=_aliases(found), latest=latest,
        changed=_when(found.last_updated_timestamp or found.creation_timestamp),
    )  # fmt: skip


def _aliases(found: Any) -> dict[str, int]:
    return {alias: int(version) for alias, version in (found.aliases or {}).items()}


def _pages(read: Callable[[str | None], Any]) -> list[Any]:
    found: list[Any] = []
    token: str | None = None
    while True:
        page = read(token)
        found.extend(page)
        token = page.token
        if not token or len(found) >= _MOST:
            return found


def _when(milliseconds: int | None) -> str:
    if not milliseconds:
        return ""
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="milliseconds")


def _quoted(text: str) -> str:
    """A text in MLflow's filter language, which knows no escapes."""
    return f'"{text}"' if "'" in text else f"'{text}'"
