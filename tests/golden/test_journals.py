"""The golden journals, folded; labextension/src/model/runState.test.ts folds them to the same states."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from dagbook.journals.tail import read_journal
from dagbook.run.events import KINDS
from dagbook.run.hooks import HookState
from dagbook.run.state import IllegalEvent, RunState, StepState, apply, fold
from dagbook.run.steps import Held

JOURNALS = sorted((Path(__file__).parent / "journals").glob("*.jsonl"))


def expected(journal: Path) -> dict[str, Any]:
    return json.loads(journal.with_suffix(".state.json").read_text("utf-8"))


def comparable(state: RunState) -> dict[str, Any]:
    """What both folds are held to. Steps are a list: their order counts."""
    return {
        "run": state.run,
        "pipeline": state.pipeline,
        "state": state.state,
        "seq": state.seq,
        "seconds": state.seconds,
        "cancel_by": state.cancel_by,
        "tracking_lost": state.tracking_lost,
        "mlflow_run_id": state.mlflow_run_id,
        "steps": [comparable_step(step) for step in state.steps.values()],
        **({"hooks": [comparable_hook(hook) for hook in state.hooks.values()]} if state.hooks else {}),
    }


def comparable_hook(hook: HookState) -> dict[str, Any]:
    error = hook.error and {"name": hook.error.name, "value": hook.error.value, "cell": hook.error.cell}
    return {**asdict(replace(hook, error=None)), "error": error}


def comparable_held(held: Held) -> dict[str, Any]:
    error = {"name": held.error.name, "value": held.error.value, "cell": held.error.cell}
    return {**asdict(replace(held, error=None)), "error": error}


def comparable_step(step: StepState) -> dict[str, Any]:
    error = step.error
    return {
        "step": step.outline.step,
        "node": step.outline.node,
        "state": step.state,
        "attempt": step.attempt,
        "cell": step.cell,
        "total": step.total,
        "line": step.line,
        "started": step.started,
        "finished": step.finished,
        "seconds": step.seconds,
        "reason": step.reason,
        "error": error and {"name": error.name, "value": error.value, "cell": error.cell},
        "mlflow_run_id": step.mlflow_run_id,
        "outputs": sorted(step.outputs),
        "notebook": step.notebook,
        "stopped_early": step.stopped_early,
        "stopping": step.stopping,
        "warnings": list(step.warnings),
        "skipped_by": step.skipped_by,
        "retry_in": step.retry_in,
        "waiting": step.waiting,
        "items": step.items,
        "ended": step.ended,
        "bad": step.bad,
        "item": dict(step.outline.item),
        "group": step.outline.group,
        **({"approval": {**asdict(step.approval), "by": list(step.approval.by)}} if step.approval else {}),
        **({"held": comparable_held(step.held)} if step.held else {}),
        **({"by_hand": step.by_hand} if step.by_hand else {}),
    }


@pytest.mark.parametrize("journal", JOURNALS, ids=lambda journal: journal.stem)
def test_a_golden_journal_folds_to_its_state(journal: Path):
    assert comparable(fold(read_journal(journal))) == expected(journal)


@pytest.mark.parametrize("journal", JOURNALS, ids=lambda journal: journal.stem)
def test_every_line_of_a_golden_journal_is_sound(journal: Path):
    assert len(read_journal(journal)) == len(journal.read_text("utf-8").splitlines())


@pytest.mark.parametrize("journal", JOURNALS, ids=lambda journal: journal.stem)
def test_folding_in_two_parts_is_folding_at_once(journal: Path):
    entries = read_journal(journal)
    for cut in range(len(entries) + 1):
        assert fold(entries[cut:], fold(entries[:cut])) == fold(entries)


def test_the_golden_journals_hold_every_kind_of_event():
    held = {entry.event.kind for journal in JOURNALS for entry in read_journal(journal)}

    assert KINDS - held == set()


@pytest.mark.parametrize("again", ["step_started", "step_succeeded"])
def test_a_step_cannot_begin_or_end_twice(again: str):
    entries = read_journal(next(path for path in JOURNALS if path.stem == "interrupted"))
    repeated = next(entry for entry in entries if entry.event.kind == again)

    with pytest.raises(IllegalEvent, match="expected"):
        apply(fold(entries), repeated)
