"""What a scheduler that counts attempts is told of one that failed."""

from __future__ import annotations

import pytest

from dagbook.engine.attempts_elsewhere import exit_of_failure
from dagbook.pipeline.rules import Retries


@pytest.mark.parametrize(
    ("retries", "attempt", "as_", "error", "code"),
    [
        (Retries(), 1, "failed", "OSError", 1),
        (Retries(limit=2), 1, "failed", "OSError", 75),
        (Retries(limit=2), 2, "timed-out", "CellTimeout", 75),
        (Retries(limit=2), 3, "failed", "OSError", 1),
        (Retries(limit=2, on=("KeyError",)), 1, "failed", "OSError", 1),
        (Retries(limit=2, on=("killed",)), 1, "killed", "KernelDied", 75),
        (Retries(limit=2), 1, "failed", "WrongInput", 1),
        (Retries(limit=2, on=("WrongInput",)), 1, "failed", "WrongInput", 75),
    ],
)
def test_another_attempt_is_asked_for_where_the_rule_makes_one(
    retries: Retries, attempt: int, as_: str, error: str, code: int
):
    assert exit_of_failure(retries, attempt, as_, error) == code
