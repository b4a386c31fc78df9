"""MLflow's runs as the panel is told of them. Numbers that JSON does not know travel as text."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from dagbook.server.tracked.stores import TrackedStore, TrackedStores
from dagbook.trackers.store import PARENT_TAG

if TYPE_CHECKING:
    from mlflow.entities import Run

SOURCE: Final = "mlflow.source.name"
NOTE: Final = "mlflow.note.content"
_USER: Final = "mlflow.user"
_CELL: Final = "dagbook.cell."
_OURS: Final = ("mlflow.", "dagbook.")
MOST_VALUES: Final = 60
"""Metrics, parameters and tags of a run in a list; one run alone is told whole."""

# MLflow writes infinity into a database as the largest number there is.
_LARGEST: Final = 1.797e308


def number(value: float) -> float | str:
    """A number for JSON; `NaN`, `Infinity` and `-Infinity` are text."""
    if math.isnan(value):
        return "NaN"
    if abs(value) >= _LARGEST:
        return "Infinity" if value > 0 else "-Infinity"
    return value


def moment(milliseconds: int | None) -> str | None:
    """ISO 8601 in UTC."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat() if milliseconds else None


def summary(
    stores: TrackedStores, store: TrackedStore, run: Run, experiment: str, wanted: Iterable[str] = ()
) -> dict[str, Any]:
    """A run as a line of the list. `wanted` columns (`metrics.acc`) are there whatever else is cut."""
    info, tags = run.info, run.data.tags
    ended, began = info.end_time, info.start_time
    source = tags.get(SOURCE, "")
    own = {key: value for key, value in tags.items() if not key.startswith(_OURS)}
    metrics = {name: number(value) for name, value in run.data.metrics.items()}
    return {
        "run": info.run_id,
        "name": info.run_name or info.run_id[:8],
        "status": str(info.status).lower(),
        "deleted": info.lifecycle_stage == "deleted",
        "started": moment(began),
        "finished": moment(ended),
        "seconds": (ended - began) / 1000 if ended and began else None,
        "experiment": experiment,
        "project": store.project,
        "user": tags.get(_USER) or info.user_id or "",
        "source": source,
        "path": stores.projects.shown_path(source) if source else None,
        "note": tags.get(NOTE, ""),
        "parent": tags.get(PARENT_TAG),
        "pipeline": tags.get("dagbook.pipeline"),
        "pipeline_run": tags.get("dagbook.run"),
        "step": tags.get("dagbook.step"),
        "link": store.link(info.experiment_id, info.run_id),
        "metrics": _cut(metrics, "metrics.", wanted),
        "params": _cut(dict(run.data.params), "params.", wanted),
        "tags": _cut(own, "tags.", wanted),
        "values": len(metrics),
    }


def cells_of(tags: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Which cell logged what: `{"metric": {"acc": "8f3a1c02"}, "param": …, "artifact": …}`."""
    found: dict[str, dict[str, str]] = {"metric": {}, "param": {}, "artifact": {}}
    for tag, cell in tags.items():
        kind, _, name = tag.removeprefix(_CELL).partition(".")
        if tag.startswith(_CELL) and kind in found and cell:
            found[kind][name] = cell
    return found


def data_sets(run: Run) -> list[dict[str, str]]:
    """The data sets that were logged as inputs."""
    logged = getattr(run.inputs, "dataset_inputs", None) or ()
    return [
        {
            "name": one.dataset.name,
            "digest": one.dataset.digest,
            "context": next((tag.value for tag in one.tags if tag.key == "mlflow.data.context"), ""),
        }
        for one in logged
    ]


def _cut(values: dict[str, Any], kind: str, wanted: Iterable[str]) -> dict[str, Any]:
    if len(values) <= MOST_VALUES:
        return values
    first = [name.removeprefix(kind) for name in wanted if name.startswith(kind)]
    kept = [*(name for name in first if name in values), *sorted(values)]
    return {name: values[name] for name in list(dict.fromkeys(kept))[:MOST_VALUES]}
