"""Plan → Workflow, WorkflowTemplate or CronWorkflow, as YAML."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from typing import Any, Final

from ruamel.yaml import YAML

from dagbook.compilers.argo.approval import approval_problems, question_template
from dagbook.compilers.argo.conditions import (
    condition_problems,
    depends,
    goes_on_after_failures,
    verdict_task,
    verdict_template,
)
from dagbook.compilers.argo.cron import cron_spec, event_problems
from dagbook.compilers.argo.limits import limit_problems
from dagbook.compilers.argo.lint.manifest import lint
from dagbook.compilers.argo.names import field_names, hera_models, label_value, object_name
from dagbook.compilers.argo.retries import retry_problems
from dagbook.compilers.argo.step_template import StepTemplates
from dagbook.compilers.elsewhere import cold_problems
from dagbook.compilers.refusals import instead, refused, unknown_keys
from dagbook.engine.deployment import Deployment, Manifest, Option
from dagbook.notebook.values import decode
from dagbook.pipeline.problem import Problem

_MAIN: Final = "main"
_KINDS: Final = {"workflow": "Workflow", "template": "WorkflowTemplate", "cron": "CronWorkflow"}
_NODE: Final = frozenset(
    {
        "approve",
        "cache",
        "cell_timeout",
        "concurrency",
        "mutex",
        "resources",
        "retries",
        "run_if",
        "semaphore",
        "warm",
        "when",
    }
)
"""Keys of nodes that are said to Argo, or kept by the step itself."""
_PIPELINE: Final = frozenset({"concurrency", "fail_fast", "on", "preload"})
_API: Final = "argoproj.io/v1alpha1"
_BRACES: Final = "{{"
_REPORT: Final = "report it, with the pipeline file: this is a fault of Dagbook"
LARGEST: Final = 1_000_000
"""Bytes. The cluster's own database takes no larger object."""


class ArgoCompiler:
    """Implements `engine.ports.Compiler` for Argo Workflows 3.6 and later."""

    options: Mapping[str, Option] = {
        "image": Option(help="container image that has Dagbook, the notebooks and what they import"),
        "kind": Option(help="what to write", default="workflow", choices=("workflow", "template", "cron")),
        "store": Option(
            help="kind of the cluster's artifact store", default="s3", choices=("s3", "gcs", "oss")
        ),
        "secret": Option(help="Kubernetes secret that holds the pipeline's secret parameters"),
        "semaphores": Option(help="ConfigMap that says how many may hold each semaphore"),
        "service-account": Option(help="service account of the pods"),
    }

    def compile(self, deployment: Deployment) -> Manifest:
        """The manifest.

        Raises:
            EnvironmentFault: Hera is not installed.
        """
        problems = [
            *unknown_keys(deployment.spec, "Argo", node=_NODE, pipeline=_PIPELINE),
            *_problems(deployment),
        ]
        if any(problem.severity == "error" for problem in problems):
            return Manifest(text="", suffix=".yaml", problems=tuple(problems))
        document = _Workflow(deployment).document()
        text = _as_yaml(_heading(deployment), document)
        for flaw in lint(document):  # never, if we are right
            problems.append(refused(("pipeline",), f"the workflow would be wrong: {flaw}", _REPORT))
            text = ""
        if len(text.encode()) > LARGEST:
            message = (
                f"the workflow has {len(text.encode()):,} bytes, more than a cluster takes ({LARGEST:,})"
            )
            problems.append(refused(("nodes",), message, "split the pipeline, or make its matrices smaller"))
            text = ""
        return Manifest(text=text, suffix=".yaml", problems=tuple(problems))


