"""From a pipeline file (or a spec built in Python) to checked facts and a plan."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from dagbook import bootstrap
from dagbook.api.environments import with_locks
from dagbook.api.facts import ReadNotebooks, read_notebooks
from dagbook.api.hooks import ReadHooks, read_hooks
from dagbook.api.keeping import kept_seconds
from dagbook.api.params import run_params
from dagbook.api.pipelines import whole
from dagbook.api.places import WantedPlace, choose_place, jobs_at
from dagbook.api.scoring import scoring_models
from dagbook.api.sources import used_sources
from dagbook.engine.kept_sources import KeptSources
from dagbook.engine.writer import user_name
from dagbook.errors import Finding, InvalidInput, did_you_mean
from dagbook.loaders.pipeline_file import LoadedPipeline, load_pipeline
from dagbook.notebook.imports import imported_at_once
from dagbook.notebook.values import encode
from dagbook.pipeline.check import check_notebooks, check_spec
from dagbook.pipeline.check_hooks import check_hooks
from dagbook.pipeline.facts import NotebookFacts
from dagbook.pipeline.graph import make_graph
from dagbook.pipeline.plan import MOST_STEPS, Plan
from dagbook.pipeline.planner import Circumstances, Memory, StepPlanner, plan_nodes
from dagbook.pipeline.rules import Limits
from dagbook.pipeline.selection import Selection
from dagbook.pipeline.spec import PipelineSpec


@dataclass(frozen=True, kw_only=True)
class Checked:
    """A pipeline that was read and looked through. `findings` may hold errors; `require` refuses them."""

    loaded: LoadedPipeline
    read: ReadNotebooks
    findings: tuple[Finding, ...]
    hooks: ReadHooks = field(default_factory=ReadHooks)

    @property
    def spec(self) -> PipelineSpec:
        """What the author wrote."""
        return self.loaded.spec

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that forbid a run."""
        return tuple(finding for finding in self.findings if finding.severity == "error")

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """The findings that do not."""
        return tuple(finding for finding in self.findings if finding.severity == "warning")

    def require(self) -> None:
        """Raise what forbids a run: InvalidInput, or EnvironmentFault for a kernel that is missing."""
        if self.errors:
            raise InvalidInput(*self.errors)
        if self.read.fault is not None:
            raise self.read.fault


@dataclass(frozen=True, kw_only=True)
class Choices:
    """What a run may choose.

    Attributes:
        params: values by name.
        jobs: steps at once; the project's setting when None.
        selection: which nodes; all when empty.
        use_cache: False runs everything anew.
        place: where steps run, as far as it is said.
        warm: False starts every kernel anew; the project's setting when None.
        keep_failed: how long the kernel of a step that fails is kept: `30m`, seconds, 0; as set when None.
        tags: of the run, besides those of the file; MLflow gets them too.
        lock: the packages of Python notebooks that ask for none of their own; empty for those that are here.
    """

    params: Mapping[str, Any] = field(default_factory=dict)
    jobs: int | None = None
    selection: Selection = field(default_factory=Selection)
    use_cache: bool = True
    place: WantedPlace = field(default_factory=WantedPlace)
    warm: bool | None = None
    keep_failed: str | float | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    lock: str = ""


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """A plan, the notebooks and modules as they were when it was made, and whom its hooks tell."""

    plan: Plan
    documents: Mapping[str, dict[str, Any]]
    warnings: tuple[Finding, ...] = ()
    addresses: Mapping[str, str] = field(default_factory=dict)
    sources: KeptSources = field(default_factory=KeptSources)


def check_file(file: Path) -> Checked:
    """Read a pipeline file and its notebooks, and say everything that is wrong with them.

    Raises:
        InvalidInput: the file itself cannot be read as a pipeline.
    """
    return check(load_pipeline(file))


def check(loaded: LoadedPipeline) -> Checked:
    """Look through a pipeline that was loaded, or built in Python."""
    loaded = whole(loaded)
    spec = loaded.spec
    loader, folder = bootstrap.loader(bootstrap.settings(loaded.file)), loaded.file.parent
    read = read_notebooks(spec, folder, loader)
    problems = [*check_spec(spec), *check_hooks(spec), *read.problems]
    if spec.on.schedule is not None:
        from dagbook.api.schedule_check import check_schedule  # cron, which most pipelines do without

        problems += check_schedule(spec.on.schedule)
    hooks = ReadHooks()
    if not any(problem.code == "expression" for problem in problems):
        hooks = read_hooks(spec, folder, loader)
        problems += [*check_notebooks(spec, read.facts), *hooks.problems]
    return Checked(
        loaded=loaded,
        read=read,
        findings=(*loaded.remarks, *loaded.findings(problems), *read.findings),
        hooks=hooks,
    )


