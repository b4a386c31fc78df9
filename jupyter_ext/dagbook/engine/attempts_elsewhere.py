"""What a scheduler that counts attempts itself is told of one that failed: by the exit code alone."""

from __future__ import annotations

from dagbook.errors import Exit, PartExit
from dagbook.pipeline.rules import Retries


def exit_of_failure(retries: Retries, attempt: int, as_: str, error: str) -> int:
    """75 when another attempt is to follow, else 1.

    Args:
        retries: the node's rule.
        attempt: the one that failed, from 1.
        as_: `failed`, `timed-out` or `killed`.
        error: its name.
    """
    return Exit.FAILED if retries.wait(attempt, as_, error) is None else PartExit.AGAIN
