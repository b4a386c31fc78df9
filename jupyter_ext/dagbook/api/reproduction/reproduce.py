"""`reproduce`: a run once more, from its commit, patch, parameters, data and packages; and what differs."""

from __future__ import annotations

import json
import os
import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from dagbook import bootstrap
from dagbook.api.compare import Difference, compare_runs
from dagbook.api.driver import start_driver
from dagbook.api.planning import Prepared
from dagbook.api.reproduction.again import plan_again
from dagbook.api.reproduction.environment import lock_of, make_environment, package_differences
from dagbook.api.reproduction.tree import Tree, bring_back
from dagbook.api.run import Run, not_writable, run_of, write_run_folder
from dagbook.api.run_plan import plan_in
from dagbook.engine.folders import frozen_notebook, new_run_id
from dagbook.engine.kept_sources import read_sources
from dagbook.engine.ports import TrackerAway
from dagbook.engine.surroundings import MadeIn, read_surroundings
from dagbook.errors import EnvironmentFault, Finding, InvalidInput, NotFound
from dagbook.notebook.cells import language_of
from dagbook.pipeline.model_reference import read_reference
from dagbook.pipeline.plan import Plan
from dagbook.pipeline.predict import MODEL
from dagbook.run.state import RunState

FOLDER: Final = "reproductions"
_OVER: Final = frozenset({"succeeded", "failed"})
_COMPARED: Final = ("parameter", "state", "output", "code")
_NOT_THEIRS: Final = ("MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI", "MLFLOW_RUN_ID", "DAGBOOK_CACHE")


@dataclass(frozen=True, kw_only=True)
class Reproduction:
    """A run that was done again, and what is not as it was.

    Attributes:
        run: id of the original.
        again: the new run, in a project of its own.
        folder: that project.
        environment: `fresh`, or `same`.
        differences: parameters, states, outputs, metrics, packages, data and code that differ.
        notes: what could not be brought back.
    """

    run: str
    again: Run
    folder: Path
    environment: str
    differences: tuple[Difference, ...]
    notes: tuple[str, ...] = ()

    @property
    def equal(self) -> bool:
        """Whether it came to the same."""
        return not self.differences

    def to_json(self) -> dict[str, Any]:
        """In the shape of `dagbook reproduce --json`."""
        return {
            "run": self.run, "reproduction": self.again.id, "folder": str(self.folder),
            "state": self.again.state.state, "environment": self.environment, "equal": self.equal,
            "differences": [asdict(one) for one in self.differences], "notes": list(self.notes),
        }  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class _Original:
    run: Run
    plan: Plan
    state: RunState
    made_in: MadeIn
    documents: Mapping[str, dict[str, Any]]


def reproduce(
    run: Run | str,
    *,
    same_environment: bool = False,
    into: Path | None = None,
    look: Callable[[Run], None] | None = None,
) -> Reproduction:
    """Do a run again in a folder and an environment of its own, and compare.

    Nothing of the original, of its project or of its tracking store is changed: no model is registered,
    nobody is notified, and what is tracked goes to a store in the new folder.

    Args:
        run: that is over; or its id.
        same_environment: take this interpreter and its packages in place of a fresh environment made by uv.
        into: the new project's folder, empty or not there; `.dagbook/reproductions/…` otherwise.
        look: called with the new run once it has begun; waits for its end otherwise.

    Raises:
        InvalidInput: the run is going on, or data, notebooks or models that it used are gone.
        EnvironmentFault: its packages cannot be had, or a folder cannot be written.
    """
    original = _original(run_of(run))
    folder = _folder(original, into)
    try:
        again, tree, python = _begin(original, folder, same_environment=same_environment)
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise not_writable(error, folder) from error
    except (InvalidInput, EnvironmentFault):
        shutil.rmtree(folder, ignore_errors=True)
        raise
    (look or Run.wait)(again)
    if again.state.state not in _OVER | {"cancelled"}:
        again.wait()
    return Reproduction(
        run=original.run.id, again=again, folder=folder, notes=tree.notes,
        environment="same" if same_environment else "fresh",
        differences=tuple(_differences(original, again, tree, python)),
    )  # fmt: skip


def _original(run: Run) -> _Original:
    state = run.state
    if state.state not in _OVER:
        raise InvalidInput(
            Finding(
                code="not-over", message=f"run {run.id} is {state.state}: what is over can be reproduced",
                remedy="`dagbook resume` finishes it",
            )
        )  # fmt: skip
    plan = plan_in(run.folder)
    documents = {}
    for node in plan.nodes:
        path = run.folder / frozen_notebook(node)
        try:
            documents[node] = bootstrap.read_frozen(path)
        except (OSError, ValueError) as error:
            raise InvalidInput(
                Finding(
                    code="notebook-gone", message=f"the run's copy of the notebook of '{node}' is gone",
                    remedy="run the pipeline again: what is missing of a run cannot be made up for",
                    file=str(path), node=node,
                )
            ) from error  # fmt: skip
    return _Original(
        run=run, plan=plan, state=state, made_in=read_surroundings(run.folder), documents=documents
    )


