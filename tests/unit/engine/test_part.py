"""Parts of a run that another scheduler runs: each a process of its own there, an object here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import pytest

from dagbook.engine.folders import SCHEDULER
from dagbook.engine.part import Others, Part
from dagbook.engine.ports import Ports
from dagbook.pipeline.plan import Plan
from dagbook.pipeline.rules import Limits, Retries, Rules
from dagbook.run.events import RunFinished, RunResumed, StepStarted
from dagbook.run.state import fold
from dagbook.testing import FakeExecutor, FakeRunner, MemoryLocks, Outcome, failed, plan_of, values
from tests.unit.engine.bench import Bench, states
from tests.unit.notebook.notebooks import code, notebook

CHAIN = {"a": (), "b": ("a",), "c": ("b",)}


class Scheduler:
    """Starts parts of one run, as another scheduler would start processes."""

    def __init__(
        self, folder: Path, plan: Plan, outcomes: Mapping[str, Outcome | Sequence[Outcome]] | None = None
    ) -> None:
        self.bench = Bench(folder)
        self.plan = plan
        self.runner = FakeRunner(outcomes or {})
        self.claimed: set[str] = set()
        self.cancel: str | None = None

    def part(self) -> Part:
        bench = self.bench
        ports = Ports(
            journal=bench.journal, executor=FakeExecutor(self.runner), cache=bench.cache,
            tracker=bench.tracker, locks=MemoryLocks(),
            read_notebook=lambda path: bench.documents.get(path.stem, notebook(code("pass"))),
        )  # fmt: skip
        others = Others(
            scheduler="airflow", held=nullcontext, claim=self.claim, is_claimed=self.claimed.__contains__,
            wants_cancel=lambda: self.cancel,
        )  # fmt: skip
        return Part(self.plan, "r1", bench.folder, ports, others)

    @contextmanager
    def claim(self, step: str) -> Iterator[None]:
        self.claimed.add(step)
        yield
        self.claimed.discard(step)

    def run(self, *steps: str) -> dict[str, str]:
        """Begin, do the steps one after the other, end; how each step ended."""
        self.part().begin()
        for step in steps:
            self.part().step(step)
        return states(self.part().end())

    @property
    def state(self) -> Any:
        return fold(self.bench.journal.read())


def scheduler(
    folder: Path,
    nodes: Mapping[str, Sequence[str]],
    outcomes: Mapping[str, Outcome | Sequence[Outcome]] | None = None,
    limits: Limits | None = None,
    **changed: Mapping[str, Any],
) -> Scheduler:
    plan = plan_of(nodes, folder=folder)
    more = {name: node.model_copy(update=dict(changed.get(name, {}))) for name, node in plan.nodes.items()}
    return Scheduler(
        folder, plan.model_copy(update={"nodes": more, "limits": limits or Limits(), "jobs": 100}), outcomes
    )


def test_steps_that_others_start_are_one_run(tmp_path: Path):
    there = scheduler(tmp_path, CHAIN, {"a": values(x=1)})
    assert there.run("a", "b", "c") == {"a": "succeeded", "b": "succeeded", "c": "succeeded"}
    assert there.state.state == "succeeded"
    assert there.state.steps["a"].outputs["x"].value == 1
    assert not (tmp_path / SCHEDULER).exists()
    names = [record.name for record in there.bench.tracker.runs.values()]
    assert [name.split()[0] for name in names][1:] == ["a", "b", "c"]


def test_while_it_goes_on_a_mark_says_who_runs_it(tmp_path: Path):
    there = scheduler(tmp_path, CHAIN)
    there.part().begin()
    assert (tmp_path / SCHEDULER).read_text() == "airflow"
    assert there.part().begin().seq == there.state.seq, "begun once"


def test_after_a_failure_the_rest_is_left_out_by_our_own_rules(tmp_path: Path):
    there = scheduler(tmp_path, {**CHAIN, "d": ("b",)}, {"b": failed()}, d={"rules": Rules(run_if="failure")})
    assert there.run("a", "b", "c", "d") == {
        "a": "succeeded", "b": "failed", "c": "skipped", "d": "succeeded",
    }  # fmt: skip
    assert there.state.steps["c"].reason == "upstream b failed"
    assert there.state.state == "failed"


def test_fail_fast_holds_where_nobody_of_ours_schedules(tmp_path: Path):
    there = scheduler(tmp_path, {"a": (), "b": ()}, {"a": failed()}, Limits(fail_fast=True))
    assert there.run("a", "b") == {"a": "failed", "b": "skipped"}


def test_an_attempt_that_is_to_be_followed_by_another_is_said_to_the_scheduler(tmp_path: Path):
    rules = Rules(retries=Retries(limit=1, backoff=60.0))
    there = scheduler(tmp_path, {"a": ()}, {"a": [failed(), values(x=1)]}, a={"rules": rules})
    there.part().begin()
    first = there.part().step("a")
    assert (first.state, first.retry_in, first.attempt) == ("pending", 60.0, 1)
    second = there.part().step("a")
    assert (second.state, second.attempt) == ("succeeded", 2)


def test_what_no_attempt_can_mend_is_failed_for_good(tmp_path: Path):
    there = scheduler(
        tmp_path, {"a": ()}, {"a": failed("KeyError")},
        a={"rules": Rules(retries=Retries(limit=3, on=("ValueError",)))},
    )  # fmt: skip
    there.part().begin()
    assert there.part().step("a").state == "failed"
    assert there.part().step("a").state == "failed", "asked again by a stubborn scheduler"
    assert len(there.bench.events(StepStarted)) == 1


def test_where_the_scheduler_cannot_wait_all_attempts_are_made_here(tmp_path: Path):
    rules = Rules(retries=Retries(limit=2, backoff=0.01))
    there = scheduler(tmp_path, {"a": ()}, {"a": [failed(), failed(), values()]}, a={"rules": rules})
    there.part().begin()
    assert there.part().step("a", every_attempt=True).attempt == 3


def test_a_condition_that_does_not_hold_is_in_nobodys_way(tmp_path: Path):
    there = scheduler(tmp_path, {"a": (), "b": ("a",)}, a={"when": "${1 > 2}"})
    assert there.run("a", "b") == {"a": "skipped", "b": "succeeded"}
    assert there.state.state == "succeeded"


@pytest.mark.parametrize(
    ("tolerate", "group", "after"), [(1, "succeeded", "succeeded"), (0, "failed", "skipped")]
)
def test_a_list_is_expanded_and_gathered(tmp_path: Path, tolerate: int, group: str, after: str):
    there = scheduler(
        tmp_path,
        {"a": (), "b": ("a",), "c": ("b",)},
        {"a": values(names=["x", "y", "z"]), "b[1]": failed()},
        b={"foreach": "${a.names}", "rules": Rules(foreach=True, tolerate=tolerate), "cache": False},
    )
    there.part().begin()
    there.part().step("a")
    assert there.part().expand("b").items == 3
    assert there.part().expand("b").items == 3, "found out once"
    for index in (2, 0, 1):
        there.part().step(f"b[{index}]")
    assert there.part().gather("b").state == group
    assert there.part().step("c").state == after


def test_who_died_is_missed_by_the_next_attempt(tmp_path: Path):
    there = scheduler(tmp_path, {"a": ()}, a={"rules": Rules(retries=Retries(limit=1))})
    there.part().begin()
    there.bench.journal.append(StepStarted(step="a", attempt=1, folder="a/1"))
    done = there.part().step("a")
    assert (done.state, done.attempt) == ("succeeded", 2)


@pytest.mark.parametrize("started", [True, False])
def test_who_died_or_never_ran_is_missed_by_those_that_need_it(tmp_path: Path, started: bool):
    there = scheduler(tmp_path, CHAIN)
    there.part().begin()
    if started:
        there.bench.journal.append(StepStarted(step="a", attempt=1, folder="a/1"))
    assert there.part().step("b").state == "skipped"
    assert states(there.part().end()) == {"a": "killed", "b": "skipped", "c": "skipped"}
    assert there.state.steps["a"].error.name == "WorkerDied"
    assert there.state.state == "failed"


def test_a_step_that_is_wanted_once_more_takes_the_run_up(tmp_path: Path):
    there = scheduler(tmp_path, CHAIN, {"b": [failed(), values()]})
    assert there.run("a", "b", "c")["b"] == "failed"
    assert there.part().step("b").state == "succeeded"
    assert (tmp_path / SCHEDULER).exists()
    assert there.part().step("c").state == "succeeded"
    assert there.part().end().state == "succeeded"
    assert [event.state for event in there.bench.events(RunFinished)] == ["failed", "succeeded"]
    assert len(there.bench.events(RunResumed)) == 1
    assert [event.step for event in there.bench.events(StepStarted)] == ["a", "b", "b", "c"]


def test_a_result_that_is_there_is_not_made_again(tmp_path: Path):
    there = scheduler(tmp_path, CHAIN)
    there.part().begin()
    there.part().step("a")
    assert there.part().step("a").attempt == 1


def test_a_run_that_is_cancelled_starts_nothing_more(tmp_path: Path):
    there = scheduler(tmp_path, CHAIN)
    there.part().begin()
    there.part().step("a")
    there.cancel = "api"
    assert there.part().step("b").state == "cancelled"
    assert there.part().end().state == "cancelled"


def test_whoever_is_last_may_end_the_run(tmp_path: Path):
    there = scheduler(tmp_path, CHAIN, {"b": failed()})
    there.part().begin()
    there.part().step("a")
    assert there.part().end(only_if_over=True).state == "running"
    there.part().step("b")
    ended = there.part().end(only_if_over=True)
    assert (ended.state, ended.steps["c"].state) == ("failed", "skipped")
