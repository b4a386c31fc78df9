"""One recorded run: everything about it, its series, and what a person may change."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from dagbook.engine.ports import TrackerAway
from dagbook.errors import DagbookError, EnvironmentFault, Finding, InvalidInput
from dagbook.server.tracked.run_json import NOTE, cells_of, data_sets, number, summary
from dagbook.server.tracked.stores import TrackedStore, TrackedStores
from dagbook.settings import Settings
from dagbook.trackers.series import read_series
from dagbook.trackers.store import LONGEST_TAG, PARENT_TAG

if TYPE_CHECKING:
    from mlflow.entities import Run

MOST_SERIES: Final = 64
_LONGEST_NAME: Final = 250
_TAG: Final = re.compile(r"[\w .:/-]{1,250}")
_MOST_CHILDREN: Final = 200
_RESERVED: Final = ("mlflow.", "dagbook.")
_KEYS: Final[Mapping[str, type]] = {"name": str, "note": str, "tags": dict}


def shown(stores: TrackedStores, run_id: str) -> dict[str, Any]:
    """Everything of one run: its line with all values, and where it comes from."""
    store, run = stores.of_run(run_id)
    experiment = store.ask(lambda client: client.get_experiment(run.info.experiment_id)).name
    tags = run.data.tags
    return {
        **summary(stores, store, run, experiment),
        "metrics": {name: number(value) for name, value in sorted(run.data.metrics.items())},
        "params": dict(sorted(run.data.params.items())),
        "all_tags": dict(sorted(tags.items())),
        "artifact_uri": run.info.artifact_uri,
        "cells": cells_of(tags),
        "data_sets": data_sets(run),
        "inputs": _below(tags, "dagbook.input."),
        "item": _below(tags, "dagbook.item."),
        "git": {
            "commit": tags.get("mlflow.source.git.commit") or tags.get("dagbook.git.commit", ""),
            "branch": tags.get("mlflow.source.git.branch") or tags.get("dagbook.git.branch", ""),
            "repository": tags.get("mlflow.source.git.repoURL", ""),
            "dirty": tags.get("dagbook.git.dirty", ""),
        },
        "environment": _environment(store.folder, tags.get("dagbook.run", "")),
        "models": _models(store, run),
        "children": _children(store, run),
    }


def series(stores: TrackedStores, run_ids: list[str], keys: list[str], most: int) -> dict[str, Any]:
    """Metrics in order, thinned out: `{"series": [{"run", "key", "total", "steps", "times", "values"}]}`.

    Raises:
        InvalidInput: more are asked for than are drawn at once.
        NotFound: there is no such run.
        EnvironmentFault: the store does not answer.
    """
    if not keys or len(run_ids) * len(keys) > MOST_SERIES:
        raise InvalidInput(
            Finding(
                code="bad-series", message=f"{len(run_ids)} runs with {len(keys)} metrics were asked for",
                remedy=f"ask for 1 to {MOST_SERIES} series at once: `run` and `metric` repeat",
            )
        )  # fmt: skip
    found = []
    for run_id in dict.fromkeys(run_ids):
        store, _ = stores.of_run(run_id)
        found += [_series(store, run_id, key, most) for key in dict.fromkeys(keys)]
    return {"series": found}


def edited(stores: TrackedStores, run_id: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """Give a run another name or note, set tags (`null` takes one away); the run as it is then.

    Raises:
        InvalidInput: what is asked for cannot be; nothing was changed.
        NotFound: there is no such run.
        EnvironmentFault: the store does not answer.
    """
    name, note, tags = _wishes(body)
    store, run = stores.of_run(run_id)
    there = set(run.data.tags)

    def change(client: Any) -> None:
        if name is not None:
            client.update_run(run_id, name=name)
        if note is not None:
            client.set_tag(run_id, NOTE, note)
        for tag, value in tags.items():
            if value is not None:
                client.set_tag(run_id, tag, value)
            elif tag in there:
                client.delete_tag(run_id, tag)

    store.ask(change)
    return shown(stores, run_id)


def deleted(stores: TrackedStores, run_id: str) -> dict[str, Any]:
    """Delete a run as MLflow does: it can be restored until somebody empties MLflow's bin."""
    store, run = stores.of_run(run_id)
    if run.info.lifecycle_stage != "deleted":
        store.ask(lambda client: client.delete_run(run_id))
    return {"run": run_id, "deleted": True}


