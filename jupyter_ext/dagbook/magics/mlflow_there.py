"""What MLflow, where the kernel has imported it, holds at the moment. Never imports it; never raises."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

_SQLITE: Final = "sqlite:///"


def active_run_id() -> str | None:
    """The id of the run that the user's own MLflow code is in."""
    fluent = sys.modules.get("mlflow.tracking.fluent")
    if fluent is None:
        return None
    try:
        active = fluent.active_run()
        return None if active is None else str(active.info.run_id)
    except Exception:  # noqa: BLE001  # half imported, or of another version: then it holds nothing for us
        return None


def parent_of_active() -> str | None:
    """The id of the run that the active one is nested in."""
    fluent = sys.modules.get("mlflow.tracking.fluent")
    try:
        active = None if fluent is None else fluent.active_run()
        return None if active is None else active.data.tags.get("mlflow.parentRunId")
    except Exception:  # noqa: BLE001  # see above
        return None


def is_autologging() -> bool:
    """Whether `mlflow.autolog()` or one of its kind is on."""
    autologging = sys.modules.get("mlflow.utils.autologging_utils")
    known = getattr(autologging, "AUTOLOGGING_INTEGRATIONS", None) or {}
    try:
        return any(not settings.get("disable", True) for settings in known.values())
    except AttributeError:
        return False


def insists_on_another_experiment(experiment_id: str) -> bool:
    """Whether `mlflow.set_experiment` chose another one: MLflow then refuses to take up a run of this one."""
    fluent = sys.modules.get("mlflow.tracking.fluent")
    chosen = getattr(fluent, "_active_experiment_id", None)
    return chosen is not None and str(chosen) != experiment_id


def tracking_uri_in_force() -> str | None:
    """The tracking store that MLflow code here would use, with whole paths; None for the project's own."""
    uri = os.environ.get("MLFLOW_TRACKING_URI") or None
    mlflow = sys.modules.get("mlflow")
    with suppress(Exception):  # see above
        if mlflow is not None and mlflow.is_tracking_uri_set():
            uri = str(mlflow.get_tracking_uri())
    return None if uri is None else _whole(uri)


def uri_of_mlflow() -> str | None:
    """The store that MLflow's own calls go to now, be it only by default; None where it is not imported."""
    mlflow = sys.modules.get("mlflow")
    with suppress(Exception):  # see above
        return None if mlflow is None else _whole(str(mlflow.get_tracking_uri()))
    return None


def experiment_in_force() -> tuple[str | None, str | None]:
    """Name and id of the experiment that was chosen by `mlflow.set_experiment` or in the environment."""
    return os.environ.get("MLFLOW_EXPERIMENT_NAME") or None, os.environ.get("MLFLOW_EXPERIMENT_ID") or None


def _whole(uri: str) -> str:
    """A URI that means the same in every working directory."""
    # `file:` is SQLite's own way to say a path, with options behind it.
    if uri.startswith(_SQLITE) and not uri.startswith((_SQLITE + "/", _SQLITE + "file:")):
        return _SQLITE + str(Path(uri.removeprefix(_SQLITE)).resolve())
    return uri if ":" in uri else str(Path(uri).resolve())
