"""A driver with everything in memory: attempts, conditions, lists, locks and limits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from dagbook.engine import attempts
from dagbook.engine.ports import Ended
from dagbook.notebook.values import encode
from dagbook.pipeline.plan import Plan
from dagbook.pipeline.rules import Limits, Retries, Rules
from dagbook.run.events import Event, RunStarted, StepExpanded, StepFailed, StepStarted, StepWaiting
from dagbook.run.state import fold
from dagbook.testing import FakeExecutor, FakeRunner, MemoryCache, MemoryLocks, failed, plan_of, values
from tests.unit.engine.bench import Bench, states
from tests.unit.notebook.notebooks import with_parameters


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def planned(bench: Bench, nodes: Mapping[str, Sequence[str]], **changed: Mapping[str, Any]) -> Plan:
    """A plan whose nodes say more: `planned(bench, {"a": ()}, a={"when": "${…}"})`."""
    params = {node: said["params"] for node, said in changed.items() if "params" in said}
    plan = plan_of(nodes, folder=bench.folder, params=params)
    more = {
        name: node.model_copy(update={k: v for k, v in changed.get(name, {}).items() if k != "params"})
        for name, node in plan.nodes.items()
    }
    return plan.model_copy(update={"nodes": more})


# --- retries --------------------------------------------------------------------------------------------


class Clock:
    """Time that passes only when somebody waits."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class WaitingExecutor(FakeExecutor):
    """Where nothing happens, the clock goes on by as much as was to be waited."""

    def __init__(self, runner: FakeRunner, clock: Clock) -> None:
        super().__init__(runner)
        self.clock = clock

    def wait(self, seconds: float) -> Sequence[Event | Ended]:
        happened = super().wait(0)
        if not happened:
            self.clock.now += seconds
        return happened


RETRIES = {"rules": Rules(retries=Retries(limit=2, backoff=10))}


def with_clock(bench: Bench, outcomes: Mapping[str, Any]) -> Clock:
    clock = Clock()
    bench.clock = clock
    bench.executor = WaitingExecutor(FakeRunner(outcomes), clock)
    return clock


def test_a_failed_attempt_is_followed_by_another_after_its_wait(bench: Bench):
    clock = with_clock(bench, {"a": [failed("OSError"), failed("OSError"), values(n=1)]})
    state = bench.drive(planned(bench, {"a": (), "b": ("a",)}, a=RETRIES))
    assert states(state) == {"a": "succeeded", "b": "succeeded"}
    assert [event.retry_in for event in bench.events(StepFailed)] == [10, 20]
    assert clock.now == pytest.approx(30, abs=1)
    folders = [event.folder for event in bench.events(StepStarted) if event.step == "a"]
    assert folders == ["a/1", "a/2", "a/3"]
    assert state == fold(bench.journal.read())


def test_each_attempt_has_its_own_record_with_its_number(bench: Bench):
    with_clock(bench, {"a": [failed(), values(acc=0.5)]})
    bench.drive(planned(bench, {"a": ()}, a=RETRIES))
    runs = [run for run in bench.tracker.runs.values() if run.name == "a"]
    assert [(run.status, run.tags["dagbook.attempt"]) for run in runs] == [("FAILED", "1"), ("FINISHED", "2")]


def test_when_all_attempts_failed_the_step_has(bench: Bench):
    with_clock(bench, {"a": failed()})
    state = bench.drive(planned(bench, {"a": (), "b": ("a",)}, a=RETRIES))
    assert states(state) == {"a": "failed", "b": "skipped"}
    assert state.steps["a"].attempt == 3


def test_a_worker_that_died_is_retried_too(bench: Bench):
    with_clock(bench, {"a": ["dies", values()]})
    assert states(bench.drive(planned(bench, {"a": ()}, a=RETRIES))) == {"a": "succeeded"}


def test_wrong_parameters_are_not_tried_again(bench: Bench):
    bench.documents["b"] = with_parameters("x: int = 0\n")
    plan = planned(bench, {"a": (), "b": ("a",)}, b={"params": {"x": "${a.word}"}, **RETRIES})
    state = bench.drive(plan, {"a": values(word="many")})
    assert (state.steps["b"].state, state.steps["b"].attempt) == ("failed", 1)