def restored(stores: TrackedStores, run_id: str) -> dict[str, Any]:
    """Take a deletion back."""
    store, run = stores.of_run(run_id)
    if run.info.lifecycle_stage == "deleted":
        store.ask(lambda client: client.restore_run(run_id))
    return {"run": run_id, "deleted": False}


def _series(store: TrackedStore, run_id: str, key: str, most: int) -> dict[str, Any]:
    try:
        found = read_series(store.store, run_id, key, most)
    except TrackerAway as error:
        raise EnvironmentFault(
            Finding(
                code="tracking-away", message=f"MLflow's store does not answer: {error}",
                remedy="`dagbook doctor` says more; what was logged waits and is not lost",
            )
        ) from error  # fmt: skip
    return {
        "run": run_id,
        "key": key,
        "total": found.total,
        "steps": [step for step, _, _ in found.points],
        "times": [at for _, at, _ in found.points],
        "values": [number(value) for _, _, value in found.points],
    }


def _wishes(body: Mapping[str, Any]) -> tuple[str | None, str | None, dict[str, str | None]]:
    wrong = [key for key in body if key not in _KEYS or not isinstance(body[key], _KEYS[key])]
    if wrong or not body:
        raise _bad("bad-body", f"the request cannot be read: {', '.join(map(repr, wrong)) or 'it is empty'}",
                   "give `name`, `note` or `tags`")  # fmt: skip
    name, note, tags = body.get("name"), body.get("note"), body.get("tags", {})
    if name is not None and not 0 < len(name.strip()) <= _LONGEST_NAME:
        raise _bad("bad-name", "a run's name has 1 to 250 characters", "give another name")
    if note is not None and len(note) > LONGEST_TAG:
        raise _bad("bad-note", f"the note has {len(note)} characters", f"write at most {LONGEST_TAG}")
    for tag, value in tags.items():
        if not _TAG.fullmatch(tag) or tag.startswith(_RESERVED):
            raise _bad(
                "bad-tag", f"{tag[:80]!r} cannot be a tag of yours",
                "use letters, digits, spaces and . : / - _ ; beginnings mlflow. and dagbook. are taken",
            )  # fmt: skip
        if value is not None and (not isinstance(value, str) or len(value) > LONGEST_TAG):
            raise _bad("bad-tag", f"the value of '{tag}' is no text, or too long",
                       f"write at most {LONGEST_TAG} characters, or null to take the tag away")  # fmt: skip
    return (name.strip() if name is not None else None), note, dict(tags)


def _bad(code: str, message: str, remedy: str) -> InvalidInput:
    return InvalidInput(Finding(code=code, message=message, remedy=remedy))


def _below(tags: Mapping[str, str], start: str) -> dict[str, str]:
    return {tag.removeprefix(start): value for tag, value in sorted(tags.items()) if tag.startswith(start)}


def _environment(folder: Path, pipeline_run: str) -> dict[str, Any]:
    """Where a pipeline's run was made, as its folder says; empty for what was tracked by hand."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,80}", pipeline_run):
        return {"facts": {}, "packages": []}
    from dagbook.engine.surroundings import read_surroundings

    made = read_surroundings(Settings(project=folder).runs / pipeline_run)
    return {"facts": dict(made.facts), "packages": list(made.packages)}


def _models(store: TrackedStore, run: Run) -> list[dict[str, Any]]:
    return _unless_away(
        lambda: [
            {"model": one.model_id, "name": one.name, "type": one.model_type or "", "status": str(one.status)}
            for one in store.ask(
                lambda client: client.search_logged_models(
                    [run.info.experiment_id], filter_string=f"source_run_id = '{run.info.run_id}'"
                )
            )
        ]
    )


def _children(store: TrackedStore, run: Run) -> list[dict[str, Any]]:
    def find(client: Any) -> list[Any]:
        experiments = [one.experiment_id for one in client.search_experiments()]
        asked = f"tags.`{PARENT_TAG}` = '{run.info.run_id}'"
        return list(client.search_runs(experiments, asked, max_results=_MOST_CHILDREN))

    return _unless_away(
        lambda: [
            {
                "run": one.info.run_id,
                "name": one.info.run_name or one.info.run_id[:8],
                "status": str(one.info.status).lower(),
            }
            for one in store.ask(find)
        ]
    )


def _unless_away(read: Callable[[], list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """What older servers of MLflow do not know is nothing to lose the page for."""
    with suppress(DagbookError):
        return read()
    return []
