"""A run that another scheduler carries out: what its folder says of it, and the port to that scheduler."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict

from dagbook.engine.disk import write_whole
from dagbook.engine.folders import SUBMISSION
from dagbook.run.submitted import RunThere


class Submission(BaseModel):
    """Where a run was submitted to. Holds no secret.

    Attributes:
        to: the scheduler's name.
        server: its address.
        namespace: where in it.
        workflow: its name there.
        templates: the scheduler's name of a node's template → the node.
        ended: when it had ended there, by its own word, before it was asked to try again.
    """

    model_config = ConfigDict(frozen=True)

    to: str
    server: str
    namespace: str
    workflow: str
    templates: dict[str, str]
    ended: str = ""


class SubmittedAway(Exception):
    """The scheduler does not answer, or not now. It may come back."""


class SubmittedGone(Exception):
    """The scheduler knows nothing of the run any more."""


class Submitted(Protocol):
    """One run at another scheduler. What cannot be mended by waiting is raised as a DagbookError.

    Every method raises SubmittedAway when the scheduler does not answer, SubmittedGone when the run is not
    there any more, and ends within a time of its own.
    """

    def begin(self, manifest: Mapping[str, Any], run: str) -> None:
        """Have the scheduler carry out the manifest as the run of that id. Done twice it is begun once.

        Raises:
            InvalidInput: it is refused.
            EnvironmentFault: the scheduler does not answer, in place of SubmittedAway.
        """

    def ask_again(self) -> str:
        """Ask for what failed to be done again, unless it is being done; the end that is left behind.

        Raises:
            InvalidInput: it is refused.
            EnvironmentFault: the scheduler does not answer, in place of SubmittedAway.
        """

    def look(self) -> RunThere:
        """The run as it is."""

    def watch(self) -> Iterator[RunThere]:
        """The run whenever it changed, until the stream ends; that says nothing of the run."""

    def log(self, key: str) -> Iterator[str]:
        """The lines that an attempt printed and prints, by its `AttemptThere.log`, to the stream's end."""

    def stop(self) -> None:
        """Ask for the run to end."""


def submission_in(folder: Path) -> Submission | None:
    """Where the run of the folder was submitted to; None for a run of our own.

    Raises:
        ValueError: the file is damaged.
        OSError: it cannot be read.
    """
    path = folder / SUBMISSION
    return Submission.model_validate_json(path.read_bytes()) if path.exists() else None


def is_submitted(folder: Path) -> bool:
    """Whether another scheduler carries out the run of the folder, and a process of ours follows it."""
    return (folder / SUBMISSION).exists()


def write_submission(folder: Path, submission: Submission) -> None:
    """Write it whole. Raises OSError."""
    write_whole(folder / SUBMISSION, submission.model_dump_json(indent=1).encode())