def test_a_cancel_between_two_attempts_ends_the_step(bench: Bench):
    with_clock(bench, {"a": failed()})
    bench.wants_cancel = lambda: "api" if bench.events(StepFailed) else None
    assert states(bench.drive(planned(bench, {"a": ()}, a=RETRIES))) == {"a": "cancelled"}


# --- conditions -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("threshold", "expected"), [(0.5, "succeeded"), (0.9, "skipped")])
def test_a_step_is_skipped_where_its_condition_does_not_hold(bench: Bench, threshold: float, expected: str):
    plan = planned(bench, {"a": (), "b": ("a",)}, b={"when": f"${{a.acc > {threshold}}}"})
    state = bench.drive(plan, {"a": values(acc=0.7)})
    assert states(state) == {"a": "succeeded", "b": expected}
    assert state.state == "succeeded"
    if expected == "skipped":
        assert state.steps["b"].reason == "when: a.acc > 0.9 does not hold"


def test_what_follows_a_skipped_condition_runs_and_what_takes_its_data_says_why_it_cannot(bench: Bench):
    """As in Argo: skipped by its own `when` is nobody's failure; an output that is not there is."""
    bench.documents["c"] = with_parameters("x = 0\n")
    nodes = {"a": (), "after": ("a",), "c": ("a",)}
    plan = planned(bench, nodes, a={"when": "${1 > 2}"}, c={"params": {"x": "${a.n}"}})
    state = bench.drive(plan)
    assert states(state) == {"a": "skipped", "after": "succeeded", "c": "failed"}
    error = state.steps["c"].error
    assert error is not None
    assert "a.n, which was not published" in error.value
    assert "'a' skipped (when: 1 > 2 does not hold)" in error.value


def test_a_condition_that_is_neither_true_nor_false_fails_the_step(bench: Bench):
    plan = planned(bench, {"a": (), "b": ("a",)}, b={"when": "${a.word}"})
    state = bench.drive(plan, {"a": values(word="no")})
    error = state.steps["b"].error
    assert error is not None
    assert (error.name, state.steps["b"].state) == ("WrongCondition", "failed")
    assert "neither true nor false" in error.value


# --- foreach --------------------------------------------------------------------------------------------

LISTED = {"list": (), "f": ("list",), "end": ("f",)}


def each(bench: Bench, *, tolerate: int = 0, **more: Any) -> Plan:
    bench.documents["f"] = with_parameters("x = 0\n")
    bench.documents["end"] = with_parameters("got = []\nfailures = []\n")
    rules = Rules(foreach=True, tolerate=tolerate, concurrency=more.pop("concurrency", None))
    foreach = {"foreach": "${list.items}", "rules": rules, "expected": ("y",), **more}
    return planned(
        bench, LISTED,
        f={"params": {"x": "${item}"}, **foreach},
        end={"params": {"got": "${f.y}", "failures": "${f.failures}"}},
    )  # fmt: skip


class Squares(FakeRunner):
    """Publishes y = x·x for each element, and fails for those it is told to."""

    def __init__(self, items: list[Any], bad: Sequence[int] = ()) -> None:
        super().__init__({"list": values(items=items), "end": values()})
        self.bad = set(bad)

    def outcome(self, request: Any) -> Any:
        if request.node != "f":
            return super().outcome(request)
        self.requests.append(request)
        number = request.params["x"]
        return failed("ValueError", f"not {number}") if number in self.bad else values(y=number * number)


def received(bench: Bench) -> Any:
    (request,) = [request for request in bench.executor.runner.requests if request.node == "end"]
    return request.params


def test_of_500_elements_with_3_failing_downstream_gets_497_results_and_the_three_failures(bench: Bench):
    bench.executor = FakeExecutor(Squares(list(range(500)), bad=[7, 77, 377]))
    state = bench.drive(each(bench, tolerate=5))
    got = received(bench)
    assert got["got"] == [number * number for number in range(500) if number not in {7, 77, 377}]
    assert [(f["index"], f["step"], f["item"], f["name"]) for f in got["failures"]] == [
        (7, "f[7]", 7, "ValueError"), (77, "f[77]", 77, "ValueError"), (377, "f[377]", 377, "ValueError"),
    ]  # fmt: skip
    assert (state.state, state.steps["f"].state, state.steps["f"].bad) == ("succeeded", "succeeded", 3)
    assert state == fold(bench.journal.read())


