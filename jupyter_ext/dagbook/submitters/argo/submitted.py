"""Workflows of ours on an Argo server: begun once, looked at, tried again, stopped."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from dagbook.engine.submission import Submission, SubmittedAway, SubmittedGone
from dagbook.errors import EnvironmentFault, Finding, InvalidInput
from dagbook.run.submitted import RunThere
from dagbook.submitters.argo.server import ArgoServer, Clash
from dagbook.submitters.argo.status import Workflow, run_there

RUN_LABEL: Final = "dagbook/run"
_NODE: Final = "dagbook/node"


class ArgoRun:
    """Implements `engine.submission.Submitted` for one workflow."""

    def __init__(self, server: ArgoServer, submission: Submission) -> None:
        self._server = server
        self._submission = submission

    def look(self) -> RunThere:
        """The workflow as it is."""
        return self._seen(self._server.get(self._submission.workflow))

    def watch(self) -> Iterator[RunThere]:
        """The workflow whenever it changed."""
        for workflow in self._server.watch(self._submission.workflow):
            yield self._seen(workflow)

    def log(self, key: str) -> Iterator[str]:
        """What a pod prints."""
        return self._server.log(self._submission.workflow, key)

    def stop(self) -> None:
        """Ask for the workflow to end; its exit handler still runs."""
        self._server.put(self._submission.workflow, "stop")

    def begin(self, manifest: Mapping[str, Any], run: str) -> None:
        """Make the workflow for our run. Done twice it is made once."""
        name = self._submission.workflow
        try:
            try:
                self._server.create(_named(manifest, name, run))
            except SubmittedAway:
                # The answer may have been lost, and not the question.
                if not self._is_ours(run):
                    raise
        except Clash:
            if not self._is_ours(run):
                raise InvalidInput(
                    Finding(
                        code="workflow-exists", message=f"there is a workflow '{name}' on the server already",
                        remedy="give another --name, or none",
                    )
                ) from None  # fmt: skip
        except SubmittedAway as error:
            raise self._away(error, "nothing was started") from error

    def ask_again(self) -> str:
        """Ask for what failed to be done again, unless it is being done; the end that is left behind."""
        try:
            workflow = self._server.get(self._submission.workflow)
            if not workflow.is_over or workflow.succeeded:
                return self._submission.ended
            self._server.put(self._submission.workflow, "retry")
        except SubmittedAway as error:
            raise self._away(error, "the run is as it was") from error
        return workflow.status.finishedAt

    def _is_ours(self, run: str) -> bool:
        try:
            return self._server.get(self._submission.workflow).metadata.labels.get(RUN_LABEL) == run
        except SubmittedGone:
            return False

    def _away(self, error: SubmittedAway, so: str) -> EnvironmentFault:
        return EnvironmentFault(
            Finding(
                code="argo-away",
                message=f"the Argo server at {self._submission.server} does not answer: {error}; {so}",
                remedy="check the address (--server, DAGBOOK_ARGO_SERVER) and the network, and try again",
            )
        )

    def _seen(self, workflow: Workflow) -> RunThere:
        return run_there(workflow, self._submission.templates, self._submission.ended)


def templates_of(manifest: Mapping[str, Any]) -> dict[str, str]:
    """Template → node, of a workflow that we compiled."""
    found = {}
    for template in manifest["spec"]["templates"]:
        node = template.get("metadata", {}).get("annotations", {}).get(_NODE)
        if node is not None:
            found[template["name"]] = node
    return found


def _named(manifest: Mapping[str, Any], name: str, run: str) -> dict[str, Any]:
    """With a name that we know before it is made: so a lost answer makes no second workflow."""
    metadata = {key: value for key, value in manifest["metadata"].items() if key != "generateName"}
    labels = {**metadata.get("labels", {}), RUN_LABEL: run}
    return {**manifest, "metadata": {**metadata, "name": name, "labels": labels}}
