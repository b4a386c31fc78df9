"""Deploying a registered model to where others serve it, through MLflow's deployment clients."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from dagbook.api.serving import fetch_model
from dagbook.errors import DagbookError, EnvironmentFault, Finding, InvalidInput, NotFound, did_you_mean

if TYPE_CHECKING:
    from mlflow.deployments import BaseDeploymentClient

_T = TypeVar("_T")
_NAMES: Final = ("name", "EndpointName")
_STATES: Final = ("state", "status", "EndpointStatus")


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """A model where others serve it.

    Attributes:
        target: as MLflow names it, `sagemaker:/eu-north-1`.
        name: of the deployment there.
        model: name and version, `churn/3`; empty where only the target knows.
        state: in the target's own words; empty when it has none.
        warnings: what is to be known of the model.
    """

    target: str
    name: str
    model: str = ""
    state: str = ""
    warnings: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """In the shape of `dagbook deploy --json`."""
        return {
            "target": self.target, "name": self.name, "model": self.model, "state": self.state,
            "warnings": list(self.warnings),
        }  # fmt: skip


def deploy(
    model: str,
    target: str,
    name: str | None = None,
    where: Path | str = ".",
    *,
    config: Mapping[str, str] | None = None,
    update: bool = False,
) -> Deployment:
    """Deploy a registered model, and wait until the target says that it is there.

    Args:
        model: `churn@champion`, `churn/3`; the newest version of `churn`.
        target: `sagemaker:/REGION`, or what another deployment plug-in of MLflow is called.
        name: of the deployment; the model's when None.
        where: in the project.
        config: what the target wants to be told; `mlflow deployments help -t TARGET` lists it.
        update: replace the deployment of that name.

    Raises:
        NotFound: no such model, or with `update` no such deployment.
        InvalidInput: no such target, or without `update` there is a deployment of that name.
        EnvironmentFault: the model cannot be loaded here, or the target refused or failed.
    """
    client = _client(target)
    fetched = fetch_model(model, where)
    named = f"{fetched.version.name}/{fetched.version.version}"
    name = name or re.sub(r"[^A-Za-z0-9]+", "-", fetched.version.name).strip("-")
    if update:
        _require_there(target, client, name)
    elif _state(target, client, name) is not None:
        raise InvalidInput(
            Finding(
                code="deployment-there", message=f"{target} has a deployment '{name}' already",
                remedy="--update replaces it; --name gives another name",
            )
        )  # fmt: skip
    _require_known(target, client, config or {})
    act = client.update_deployment if update else client.create_deployment
    uri = fetched.folder.resolve().as_uri()
    _asked(target, lambda: act(name, uri, config=dict(config or {})))
    state = _state(target, client, name) or ""
    return Deployment(target=target, name=name, model=named, state=state, warnings=fetched.warnings)


def deployments(target: str) -> list[Deployment]:
    """What is deployed there, by name.

    Raises:
        InvalidInput: no such target.
        EnvironmentFault: it is away, or refused to say.
    """
    known = _listed(target, _client(target))
    return [Deployment(target=target, name=name, state=state) for name, state in sorted(known.items())]


def delete_deployment(target: str, name: str) -> Deployment:
    """Take a deployment away.

    Raises:
        InvalidInput: no such target.
        NotFound: no such deployment.
        EnvironmentFault: the target is away, or refused.
    """
    client = _client(target)
    _require_there(target, client, name)
    _asked(target, lambda: client.delete_deployment(name))
    return Deployment(target=target, name=name, state="deleted")


def _client(target: str) -> BaseDeploymentClient:
    from mlflow.deployments import get_deploy_client
    from mlflow.deployments.interface import plugin_store
    from mlflow.deployments.utils import parse_target_uri

    logging.getLogger("mlflow").setLevel(logging.WARNING)
    os.environ["MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR"] = "false"
    kind = _asked(target, lambda: parse_target_uri(target))
    if kind not in plugin_store.registry:
        known = sorted(plugin_store.registry)
        raise InvalidInput(
            Finding(
                code="unknown-target", message=f"MLflow has no deployment target '{kind}' here",
                remedy=f"{did_you_mean(kind, known)} Others come with plug-ins of MLflow.",
            )
        )  # fmt: skip
    return _asked(target, lambda: get_deploy_client(target))


def _listed(target: str, client: BaseDeploymentClient) -> dict[str, str]:
    """Deployment → its state, in the words of the target."""
    listed: Iterable[Mapping[str, Any]] = _asked(target, client.list_deployments)
    return {_first(one, _NAMES): _first(one, _STATES) for one in listed}


def _state(target: str, client: BaseDeploymentClient, name: str) -> str | None:
    """The state of a deployment; None when there is none."""
    listed = _listed(target, client)
    if name in listed:
        return listed[name]
    try:  # a list may be cut: SageMaker's has ten
        return _first(client.get_deployment(name), _STATES)
    except Exception:  # noqa: BLE001  # it answered the question before: so this one is not there
        return None


def _first(of: Mapping[str, Any], keys: Iterable[str]) -> str:
    return next((str(of[key]) for key in keys if key in of), "")


def _require_there(target: str, client: BaseDeploymentClient, name: str) -> None:
    if _state(target, client, name) is None:
        known = _listed(target, client)
        raise NotFound(
            Finding(
                code="unknown-deployment", message=f"{target} has no deployment '{name}'",
                remedy=did_you_mean(name, known, "nothing is deployed there yet"),
            )
        )  # fmt: skip


def _require_known(target: str, client: BaseDeploymentClient, config: Mapping[str, str]) -> None:
    """MLflow's own client for SageMaker passes over what it does not know."""
    defaults = getattr(client, "_default_deployment_config", None)
    known = set(defaults()) if defaults is not None else set(config)
    if unknown := sorted(set(config) - known):
        raise InvalidInput(
            *(
                Finding(
                    code="unknown-config", message=f"{target} does not know `-C {key}`",
                    remedy=did_you_mean(key, known),
                )
                for key in unknown
            )
        )  # fmt: skip


def _asked(target: str, ask: Callable[[], _T]) -> _T:
    try:
        return ask()
    except DagbookError:
        raise
    except ModuleNotFoundError as error:
        raise EnvironmentFault(
            Finding(
                code="target-packages", message=f"{target} needs {error.name}, which is not installed",
                remedy=f"pip install {error.name}",
            )
        ) from error  # fmt: skip
    except Exception as error:  # each target has errors of its own
        raise EnvironmentFault(
            Finding(
                code="deployment-failed", message=f"{target} says: {_sentence(error)}",
                remedy=f"`mlflow deployments help -t {target.partition(':')[0]}` lists what -C may say",
            )
        ) from error  # fmt: skip


def _sentence(error: Exception) -> str:
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
