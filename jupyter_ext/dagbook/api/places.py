"""Where the steps of a run are to run: what was asked for, else the environment's word, else the file's."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final, get_args

from dagbook.errors import Finding, InvalidInput, did_you_mean
from dagbook.pipeline.plan import Place
from dagbook.pipeline.spec import ExecutorName, PipelineSpec
from dagbook.settings import Settings

_JOBS_OF_A_CLUSTER: Final = 100
"""Steps at once, where nobody says: the cluster itself knows how much room it has."""


@dataclass(frozen=True, kw_only=True)
class WantedPlace:
    """What a run asks for; empty where it says nothing."""

    executor: str = ""
    dask_address: str = ""
    storage: str = ""


def choose_place(spec: PipelineSpec, wanted: WantedPlace, around: Settings) -> Place:
    """The place. An address alone means Dask; storage alone does not, as its files travel only there.

    Raises:
        InvalidInput: there is no such executor, or the storage is a path that means another place elsewhere.
    """
    executor = wanted.executor or ("dask" if wanted.dask_address else "")
    executor = executor or around.executor or ("dask" if around.dask_address else "")
    executor = executor or spec.executor or ("dask" if spec.dask_address else "local")
    known = get_args(ExecutorName)
    if executor not in known:
        raise InvalidInput(
            Finding(
                code="unknown-executor", message=f"there is no executor '{executor}'",
                remedy=did_you_mean(executor, known),
            )
        )  # fmt: skip
    if executor == "local":
        return Place()
    return Place.model_validate(
        {
            "executor": executor,
            "address": wanted.dask_address or around.dask_address or spec.dask_address or "",
            "storage": _storage(wanted.storage or around.storage or spec.storage or ""),
        }
    )


def _storage(said: str) -> str:
    if said and "://" not in said and not Path(said).is_absolute():
        raise InvalidInput(
            Finding(
                code="wrong-storage", message=f"the storage '{said}' is neither an address nor a whole path",
                remedy="write s3://BUCKET/PATH, or the whole path of a folder that the workers have too",
            )
        )  # fmt: skip
    return said


def jobs_at(place: Place, around: Settings) -> int:
    """How many steps may run there at once, unless somebody says otherwise."""
    return _JOBS_OF_A_CLUSTER if place.address else around.jobs
