"""One node as an Argo template: a container that prepares its request, runs it, and leaves its folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from dagbook.compilers.argo.limits import resources, synchronization
from dagbook.compilers.argo.retries import retry_strategy
from dagbook.engine.deployment import Deployment
from dagbook.engine.folders import step_folder

PODS_ROOM: Final = "/tmp/dagbook"  # noqa: S108  # in a container of its own
RUN_FOLDER: Final = f"{PODS_ROOM}/run"
UPSTREAM: Final = f"{PODS_ROOM}/upstream"
# `"$@"` is everything that the two commands are not: no text of the workflow is ever read by the shell.
# A step that is skipped has no request.
SCRIPT: Final = (
    'request=$(dagbook node prepare "$@") || exit $?; [ -z "$request" ] || exec dagbook node run "$request"'
)
_STARTING: Final = 300
"""Seconds that a pod gets beyond the notebook's own limit, which our runner keeps."""


@dataclass(frozen=True)
class StepTemplates:
    """Makes the templates of one workflow. `m` are Hera's models."""

    m: Any
    deployment: Deployment
    names: Mapping[str, str]

    def template(self, node: str) -> Any:
        """The template of a node."""
        m, planned = self.m, self.deployment.plan.nodes[node]
        is_matrix = self.is_matrix(node)
        folder = step_folder(node) + (".{{inputs.parameters.index}}" if is_matrix else "")
        step = f"{node}[{{{{inputs.parameters.index}}}}]" if is_matrix else node
        deadline = None if planned.timeout is None else int(planned.timeout) + _STARTING
        return m.Template(
            name=self.names[node],
            metadata=m.Metadata(annotations=self._annotations(node)),
            inputs=m.Inputs(
                parameters=[m.Parameter(name="index")] if is_matrix else None,
                artifacts=[self._arriving(up) for up in self.upstream(node)] or None,
            ),
            outputs=m.Outputs(
                artifacts=[
                    m.Artifact(
                        name="result",
                        path=f"{RUN_FOLDER}/{folder}",
                        archive=m.ArchiveStrategy(none=m.NoneStrategy()),
                        **self._stored(f"{self.names[node]}/{folder}"),
                    )
                ]
            ),
            active_deadline_seconds=deadline,
            retry_strategy=retry_strategy(m, planned.rules.retries),
            synchronization=synchronization(m, planned.locks, self.deployment.options["semaphores"]),
            container=m.Container(
                image=self.deployment.options["image"],
                command=["sh", "-c", SCRIPT, "dagbook"],
                args=self._arguments(node, step),
                env=self._environment() or None,
                resources=resources(m, planned.rules),
            ),
        )

    def _arguments(self, node: str, step: str) -> list[str]:
        made = ["--run", "{{workflow.uid}}", "--into", RUN_FOLDER, "--digest", self.deployment.digest]
        if self.deployment.plan.nodes[node].rules.retries.limit:
            made += ["--retries", "{{retries}}"]
        for up in self.upstream(node):
            made += ["--also", f"{UPSTREAM}/{self.names[up]}"]
        for name in self.deployment.params:
            made += ["-p", f"{name}={{{{workflow.parameters.{name}}}}}"]
        return [*made, "--", self.deployment.file, step]

    def _environment(self) -> list[Any]:
        """Secrets reach the notebook as here: by the environment, and are written nowhere."""
        m = self.m
        return [
            m.EnvVar(
                name=variable,
                value_from=m.EnvVarSource(
                    secret_key_ref=m.SecretKeySelector(name=self.deployment.options["secret"], key=variable)
                ),
            )
            for variable in dict.fromkeys(self.deployment.secrets.values())
        ]

    def _arriving(self, up: str) -> Any:
        """The folders of all steps of an upstream node: a prefix of the store, however many there are."""
        return self.m.Artifact(
            name=f"from-{self.names[up]}",
            path=f"{UPSTREAM}/{self.names[up]}",
            # Who has left nothing is named by the step itself, in words.
            optional=True,
            **self._stored(self.names[up]),
        )

    def _stored(self, place: str) -> dict[str, Any]:
        """Where in the cluster's artifact store: a key of our own, so that a matrix can be gathered."""
        m, store = self.m, self.deployment.options["store"]
        kind = {"s3": m.S3Artifact, "gcs": m.GCSArtifact, "oss": m.OSSArtifact}[store]
        return {store: kind(key=f"dagbook/{{{{workflow.uid}}}}/{place}")}

    def _annotations(self, node: str) -> dict[str, str]:
        spec = self.deployment.spec.nodes[node]
        said = {"dagbook/node": node, "dagbook/notebook": spec.notebook}
        return {**said, **({"dagbook/description": spec.description} if spec.description else {})}

    def is_matrix(self, node: str) -> bool:
        """Whether the node is expanded into steps with an index."""
        return bool(self.deployment.spec.nodes[node].matrix)

    def upstream(self, node: str) -> list[str]:
        """The nodes that the node takes data from or waits for."""
        steps = {step.step: step.node for step in self.deployment.plan.steps}
        (first, *_) = self.deployment.plan.steps_of(node)
        return list(dict.fromkeys(steps[need] for need in first.needs))