def make_plan(checked: Checked, choices: Choices) -> Prepared:
    """What a run would do, and why.

    Raises:
        InvalidInput: the pipeline, a parameter, the selection or a tag is wrong.
        EnvironmentFault: a kernel is missing.
    """
    checked.require()
    spec = checked.spec
    values = run_params(spec, choices.params)
    selection = choices.selection.within(checked.loaded.top)
    _require_nodes(checked.loaded, selection)
    _require_tags(choices.tags)
    around = bootstrap.settings(checked.loaded.file)
    cache = bootstrap.cache(around)
    graph = make_graph(spec)
    scoring = scoring_models(spec, graph, bootstrap.find_model(checked.loaded.file))
    circumstances = Circumstances(
        params=values,
        facts=with_locks(checked.read.facts, bootstrap.environments(around), choices.lock),
        memory=Memory(known=cache.known, latest=cache.latest),
        selection=selection,
        env=os.environ,
        environment=environment_name(),
        use_cache=choices.use_cache,
        models=scoring.versions,
        warm=around.warm if choices.warm is None else choices.warm,
        accepting=f"accepted by {user_name()} on {datetime.now().astimezone():%Y-%m-%d}",
    )
    place = choose_place(spec, choices.place, around)
    keep_failed, unkept = kept_seconds(choices.keep_failed, around.keep_failed, place)
    nodes = plan_nodes(spec, graph, circumstances)
    plan = Plan(
        pipeline=spec.pipeline,
        description=spec.description,
        file=str(checked.loaded.file),
        project=str(around.project),
        params={name: encode(value) for name, value in values.items()},
        jobs=min(choices.jobs or jobs_at(place, around), spec.concurrency or MOST_STEPS),
        place=place,
        keep_failed=keep_failed,
        limits=Limits(fail_fast=spec.fail_fast),
        experiment=spec.experiment or spec.pipeline,
        tags={**spec.tags, **choices.tags},
        preload=spec.preload,
        imports=_imports(checked.read.facts[name] for name, node in nodes.items() if node.warm),
        nodes=nodes,
        steps=StepPlanner(spec, graph, circumstances).steps(),
        hooks=dict(checked.hooks.planned),
    )
    _require_accepted(plan, selection)
    away = cache.trouble()
    return Prepared(
        plan=plan,
        documents={**checked.read.documents, **checked.hooks.documents},
        warnings=(*checked.warnings, *scoring.warnings, *unkept, *([_cache_away(away)] if away else [])),
        addresses=checked.hooks.addresses,
        sources=used_sources(checked.read, around.project),
    )


def _imports(notebooks: Iterable[NotebookFacts]) -> tuple[str, ...]:
    """What the notebooks will import, their own modules excepted."""
    found = set()
    for facts in notebooks:
        own = {file.partition("/")[0].removesuffix(".py") for file in facts.modules}
        for code in (*facts.cells.values(), *facts.modules.values()):
            found |= {name for name in imported_at_once(code) if name.partition(".")[0] not in own}
    return tuple(sorted(found))


def environment_name() -> str:
    """What identifies the interpreter in fingerprints."""
    return f"python {sys.version_info.major}.{sys.version_info.minor}"


def _require_nodes(loaded: LoadedPipeline, selection: Selection) -> None:
    spec = loaded.spec
    unknown = [node for node in selection.named() if node not in spec.nodes]
    if unknown:
        raise InvalidInput(
            *(
                Finding(
                    code="unknown-node",
                    message=f"the pipeline '{spec.pipeline}' has no node '{node}'",
                    remedy=did_you_mean(node, loaded.top.names()),
                )
                for node in unknown
            )
        )


def _require_tags(tags: Mapping[str, str]) -> None:
    wrong = [
        Finding(
            code="tag-name",
            message=f"{name!r} cannot be a tag of yours",
            remedy="names that begin with `mlflow.` or `dagbook.` are taken; call it otherwise",
        )
        for name in tags
        if not name.strip() or name.startswith(("mlflow.", "dagbook."))
    ]
    if wrong:
        raise InvalidInput(*wrong)


def _require_accepted(plan: Plan, selection: Selection) -> None:
    """Whoever takes a result as current must be able to rely on it."""
    wrong = []
    for node in selection.accept:
        steps = plan.steps_of(node)
        if all(step.action == "run" and not step.accepted for step in steps):
            wrong.append(
                Finding(
                    code="nothing-to-accept",
                    message=f"node '{node}' has no earlier result that could be taken as current "
                    f"({steps[0].reason})",
                    remedy="leave --accept out, and it runs",
                    node=node,
                )
            )
    if wrong:
        raise InvalidInput(*wrong)


def _cache_away(trouble: str) -> Finding:
    return Finding(
        code="cache-away",
        message=trouble,
        remedy="see DAGBOOK_CACHE; the run goes on without it",
        severity="warning",
    )
