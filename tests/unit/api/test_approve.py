"""Answering for steps: which of them, in whose name, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dagbook import bootstrap
from dagbook.api.approve import LONGEST_COMMENT, approve
from dagbook.api.run import find
from dagbook.errors import InvalidInput, NotFound
from tests.golden.runs import GoldenRuns

# Entries of the golden journal: four questions are open after 7 of them, two after 14.
FOUR, TWO = 7, None


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> GoldenRuns:
    (tmp_path / ".dagbook").mkdir()
    monkeypatch.chdir(tmp_path)
    return GoldenRuns(tmp_path)


def left(runs: GoldenRuns, run: str) -> list[dict[str, object]]:
    """The answers in the run's folder."""
    found = (runs.folder / run / "approvals").glob("*.json")
    return sorted((json.loads(path.read_text()) for path in found), key=lambda answer: answer["step"])


def test_the_only_open_question_needs_no_name_and_the_answer_says_which_it_was(runs: GoldenRuns):
    run = runs.add("approvals", TWO)
    said = approve(run, by="bob", comment="fine")
    assert said == ({"step": "pay", "answer": "", "by": ""},)
    asked = bootstrap.queries(Path()).state(run).steps["pay"].approval
    assert asked is not None
    assert left(runs, run) == [
        {"step": "pay", "asked": asked.asked, "approved": True, "by": "bob", "comment": "fine"}
    ]


def test_a_step_is_rejected_by_its_name(runs: GoldenRuns):
    run = runs.add("approvals", FOUR)
    approve(find(run, Path()), "mail", reject=True, by="carl")
    assert [(answer["step"], answer["approved"]) for answer in left(runs, run)] == [("mail", False)]


@pytest.mark.parametrize(
    ("entries", "step", "code", "says"),
    [
        (FOUR, None, "several-questions", "ship, mail, pay, archive"),
        (TWO, "ship", "no-question", "'ship' was approved by ann already; it is succeeded"),
        (TWO, "mail", "no-question", "'mail' was timed-out already"),
        (TWO, "train", "no-question", "'train' does not wait for an answer; it is succeeded"),
        (TWO, "pay", "not-asked", "waits for an answer of ann, bob, and you are carl"),
        (TWO, "pray", "unknown-step", "no step 'pray'"),
        (3, None, "no-question", "nothing in run"),
    ],
)
def test_what_cannot_be_answered_is_refused(
    runs: GoldenRuns, entries: int | None, step: str | None, code: str, says: str
):
    run = runs.add("approvals", entries)
    with pytest.raises((InvalidInput, NotFound)) as caught:
        approve(run, step, by="carl")
    assert caught.value.findings[0].code == code
    assert says in caught.value.findings[0].message
    assert left(runs, run) == []


def test_a_comment_has_an_end(runs: GoldenRuns):
    run = runs.add("approvals", TWO)
    with pytest.raises(InvalidInput, match="more than 2,000 characters"):
        approve(run, by="bob", comment="x" * (LONGEST_COMMENT + 1))