def test_beyond_what_is_tolerated_the_node_fails_and_says_which(bench: Bench):
    bench.executor = FakeExecutor(Squares(list(range(6)), bad=[1, 3, 4]))
    state = bench.drive(each(bench, tolerate=2))
    error = state.steps["f"].error
    assert error is not None
    assert error.value == "3 of 6 steps failed, and up to 2 are tolerated: f[1], f[3], f[4]"
    assert (state.state, state.steps["end"].state) == ("failed", "skipped")
    assert state.steps["end"].reason == "upstream f failed"
    assert state.steps["f[5]"].state == "succeeded", "what does not depend on a failure goes on"


def test_a_list_without_elements_gives_empty_lists(bench: Bench):
    bench.executor = FakeExecutor(Squares([]))
    state = bench.drive(each(bench))
    assert states(state) == {"list": "succeeded", "f": "succeeded", "end": "succeeded"}
    assert received(bench) == {"got": [], "failures": []}


def test_five_thousand_elements_are_no_trouble(bench: Bench):
    bench.executor = FakeExecutor(Squares(list(range(5000))))
    state = bench.drive(each(bench))
    assert state.state == "succeeded"
    assert received(bench)["got"] == [number * number for number in range(5000)]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (5, "is over int 5, which is no list"),
        ("abc", "is over str 'abc', which is no list"),
        ({"a": 1}, "is over dict {'a': 1}, which is no list"),
        (None, "is over NoneType None, which is no list"),
        (list(range(10_001)), "makes 10,001 steps, more than 10,000"),
    ],
    ids=["number", "text", "mapping", "nothing", "too long"],
)
def test_what_is_no_list_fails_the_node_in_words(bench: Bench, given: Any, said: str):
    state = bench.drive(each(bench), {"list": values(items=given)})
    error = state.steps["f"].error
    assert error is not None
    assert (error.name, states(state)) == (
        "WrongForeach", {"list": "succeeded", "f": "failed", "end": "skipped"},
    )  # fmt: skip
    assert "`foreach: ${list.items}`" in error.value
    assert said in error.value


def test_a_list_may_be_written_in_the_file(bench: Bench):
    bench.executor = FakeExecutor(Squares([]))
    bench.drive(each(bench, foreach=encode([2, 3])))
    assert received(bench)["got"] == [4, 9]


def test_no_more_elements_run_at_once_than_the_node_says(bench: Bench):
    bench.executor = FakeExecutor(Squares(list(range(9))))
    bench.drive(each(bench, concurrency=1).model_copy(update={"jobs": 4}))
    assert bench.executor.most == 1


def test_a_condition_about_the_element_leaves_out_single_ones(bench: Bench):
    bench.executor = FakeExecutor(Squares([1, 2, 3]))
    state = bench.drive(each(bench, when="${item != 2}"))
    assert received(bench)["got"] == [1, 9]
    assert (state.steps["f"].state, state.steps["f[1]"].state) == ("succeeded", "skipped")


def test_a_condition_about_the_node_leaves_out_all(bench: Bench):
    state = bench.drive(each(bench, when="${len(list.items) > 3}"), {"list": values(items=[1])})
    assert state.steps["f"].state == "skipped"
    assert bench.events(StepExpanded) == []


def test_elements_are_reused_by_the_next_run_and_new_ones_run(bench: Bench):
    bench.executor = FakeExecutor(Squares([1, 2]))
    bench.drive(each(bench))
    bench.again()
    bench.executor = FakeExecutor(Squares([1, 2, 3]))
    plan = each(bench)
    changed = plan.nodes["list"].model_copy(update={"code": {"code cell 1": "new"}})
    state = bench.drive(plan.model_copy(update={"nodes": {**plan.nodes, "list": changed}}))
    assert [state.steps[f"f[{index}]"].state for index in range(3)] == ["reused", "reused", "succeeded"]
    assert received(bench)["got"] == [1, 4, 9]


def test_a_cancelled_foreach_is_cancelled_as_a_whole(bench: Bench):
    runner = Squares([1, 2, 3])
    bench.executor = FakeExecutor(runner)
    bench.wants_cancel = lambda: "api" if len(runner.requests) > 2 else None
    state = bench.drive(each(bench))
    assert (state.state, state.steps["f"].state) == ("cancelled", "cancelled")


