"""What holds for every engine that starts `dagbook part step` where the project's folder is shared."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dagbook.compilers.refusals import instead
from dagbook.engine.deployment import Deployment, Option
from dagbook.pipeline.problem import Problem
from dagbook.pipeline.spec import NodeSettings, PipelineSpec

PROJECT: Final = Option(
    help="the project's folder where steps run; else $DAGBOOK_PROJECT, or the folder of what was written"
)

# Our own processes see to these wherever they run: the machine, the journal and the tracking store are ours.
KEPT_PIPELINE: Final = frozenset({"fail_fast", "concurrency", "on", "preload"})
KEPT_NODE: Final = frozenset(
    {
        "cache", "cell_timeout", "retries", "foreach", "tolerate", "when", "run_if", "concurrency", "mutex",
        "semaphore", "resources", "environment", "warm", "register", "predict",
    }
)  # fmt: skip


def common_problems(
    deployment: Deployment, *, places_processors: bool = False, keeps_secrets: bool = False
) -> Iterator[Problem]:
    """What is done in another way by all of these engines."""
    spec = deployment.spec
    yield from cold_problems(spec)
    if not places_processors:
        for path, name, node in _settings(spec):
            if node.resources is not None and node.resources.cpu:
                yield instead(
                    (*path, "resources", "cpu"),
                    "how many steps run at once is the scheduler's to say: it knows nothing of processors",
                    "give the scheduler few enough workers; the limit of memory is kept by the step itself",
                    name,
                )
    if deployment.secrets and not keeps_secrets:
        names = ", ".join(dict.fromkeys(deployment.secrets.values()))
        yield instead(
            ("params",),
            f"secrets are read where steps run: {names} must be in the environment of the workers",
            "set them there, or a file of that name in $DAGBOOK_SECRETS_DIR",
        )


def cold_problems(spec: PipelineSpec) -> Iterator[Problem]:
    """What is said of warm kernels by engines that start every step by itself."""
    if spec.preload:
        yield instead(
            ("preload",),
            "every step starts its own kernel: nothing is imported beforehand",
            "nothing: results are the same, and steps take some seconds more",
        )
    for path, name, settings in _settings(spec):
        if settings.warm and "warm" in settings.model_fields_set:
            yield instead(
                (*path, "warm"),
                "every step starts its own kernel: none is forked from a warm process",
                "nothing: results are the same, and steps take some seconds more",
                name,
            )


def upstream(deployment: Deployment, node: str) -> list[str]:
    """The nodes that the node takes data from or waits for."""
    steps = {step.step: step.node for step in deployment.plan.steps}
    (first, *_) = deployment.plan.steps_of(node)
    return list(dict.fromkeys(steps[need] for need in first.needs))


def _settings(spec: PipelineSpec) -> Iterator[tuple[tuple[str, ...], str | None, NodeSettings]]:
    """Where settings are written, by whom, and what they are."""
    yield ("defaults",), None, spec.defaults
    for name, node in spec.nodes.items():
        yield ("nodes", name), name, node