def _problems(deployment: Deployment) -> list[Problem]:
    spec, options, found = deployment.spec, deployment.options, []
    if not options["image"]:
        found.append(
            refused(("pipeline",), "Argo runs containers, and no image is named", "add --image NAME:TAG")
        )
    for name, text in deployment.params.items():
        if _BRACES in text:
            message = f"the value of '{name}' holds `{{{{`, which Argo would replace by something of its own"
            found.append(refused(("params", name), message, "write the value without it"))
    if deployment.secrets and not options["secret"]:
        names = ", ".join(deployment.secrets)
        message = f"of where the cluster keeps the values of {names}, nothing is said"
        found.append(refused(("params",), message, "add --secret NAME, of a Kubernetes secret"))
    for name, node in deployment.plan.nodes.items():
        if node.lock:
            message = "the notebook asks for an environment of its own, and a pod has the image's"
            remedy = "put its packages into the image, and take the block out of the notebook"
            found.append(refused(("nodes", name, "notebook"), message, remedy, name))
    found += [*retry_problems(deployment), *limit_problems(deployment), *event_problems(deployment)]
    found += [*condition_problems(deployment), *approval_problems(deployment), *cold_problems(spec)]
    if spec.tags or spec.experiment or any(node.tags for node in spec.nodes.values()):
        message = (
            "`tags` and `experiment` are not told to MLflow: what notebooks log themselves is all there is"
        )
        found.append(instead(("pipeline",), message, "name the experiment in the notebooks"))
    found.append(
        instead(
            ("pipeline",),
            "every step runs in a pod of its own and nothing is reused from earlier workflows",
            "nothing, unless a step is dear: `argo retry` keeps what has succeeded",
        )
    )
    return found


