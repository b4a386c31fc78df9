"""What is seen at another scheduler, before and after → the events that tell it."""

from __future__ import annotations

from typing import Any

import pytest

from dagbook.engine.folders import attempt_folder
from dagbook.run.events import Entry, Event, RunResumed, RunStarted, StepStarted, event_to_json
from dagbook.run.facts import StepOutline
from dagbook.run.state import RunState, apply
from dagbook.run.submitted import AttemptThere, RunThere, StepThere, Told, gone, new_attempts, news

STARTED = RunStarted(
    run="r", pipeline="p", file="p.pipeline.yaml", jobs=1, pid=1, host="h",
    steps=(
        StepOutline(step="a", node="a"), StepOutline(step="b[0]", node="b", needs=("a",)),
        StepOutline(step="b[1]", node="b", needs=("a",)),
    ),
)  # fmt: skip


class Seer:
    """Folds what is told, as a follower does."""

    def __init__(self) -> None:
        self.state = RunState()
        self.keys: dict[str, list[str]] = {}
        self.told: list[str] = []
        self.happen(STARTED)
        self.told.clear()

    def happen(self, *events: Event) -> None:
        for event in events:
            entry = Entry(seq=self.state.seq + 1, at="2026-01-01T00:00:00+00:00", event=event)
            self.state = apply(self.state, entry)
            self.told.append(_short(event))

    def see(self, there: RunThere) -> list[str]:
        """What is new, in short; and nothing is new when the same is seen again."""
        self.told.clear()
        for (step, number), attempt in new_attempts(self.state, there, self.keys).items():
            keys = self.keys.setdefault(step, [])
            assert number == len(keys) + 1
            keys.append(attempt.key)
        told = Told(keys=self.keys, folder=attempt_folder)
        self.happen(*news(self.state, there, told))
        assert news(self.state, there, told) == []
        return list(self.told)


def _short(event: Event) -> str:
    said = event_to_json(event)
    parts = [said["kind"], said.get("step"), said.get("attempt"), said.get("as"), said.get("state")]
    again = ["again"] if said.get("retry_in") is not None else []
    return " ".join(str(part) for part in [*parts, *again] if part is not None)


def pod(key: str, phase: Any, **more: Any) -> AttemptThere:
    return AttemptThere(key=key, phase=phase, **more)


def there(state: Any = "running", stopped: bool = False, message: str = "", **steps: StepThere) -> RunThere:
    named = {name.replace("_", "[") + ("]" if "_" in name else ""): step for name, step in steps.items()}
    return RunThere(state=state, scheduler="argo", stopped=stopped, message=message, steps=named)


def step(*attempts: AttemptThere) -> StepThere:
    return StepThere(attempts=attempts)


def test_a_pod_waits_runs_and_succeeds():
    seer = Seer()
    assert seer.see(there()) == []
    assert seer.see(there(a=step(pod("1", "pending", message="Unschedulable")))) == ["step_waiting a"]
    assert "Unschedulable" in seer.state.steps["a"].waiting
    assert seer.see(there(a=step(pod("1", "running")))) == ["step_started a 1"]
    ended = seer.see(there(a=step(pod("1", "succeeded", seconds=3, stored="k/a"))))
    assert ended == ["step_warned a", "step_succeeded a 1"]
    assert seer.state.steps["a"].seconds == 3
    assert "k/a" in seer.state.steps["a"].warnings[0]


def test_what_began_and_ended_between_two_looks_is_told_whole():
    seer, good = Seer(), "succeeded"
    assert seer.see(
        there("succeeded", a=step(pod("1", good)), b_0=step(pod("2", good)), b_1=step(pod("3", good)))
    ) == [
        "step_started a 1", "step_succeeded a 1", "step_started b[0] 1", "step_succeeded b[0] 1",
        "step_started b[1] 1", "step_succeeded b[1] 1", "run_finished succeeded",
    ]  # fmt: skip


def test_attempts_that_argo_makes_by_itself_are_attempts():
    seer = Seer()
    failed = pod("1", "failed", is_tried_again=True, message="Error (exit code 1)")
    assert seer.see(there(a=step(failed))) == ["step_started a 1", "step_failed a 1 failed again"]
    assert seer.see(there(a=step(failed, pod("2", "running")))) == ["step_started a 2"]
    assert seer.see(there(a=step(failed, pod("2", "failed", failed_as="killed")))) == [
        "step_failed a 2 killed"
    ]


