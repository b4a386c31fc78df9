"""Questions to people: asked when a step is due, answered by files that are left in the run folder."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, ValidationError

from dagbook.engine.disk import write_whole
from dagbook.engine.history import History
from dagbook.engine.prepare import LOOK_UPSTREAM, Unprepared, said_of
from dagbook.engine.upstream import Around
from dagbook.pipeline.expressions import ExpressionError, resolve
from dagbook.run.events import ApprovalEnded, ApprovalRequested
from dagbook.run.facts import NodeError
from dagbook.run.steps import Approval

ANSWERS: Final = "approvals"
"""The folder of answers, in the run's folder."""
_LONGEST_MESSAGE: Final = 2000


class GivenAnswer(BaseModel):
    """What a person said. `asked` is when the question was: an answer to another one counts for nothing."""

    model_config = ConfigDict(frozen=True)

    step: str
    asked: str
    approved: bool
    by: str
    comment: str = ""


def leave_answer(folder: Path, answer: GivenAnswer) -> None:
    """Leave an answer for the driver of the run folder, now or when there is one. Raises OSError."""
    answers = folder / ANSWERS
    answers.mkdir(exist_ok=True)
    write_whole(answers / f"{secrets.token_hex(8)}.json", answer.model_dump_json().encode())


class Approvals:
    """The questions of one run.

    Args:
        folder: the run's folder.
        history: where what happens is told.
        clock: seconds, monotonic.
    """

    def __init__(self, folder: Path, history: History, clock: Callable[[], float]) -> None:
        self._answers = folder / ANSWERS
        self._history = history
        self._clock = clock
        # When patience ends, of the questions that this driver has seen open.
        self._until: dict[str, float] = {}

    def ask(self, around: Around) -> None:
        """Ask about a step.

        Raises:
            Unprepared: the question refers to something that is not there.
        """
        node = around.plan.nodes[around.step.node]
        assert node.approve is not None
        template = node.approve.message
        try:
            message = str(resolve(template, around.names(template)))[:_LONGEST_MESSAGE]
        except ExpressionError as error:
            raise Unprepared(
                NodeError(name="WrongInput", value=said_of(error, around), remedy=LOOK_UPSTREAM)
            ) from error
        self._history.happen(
            ApprovalRequested(
                step=around.step.step, message=message, by=node.approve.by, timeout=node.approve.timeout
            )
        )

    def look(self) -> None:
        """Take in what was answered, and give up where nobody did in time."""
        open_ = self._history.machine.unanswered
        if not open_:
            return
        for answer in self._given():
            asked = self._asked(answer.step)
            if asked is not None and asked.asked == answer.asked:
                self._history.happen(_ending(answer))
        for step in open_:
            asked = self._asked(step)
            if asked is not None and asked.timeout is not None:
                until = self._until.setdefault(step, self._clock() + asked.timeout)
                if self._clock() >= until:
                    del self._until[step]
                    self._history.happen(_too_late(step, asked))

    def _asked(self, step: str) -> Approval | None:
        """The question about the step, if it is open."""
        if step not in self._history.machine.unanswered:
            return None
        return self._history.state.steps[step].approval

    def _given(self) -> Iterator[GivenAnswer]:
        """Answers that were left, oldest first. Each is taken away once it is told."""
        for path in _oldest_first(self._answers):
            try:
                answer = GivenAnswer.model_validate_json(path.read_bytes())
            except (OSError, ValidationError):
                answer = None
            if answer is not None:
                yield answer
            # Whoever finds it again, after we were killed here, sees that the question is answered.
            path.unlink(missing_ok=True)


def _oldest_first(folder: Path) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            found = [
                (entry.stat().st_mtime_ns, entry.path) for entry in entries if entry.name[-5:] == ".json"
            ]
    except OSError:
        return []
    return [Path(path) for _, path in sorted(found)]


def _ending(answer: GivenAnswer) -> ApprovalEnded:
    if answer.approved:
        return ApprovalEnded(step=answer.step, as_="approved", by=answer.by, comment=answer.comment)
    said = f": {answer.comment}" if answer.comment else ""
    error = NodeError(
        name="Rejected",
        value=f"{answer.by} said no{said}",
        remedy=f"`dagbook retry RUN --step {answer.step}` asks again",
    )
    return ApprovalEnded(step=answer.step, as_="rejected", by=answer.by, comment=answer.comment, error=error)


def _too_late(step: str, asked: Approval) -> ApprovalEnded:
    error = NodeError(
        name="NoAnswer",
        value=f"nobody answered within {asked.timeout:g} s: {asked.message}",
        remedy=f"`dagbook retry RUN --step {step}` asks again",
    )
    return ApprovalEnded(step=step, as_="timed-out", error=error)