class _Workflow:
    """One workflow in the making."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        self._m: Any = hera_models()
        self._names = field_names(deployment.plan.nodes, taken=[_MAIN])
        self._each = field_names(
            [f"{node}-each" for node in deployment.plan.nodes], taken=[_MAIN, *self._names.values()]
        )
        asked = [node for node, planned in deployment.plan.nodes.items() if planned.approve is not None]
        taken = [_MAIN, *self._names.values(), *self._each.values()]
        questions = field_names([f"{node}-approve" for node in asked], taken=taken)
        self._questions = dict(zip(asked, questions.values(), strict=True))
        taken += questions.values()
        (verdict,) = field_names(["verdict"], taken=taken).values()
        self._verdict = verdict if goes_on_after_failures(deployment) else ""
        self._templates = StepTemplates(self._m, deployment, self._names)

    def document(self) -> dict[str, Any]:
        """The manifest as plain values, with the keys in the order in which people read them."""
        m, name = self._m, object_name(self._deployment.plan.pipeline)
        kind = _KINDS[self._deployment.options["kind"]]
        named = {"generate_name": f"{name}-"} if kind == "Workflow" else {"name": name}
        made = getattr(m, kind)(
            api_version=_API,
            kind=kind,
            metadata=m.ObjectMeta(**named, labels=self._labels(), annotations=self._annotations() or None),
            spec=self._cron() if kind == "CronWorkflow" else self._spec(),
        )
        dumped: dict[str, Any] = made.model_dump(mode="json", by_alias=True, exclude_none=True)
        return {key: dumped[key] for key in ("apiVersion", "kind", "metadata", "spec")}

    def _cron(self) -> Any:
        schedule = self._deployment.spec.on.schedule
        assert schedule is not None  # else it was refused
        return cron_spec(self._m, schedule, self._spec(), self._labels())

    def _spec(self) -> Any:
        m, deployment = self._m, self._deployment
        return m.WorkflowSpec(
            entrypoint=_MAIN,
            service_account_name=deployment.options["service-account"] or None,
            arguments=m.Arguments(parameters=[self._parameter(name) for name in deployment.params])
            if deployment.params
            else None,
            parallelism=deployment.spec.concurrency,
            templates=[
                self._main(),
                *(made for node in deployment.plan.nodes for made in self._of_node(node)),
                *([verdict_template(m, self._verdict, deployment.options["image"])] if self._verdict else []),
            ],
        )

    def _main(self) -> Any:
        tasks = [task for node in self._deployment.plan.nodes for task in self._tasks(node)]
        if self._verdict:
            tasks.append(verdict_task(self._m, self._verdict, [task.name for task in tasks]))
        return self._m.Template(name=_MAIN, dag=self._dag(tasks))

    def _dag(self, tasks: list[Any]) -> Any:
        # As here: what does not depend on a failed step is finished, unless the file says otherwise.
        return self._m.DAGTemplate(fail_fast=self._deployment.spec.fail_fast, tasks=tasks)

    def _of_node(self, node: str) -> Iterator[Any]:
        """Its templates: the question before it, the step's, and around that the DAG that limits how many."""
        planned = self._deployment.plan.nodes[node]
        if planned.approve is not None:
            yield question_template(self._m, self._questions[node], planned.approve.message)
        yield self._templates.template(node)
        if self._is_limited(node):
            yield self._m.Template(
                name=self._each[f"{node}-each"],
                parallelism=planned.rules.concurrency,
                dag=self._dag([self._steps(node)]),
            )

    def _is_limited(self, node: str) -> bool:
        return (
            self._templates.is_matrix(node)
            and self._deployment.plan.nodes[node].rules.concurrency is not None
        )

    def _tasks(self, node: str) -> Iterator[Any]:
        """The node's task, and before it the question, if there is one."""
        m, question = self._m, self._questions.get(node)
        upstream = [self._names[up] for up in self._templates.upstream(node)]
        waits = depends(upstream, self._deployment.plan.nodes[node].rules.run_if)
        if question is not None:
            yield m.DAGTask(name=question, template=question, depends=waits)
            # It comes after the rest, so that there is one thing to wait for.
            waits = depends([question], "success")
        if self._is_limited(node):
            yield m.DAGTask(name=self._names[node], template=self._each[f"{node}-each"], depends=waits)
        else:
            yield self._steps(node, waits)

    def _steps(self, node: str, waits: str | None = None) -> Any:
        m = self._m
        items = self._items(node) if self._templates.is_matrix(node) else None
        return m.DAGTask(
            name=self._names[node],
            template=self._names[node],
            depends=waits,
            arguments=m.Arguments(parameters=[m.Parameter(name="index", value="{{item.index}}")])
            if items
            else None,
            with_items=items,
        )

    def _items(self, node: str) -> list[Any]:
        """One for each step; its values are there to be read in Argo's own screens."""
        return [
            {**_readable(step.item), "index": str(step.index)}
            for step in self._deployment.plan.steps_of(node)
        ]

    def _parameter(self, name: str) -> Any:
        spec = self._deployment.spec.params[name]
        choices = [str(choice) for choice in spec.choices] if spec.choices else None
        return self._m.Parameter(
            name=name, value=self._deployment.params[name], enum=choices, description=spec.help or None
        )

    def _labels(self) -> dict[str, str]:
        return {"app.kubernetes.io/managed-by": "dagbook", "dagbook/pipeline": self._label()}

    def _label(self) -> str:
        return label_value(self._deployment.plan.pipeline) or "pipeline"

    def _annotations(self) -> dict[str, str]:
        about = self._deployment.plan.description
        # Argo's own screens show these two.
        titled = {"workflows.argoproj.io/title": self._deployment.plan.pipeline}
        return {**titled, **({"workflows.argoproj.io/description": about} if about else {})}


def _readable(item: Mapping[str, Any]) -> dict[str, str]:
    """An item's values for people; what Argo would take for something of its own is left to the index."""
    texts = {key: str(decode(value)) for key, value in item.items()}
    return {key: text for key, text in texts.items() if _BRACES not in text}


def _heading(deployment: Deployment) -> str:
    return (
        f"# {deployment.file} for Argo Workflows, written by `dagbook compile`: change that, not this.\n"
        "# Runs where the image has the same pipeline and notebooks; each step checks that.\n"
    )


def _as_yaml(heading: str, document: Mapping[str, Any]) -> str:
    yaml = YAML()
    yaml.width = 4096
    yaml.indent(mapping=2, sequence=4, offset=2)
    out = io.StringIO()
    yaml.dump(document, out)
    return heading + out.getvalue()