def test_a_step_that_was_to_be_tried_again_and_was_not_has_failed():
    seer = Seer()
    seer.see(there(a=step(pod("1", "failed", is_tried_again=True, message="Error (exit code 1)"))))
    told = seer.see(there("failed", a=step(pod("1", "failed", message="Error (exit code 1)"))))
    assert told == ["step_failed a 1 failed", "step_skipped b[0]", "step_skipped b[1]", "run_finished failed"]
    error = seer.state.steps["a"].error
    assert error is not None
    assert error.value == "Error (exit code 1)"


def test_a_node_that_is_omitted_is_all_of_its_steps():
    seer = Seer()
    omitted = StepThere(skipped="omitted: depends condition not met")
    assert seer.see(there("failed", a=step(pod("1", "failed")), b=omitted)) == [
        "step_started a 1", "step_failed a 1 failed", "step_skipped b[0]", "step_skipped b[1]",
        "run_finished failed",
    ]  # fmt: skip
    assert seer.state.steps["b[1]"].reason == "omitted: depends condition not met"


@pytest.mark.parametrize("ours", [True, False])
def test_a_stop_cancels_whoever_asked(ours: bool):
    seer = Seer()
    seer.see(there(a=step(pod("1", "running"))))
    if ours:
        from dagbook.run.events import CancelRequested

        seer.happen(CancelRequested(by="api"))
    told = seer.see(there("failed", stopped=True, a=step(pod("1", "failed", message="terminated"))))
    assert told[-4:] == [
        "step_cancelled a 1", "step_cancelled b[0]", "step_cancelled b[1]", "run_finished cancelled",
    ]  # fmt: skip
    assert seer.state.cancel_by == ("api" if ours else "argo")


def test_a_retry_makes_new_attempts_and_old_pods_are_not_told_again():
    seer = Seer()
    old = pod("1", "failed")
    seer.see(there("failed", a=step(old)))
    seer.happen(RunResumed(steps=("a", "b[0]", "b[1]"), jobs=1, pid=2, host="h"))
    # An answer from before the retry.
    assert seer.see(there(a=step(old))) == []
    assert seer.see(there(a=step(pod("1 later", "running")))) == ["step_started a 2"]
    assert seer.state.steps["a"].folder == "a/2"


def test_a_second_follower_tells_only_what_the_first_has_not():
    seer = Seer()
    seer.see(there(a=step(pod("1", "running"))))
    again = Seer()
    again.happen(
        StepStarted(step="a", attempt=1, folder="a/1"), RunResumed(steps=(), jobs=1, pid=2, host="h")
    )
    again.keys = {"a": ["1"]}
    assert again.see(there(a=step(pod("1", "succeeded")))) == ["step_succeeded a 1"]
    # Its folder was made, and the first was killed before it could tell.
    cut = Seer()
    cut.keys = {"a": ["1"]}
    assert cut.see(there(a=step(pod("1", "running")))) == ["step_started a 1"]


def test_a_pod_that_was_replaced_by_hand_is_told_as_dead():
    seer = Seer()
    seer.see(there(a=step(pod("1", "running"))))
    assert seer.see(there(a=step(pod("2", "running")))) == [
        "step_failed a 1 killed again",
        "step_started a 2",
    ]


def test_an_end_without_a_word_on_what_ran_is_no_success():
    seer = Seer()
    seer.see(there(a=step(pod("1", "running"))))
    told = seer.see(there("failed", message="Max duration limit exceeded"))
    assert told == ["step_failed a 1 killed", "step_skipped b[0]", "step_skipped b[1]", "run_finished failed"]
    assert "Max duration" in seer.state.steps["b[0]"].reason


def test_a_run_that_is_gone_has_not_succeeded():
    seer = Seer()
    seer.see(there(a=step(pod("1", "running"))))
    seer.told.clear()
    seer.happen(*gone(seer.state, "deleted"))
    assert seer.told == [
        "step_failed a 1 killed", "step_cancelled b[0]", "step_cancelled b[1]", "run_finished failed",
    ]  # fmt: skip
