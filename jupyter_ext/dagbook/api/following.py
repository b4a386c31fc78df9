"""Being the process that follows a run which was submitted to another scheduler."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from dagbook import bootstrap
from dagbook.engine.folders import JOURNAL
from dagbook.engine.follower import Follower
from dagbook.engine.submission import Submission, submission_in
from dagbook.engine.surroundings import record_surroundings
from dagbook.errors import EnvironmentFault, Finding
from dagbook.pipeline.plan import Plan
from dagbook.run.state import RunState


def submission_of(folder: Path) -> Submission:
    """Where the run of the folder was submitted to.

    Raises:
        EnvironmentFault: that cannot be read any more.
    """
    try:
        found = submission_in(folder)
    except (OSError, ValueError) as error:
        problem = getattr(error, "strerror", None) or str(error).splitlines()[0]
        raise _unreadable(folder, problem) from error
    if found is None:
        raise _unreadable(folder, "it is not there")
    return found


def follow_submitted(
    folder: Path, plan: Plan, wants_cancel: Callable[[], str | None], is_to_end: Callable[[], bool]
) -> RunState:
    """Follow the run to its end, as its only writer; or until we are to end, which ends nothing there.

    Raises:
        EnvironmentFault: its folder cannot be written, or the server does not let us in any more.
    """
    submission = submission_of(folder)
    submitted = bootstrap.submitted(submission)
    if not (folder / JOURNAL).exists():
        # Taken up again, a run still says where it was made.
        tags = {**record_surroundings(folder, Path(plan.file).parent), **plan.tags}
        plan = plan.model_copy(update={"tags": tags})
    follower = Follower(plan, folder, bootstrap.journal(folder), submitted, wants_cancel)
    return follower.follow(submission, is_to_end)


def _unreadable(folder: Path, problem: str) -> EnvironmentFault:
    return EnvironmentFault(
        Finding(
            code="submission-unreadable",
            message=f"where the run was submitted to cannot be read: {problem}",
            remedy="look for the workflow in Argo's own screens; submit the pipeline again",
            file=str(folder),
        )
    )
