"""Leads the user's own MLflow calls to a run of ours for a while, and afterwards away from it again.

By the environment, which MLflow reads by itself; MLflow is not imported for it.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

from dagbook.magics.mlflow_there import active_run_id, parent_of_active

_NAMES: Final = (
    "MLFLOW_TRACKING_URI",
    "MLFLOW_RUN_ID",
    "MLFLOW_EXPERIMENT_ID",
    "MLFLOW_EXPERIMENT_NAME",
    "MLFLOW_RUN_CONTEXT",
    "IPYNB_FILE",
)
_IMPATIENT: Final = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0", "MLFLOW_HTTP_REQUEST_TIMEOUT": "3"}


class MlflowLead:
    """In force from its making until `end`.

    Args:
        told: what the store calls the run; None when that is not known yet: calls then go to the store at
            `uri`, to no run of ours.
        uri: the tracking store.
        source: the notebook, as MLflow is to name it.
        adopt: whether MLflow's own calls take up the run itself.
    """

    def __init__(self, told: Mapping[str, str] | None, uri: str | None, source: str, *, adopt: bool) -> None:
        self._id = told.get("id") if told else None
        self._before = {name: os.environ.get(name) for name in _NAMES}
        wanted: dict[str, str] = {"IPYNB_FILE": source}
        if told and self._id:
            wanted["MLFLOW_TRACKING_URI"] = told.get("uri", "")
            wanted["MLFLOW_RUN_CONTEXT"] = json.dumps({"mlflow.parentRunId": self._id})
            if adopt:
                wanted["MLFLOW_RUN_ID"] = self._id
                wanted["MLFLOW_EXPERIMENT_ID"] = told.get("experiment_id", "")
        elif uri:
            wanted["MLFLOW_TRACKING_URI"] = uri
        self._set = {name: value for name, value in wanted.items() if value}
        os.environ.update(self._set)
        if "MLFLOW_EXPERIMENT_ID" in self._set:
            # A name beside the id would win in some of MLflow's calls.
            os.environ.pop("MLFLOW_EXPERIMENT_NAME", None)

    def activate(self) -> None:
        """Make the run MLflow's active one now, within the one that is, if there is one.

        For autologging, which otherwise ends what it takes up, and for runs that the user left open.

        Raises:
            Exception: whatever MLflow raises.
        """
        import mlflow

        if self._id and active_run_id() != self._id:
            mlflow.start_run(run_id=self._id, nested=True)
            # Still there it would be what a nested `start_run` takes up.
            os.environ.pop("MLFLOW_RUN_ID", None)

    def again(self) -> None:
        """A further cell of the same run: MLflow uses up the run id, so it is said once more."""
        if "MLFLOW_RUN_ID" in self._set and active_run_id() is None:
            os.environ["MLFLOW_RUN_ID"] = self._set["MLFLOW_RUN_ID"]

    def end(self, status: str) -> None:
        """End the run in MLflow's own mind if it is active there, and put the environment back."""
        self._leave(status)
        for name, before in self._before.items():
            now = os.environ.get(name)
            # What the user's code changed stays changed; that MLflow uses up the run id is no change.
            if now != self._set.get(name) and now is not None:
                continue
            if before is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = before

    def _leave(self, status: str) -> None:
        mlflow: Any = sys.modules.get("mlflow")
        if mlflow is None or self._id is None:
            return
        patience = {name: os.environ.get(name) for name in _IMPATIENT}
        os.environ.update(_IMPATIENT)
        try:
            while (active := active_run_id()) is not None:
                is_ours = active == self._id
                if not is_ours and parent_of_active() != self._id:
                    break  # the user's own, from before
                # What was started inside ours and never ended hides it.
                with suppress(Exception):  # the store is away: our own record says how it ended
                    mlflow.end_run(status)
                if is_ours:
                    break
        finally:
            for name, value in patience.items():
                if value is None:
                    os.environ.pop(name, None)
                else:
                    os.environ[name] = value