# --- locks, limits --------------------------------------------------------------------------------------


def test_a_step_waits_for_a_lock_and_says_who_holds_it(bench: Bench):
    clock = with_clock(bench, {})
    locks = MemoryLocks()
    locks.holders["mutex gpu"] = ["train of run r0"]
    bench.locks = locks

    def freed_later() -> None:
        if clock.now > 3:
            locks.free("train of run r0")

    bench.wants_cancel = freed_later  # type: ignore[assignment]
    state = bench.drive(planned(bench, {"a": (), "b": ()}, a={"locks": {"mutex gpu": 1}}))
    assert states(state) == {"a": "succeeded", "b": "succeeded"}
    assert [event.why for event in bench.events(StepWaiting)] == ["mutex gpu, held by train of run r0"]
    assert [event.step for event in bench.events(StepStarted)] == ["b", "a"]
    assert locks.holders == {"mutex gpu": []}


def test_a_step_that_waits_for_a_lock_is_made_ready_once_and_takes_what_was_made_meanwhile(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
):
    plan = planned(bench, {"a": ()}, a={"locks": {"mutex gpu": 1}})
    bench.drive(plan, {"a": values(n=1)})
    made, bench.cache = bench.cache, MemoryCache(bench.folder / "empty at first")
    bench.again()
    clock = with_clock(bench, {})
    bench.locks = locks = MemoryLocks()
    locks.holders["mutex gpu"] = ["a of run r0"]
    ready: list[str] = []
    prepare = attempts.prepare_step
    monkeypatch.setattr(attempts, "prepare_step", lambda *args: (ready.append("a"), prepare(*args))[1])
    looks: list[float] = []
    take = locks.take
    monkeypatch.setattr(locks, "take", lambda *args: (looks.append(clock.now), take(*args))[1])

    def made_and_freed() -> None:
        if clock.now > 3 and locks.holders["mutex gpu"] == ["a of run r0"]:
            vars(bench.cache).update(vars(made))
            locks.free("a of run r0")

    bench.wants_cancel = made_and_freed  # type: ignore[assignment]
    state = bench.drive(plan)
    assert states(state) == {"a": "reused"}
    assert len(looks) > 5
    assert ready == ["a"]
    assert locks.holders == {"mutex gpu": []}


def test_two_steps_of_a_run_do_not_hold_a_mutex_at_once(bench: Bench):
    with_clock(bench, {})
    lock = {"locks": {"mutex gpu": 1}}
    plan = planned(bench, {"a": (), "b": (), "c": ()}, a=lock, b=lock, c={"locks": {"semaphore x": 2}})
    state = bench.drive(plan.model_copy(update={"jobs": 3}))
    assert set(states(state).values()) == {"succeeded"}
    assert bench.executor.most == 2


def test_a_lock_is_freed_when_its_step_fails(bench: Bench):
    with_clock(bench, {"a": failed()})
    lock = {"locks": {"mutex gpu": 1}}
    state = bench.drive(planned(bench, {"a": (), "b": ()}, a=lock, b=lock))
    assert states(state) == {"a": "failed", "b": "succeeded"}


def test_the_journal_says_what_the_machine_has_and_what_nodes_ask_for(bench: Bench):
    bench.capacity = (4.0, 8)
    rules = Rules(cpu=3)
    plan = planned(bench, {"a": (), "b": ()}, a={"rules": rules}, b={"rules": rules})
    bench.drive(plan.model_copy(update={"limits": Limits(fail_fast=True)}))
    (started,) = bench.events(RunStarted)
    assert (started.limits, started.rules) == (
        Limits(fail_fast=True, cpu=4, memory=8), {"a": rules, "b": rules},
    )  # fmt: skip
    assert bench.executor.most == 1


def test_the_limits_of_a_node_reach_its_attempt(bench: Bench):
    node = {"timeout": 60.0, "cell_timeout": 5.0, "rules": Rules(memory=1 << 30)}
    bench.drive(planned(bench, {"a": ()}, a=node))
    (request,) = bench.executor.runner.requests
    assert (request.timeout, request.cell_timeout, request.memory) == (60, 5, 1 << 30)
