"""Hooks with everything in memory: which are due, what they are given, and that they steer nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dagbook.engine.folders import ADDRESSES
from dagbook.engine.hooks import write_addresses
from dagbook.pipeline.plan import Plan, PlannedHook
from dagbook.run.state import RunState
from dagbook.testing import failed, plan_of, values
from tests.unit.engine.bench import Bench
from tests.unit.notebook.notebooks import with_parameters


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def planned(bench: Bench, **hooks: PlannedHook) -> Plan:
    named = {name.replace("_", "."): hook for name, hook in hooks.items()}
    return plan_of({"a": ()}, folder=bench.folder).model_copy(update={"hooks": named})


def notebook_hook(on: Any, **params: Any) -> PlannedHook:
    return PlannedHook(on=on, notebook=f"/p/{on}.ipynb", params=params)


def ended(state: RunState) -> dict[str, str]:
    return {name: hook.state for name, hook in state.hooks.items()}


ALL = {f"on_{event}": notebook_hook(event) for event in ("success", "failure", "exit")}


@pytest.mark.parametrize(
    ("outcome", "due"),
    [(values(), ["on.success", "on.exit"]), (failed(), ["on.failure", "on.exit"])],
    ids=["succeeded", "failed"],
)
def test_the_outcome_says_which_hooks_are_due(bench: Bench, outcome: Any, due: list[str]):
    state = bench.drive(planned(bench, **ALL), {"a": outcome})
    assert ended(state) == dict.fromkeys(due, "succeeded")


def test_a_cancelled_run_has_its_clean_up_and_nothing_else(bench: Bench):
    bench.wants_cancel = lambda: "api"
    state = bench.drive(planned(bench, **ALL), {"a": "hangs"})
    assert (state.state, ended(state)) == ("cancelled", {"on.exit": "succeeded"})


def test_a_hook_that_fails_leaves_the_run_as_it_was_and_is_recorded(bench: Bench):
    state = bench.drive(planned(bench, **ALL), {"a": values(), "on.exit": failed("OSError", "no disk")})
    assert state.state == "succeeded"
    assert state.hooks["on.exit"].state == "failed"
    assert state.hooks["on.exit"].error.value == "no disk"
    assert bench.kinds()[-1] == "run_finished"


def test_a_hook_is_given_what_it_asks_for(bench: Bench):
    bench.documents["on.failure"] = with_parameters("who = ''\nwhy = ''\ncell = 0\nid = ''\n")
    hook = notebook_hook(
        "failure", who="${run.failed_step}", why="${run.error}", cell="${run.failed_cell}", id="${run.id}"
    )
    bench.drive(planned(bench, on_failure=hook), {"a": failed("ValueError", "no data")})
    given = bench.executor.runner.requests[-1]
    assert given.params == {"who": "a", "why": "ValueError: no data", "cell": 1, "id": "r1"}
    assert given.step == "on.failure"


def test_a_hook_that_cannot_be_given_its_parameters_fails_alone(bench: Bench):
    bench.documents["on.success"] = with_parameters("n = 0\n")
    hook = notebook_hook("success", n="${run.state}")
    state = bench.drive(planned(bench, on_success=hook))
    assert state.state == "succeeded"
    assert state.hooks["on.success"].error.name == "WrongParameter"


def test_people_are_told_before_notebooks_run(bench: Bench):
    write_addresses(bench.folder, {"on.failure.2": "memory://${env.HOME}"})
    hooks = {
        "on_failure": notebook_hook("failure"),
        "on_failure_2": PlannedHook(on="failure", service="memory"),
    }
    state = bench.drive(planned(bench, **hooks), {"a": failed("ValueError", "no data")})
    assert list(state.hooks) == ["on.failure.2", "on.failure"]
    ((address, notice),) = bench.notifier.sent
    assert address.startswith("memory:///")
    assert notice.title == "p failed: a"
    for part in (
        "r1",
        "Step a failed in cell 1",
        "ValueError: no data",
        "dagbook show r1",
        "dagbook logs r1 'a'",
    ):
        assert part in notice.body


def test_addresses_are_gone_when_the_run_is_over_and_only_their_owner_could_read_them(bench: Bench):
    write_addresses(bench.folder, {"on.exit": "memory://token"})
    assert (bench.folder / ADDRESSES).stat().st_mode & 0o077 == 0
    bench.drive(planned(bench, on_exit=PlannedHook(on="exit", service="memory")))
    assert not (bench.folder / ADDRESSES).exists()
    assert "token" not in str([entry.to_json() for entry in bench.journal.read()])


@pytest.mark.parametrize("address", ["memory://x", "memory://${env.NO_SUCH_NAME}", None])
def test_a_message_that_cannot_be_sent_is_recorded_and_changes_nothing(bench: Bench, address: str | None):
    bench.notifier.away = "the service is asleep"
    write_addresses(bench.folder, {"on.exit": address} if address else {})
    state = bench.drive(planned(bench, on_exit=PlannedHook(on="exit", service="memory")))
    assert state.state == "succeeded"
    assert state.hooks["on.exit"].state == "failed"
    assert state.hooks["on.exit"].error.name == "NotifyFailed"


def test_a_notifier_with_a_bug_changes_no_run(bench: Bench, monkeypatch: pytest.MonkeyPatch):
    def broken(*_: object) -> None:
        raise RuntimeError("secret address")

    monkeypatch.setattr(bench.notifier, "send", broken)
    write_addresses(bench.folder, {"on.exit": "memory://x"})
    state = bench.drive(planned(bench, on_exit=PlannedHook(on="exit", service="memory")))
    assert state.hooks["on.exit"].error.value == "the notifier failed: RuntimeError"


def test_a_cancel_that_comes_after_the_last_step_ends_the_hook_and_not_the_runs_success(bench: Bench):
    def once_the_hook_runs() -> str | None:
        return "api" if "hook_started" in bench.kinds() else None

    bench.wants_cancel = once_the_hook_runs
    hooks = {"on_success": notebook_hook("success"), "on_exit": notebook_hook("exit")}
    state = bench.drive(planned(bench, **hooks), {"a": values(), "on.success": "hangs"})
    assert (state.state, ended(state)) == ("succeeded", {"on.success": "cancelled"})


def test_a_run_that_is_taken_up_tells_nobody_twice(bench: Bench):
    write_addresses(bench.folder, {"on.exit": "memory://x"})
    plan = planned(bench, on_exit=PlannedHook(on="exit", service="memory"))
    bench.drive(plan)
    bench.cut(bench.kinds().index("hook_ended") + 1)
    write_addresses(bench.folder, {"on.exit": "memory://x"})
    assert bench.drive(plan).state == "succeeded"
    assert len(bench.notifier.sent) == 1


def test_a_run_that_was_over_and_is_over_again_has_its_hooks_again(bench: Bench):
    plan = planned(bench, on_exit=notebook_hook("exit"))
    bench.drive(plan, {"a": failed()})
    state = bench.drive(plan, {"a": values()})
    assert (state.state, ended(state)) == ("succeeded", {"on.exit": "succeeded"})
    assert bench.kinds().count("hook_ended") == 2


def test_each_hook_that_is_a_notebook_has_a_record_with_its_true_end(bench: Bench):
    bench.drive(planned(bench, **ALL), {"a": values(), "on.exit": failed()})
    found = {run.name: run.status for run in bench.tracker.runs.values()}
    assert found == {"p r1": "FINISHED", "a": "FINISHED", "on.success": "FINISHED", "on.exit": "FAILED"}
