"""Thousands of seeds; each is a pipeline, a run of it, and what befalls it. A seed that fails fails again."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.simulation.simulate import simulate

SEEDS = int(os.environ.get("DAGBOOK_SEEDS", "1200"))
BATCH = 100


@pytest.mark.parametrize("first", range(0, SEEDS, BATCH))
def test_whatever_happens_the_run_is_what_its_journal_says(first: int, tmp_path: Path):
    for seed in range(first, first + BATCH):
        simulate(seed, tmp_path)


def test_a_seed_tells_the_same_story_every_time(tmp_path: Path):
    once, again = (simulate(17, tmp_path / name) for name in ("once", "again"))
    assert [entry.event.kind for entry in once.entries] == [entry.event.kind for entry in again.entries]
    assert {name: step.state for name, step in once.state.steps.items()} == {
        name: step.state for name, step in again.state.steps.items()
    }


def test_the_seeds_meet_everything_that_can_happen(tmp_path: Path):
    """A simulation in which nothing goes wrong proves nothing."""
    told = [simulate(seed, tmp_path) for seed in range(150)]
    kinds = {entry.event.kind for each in told for entry in each.entries}
    states = {step.state for each in told for step in each.state.steps.values()}
    assert kinds >= {
        "run_resumed", "step_failed", "step_reused", "step_skipped", "step_cancelled", "step_waiting",
        "step_expanded", "approval_requested", "approval_ended", "cancel_requested", "tracking_lost",
    }  # fmt: skip
    assert states >= {"succeeded", "reused", "failed", "timed-out", "killed", "cancelled", "skipped"}
    assert {each.state.state for each in told} == {"succeeded", "failed", "cancelled"}
    assert max(each.drivers for each in told) > 3