def _folder(original: _Original, into: Path | None) -> Path:
    state = bootstrap.settings(Path(original.plan.project)).state
    folder = (into or state / FOLDER / f"{original.run.id}-{secrets.token_hex(3)}").resolve()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InvalidInput(
            Finding(
                code="not-empty", message=f"{folder} is there, and is not empty",
                remedy="name a folder that is not there yet with --into", file=str(folder),
            )
        )  # fmt: skip
    return folder


def _begin(original: _Original, folder: Path, *, same_environment: bool) -> tuple[Run, Tree, Path | None]:
    run, plan, made_in = original.run, original.plan, original.made_in
    folder.mkdir(parents=True, exist_ok=True)
    tree = bring_back(
        folder, Path(plan.project), made_in.facts.get("commit", ""), made_in.patch, read_sources(run.folder)
    )
    for node in plan.nodes.values():
        notebook = Path(node.notebook)
        if notebook.is_relative_to(plan.project):
            (tree.project / notebook.relative_to(plan.project)).parent.mkdir(parents=True, exist_ok=True)
    (tree.project / ".dagbook").mkdir(exist_ok=True)
    locks: dict[str, str] = {}
    python = None
    if not same_environment:
        lock = lock_of(made_in.packages, made_in.facts.get("Python", ""))
        python = make_environment(bootstrap.environments(bootstrap.settings(tree.project)), lock)
        locks = {node: lock for node, known in original.documents.items() if language_of(known) == "python"}
    again = plan_again(plan, tree.project, run.id, locks=locks, models=dict(_models(original, tree)))
    around = bootstrap.settings(tree.project)
    place = around.runs / new_run_id()
    write_run_folder(place, Prepared(plan=again, documents=original.documents))
    process = start_driver(place, env=_environment())
    return Run(place.name, bootstrap.queries_of(around.runs), process), tree, python


def _environment() -> dict[str, str]:
    """Ours, without what leads to stores that others use."""
    return {name: value for name, value in os.environ.items() if name not in _NOT_THEIRS}


def _models(original: _Original, tree: Tree) -> Iterator[tuple[str, str]]:
    """Node that scores → the files of the version that it scored with, by its executed notebook."""
    for name, node in original.plan.nodes.items():
        if not node.predict:
            continue
        uri = _scored_with(original, name) or node.predict
        try:
            version = bootstrap.find_model(Path(original.plan.project))(uri)
            registry = bootstrap.registry(Path(original.plan.project))
            assert registry is not None
            place = registry.fetch(version.name, version.version, tree.project / ".dagbook" / "models" / name)
        except (NotFound, TrackerAway) as error:
            raise InvalidInput(
                Finding(
                    code="model-gone", message=f"'{name}' scored with {uri}, which cannot be had: {error}",
                    remedy="see `dagbook models`; a version that was deleted is not brought back",
                    node=name,
                )
            ) from error  # fmt: skip
        yield name, str(place)


def _scored_with(original: _Original, node: str) -> str:
    for step in original.state.steps.values():
        if step.outline.node == node and step.notebook:
            try:
                executed = json.loads((original.run.folder / step.notebook).read_text("utf-8"))
                said = str(executed["metadata"]["papermill"]["parameters"][MODEL])
                return read_reference(said).uri
            except (OSError, ValueError, KeyError, TypeError):
                continue
    return ""


def _differences(original: _Original, again: Run, tree: Tree, python: Path | None) -> Iterator[Difference]:
    yield from compare_runs(original.run, again).of_kind(*_COMPARED)
    yield from _metrics(original, again)
    yield from package_differences(original.made_in.packages, python)
    for name, (before, now) in tree.changed.items():
        yield Difference(
            kind="data", name=name, left=f"sha256 {before[:12]}", right=f"sha256 {now[:12]}",
            change="changed since the run read it",
        )  # fmt: skip


def _metrics(original: _Original, again: Run) -> Iterator[Difference]:
    """Metrics that notebooks logged, beyond the outputs that they published."""
    now = again.state
    for name, step in original.state.steps.items():
        other = now.steps.get(name)
        if other is None or not step.mlflow_run_id or not other.mlflow_run_id:
            continue
        try:
            before, after = _measured(original.state, step.mlflow_run_id), _measured(now, other.mlflow_run_id)
        except TrackerAway:
            continue
        for metric in sorted({*before, *after} - {*step.outputs, *other.outputs}):
            if before.get(metric) != after.get(metric) and not _is_of_time(metric):
                left, right = (str(side.get(metric, "")) for side in (before, after))
                yield Difference(kind="metric", where=name, name=metric, left=left, right=right)


def _measured(state: RunState, mlflow_run_id: str) -> dict[str, float]:
    around = bootstrap.settings(Path(state.file).parent)
    return bootstrap.run_records(around, state.tracking_uri).metrics_of(mlflow_run_id)


def _is_of_time(metric: str) -> bool:
    return metric.endswith(("seconds", "peak_memory", "_time", "memory"))
