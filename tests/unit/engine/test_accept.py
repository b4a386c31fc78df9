"""A result that somebody takes as current: reused though something changed, and kept as such."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dagbook.notebook.values import encode
from dagbook.pipeline.plan import Plan
from dagbook.pipeline.rules import Rules
from dagbook.run.events import StepReused
from dagbook.testing import plan_of, values
from tests.unit.engine.bench import Bench, states
from tests.unit.engine.test_control import planned
from tests.unit.notebook.notebooks import with_parameters

ACCEPTED = "accepted by ada on 2026-11-26 (code cell 1 changed)"


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def rewritten(plan: Plan, node: str, *, accepted: bool) -> Plan:
    """The plan after the node's code changed; perhaps somebody does not mind."""
    changed: Any = plan.nodes[node].model_copy(update={"code": {"code cell 1": "rewritten"}})
    steps = tuple(
        step.model_copy(update={"accepted": ACCEPTED}) if accepted and step.node == node else step
        for step in plan.steps
    )
    return plan.model_copy(update={"nodes": {**plan.nodes, node: changed}, "steps": steps})


def test_an_accepted_result_is_reused_and_current_from_then_on(bench: Bench):
    plan = plan_of({"a": (), "b": ("a",)}, folder=bench.folder)
    bench.drive(plan, {"a": values(n=1)})

    bench.again()
    state = bench.drive(rewritten(plan, "a", accepted=True))

    assert states(state) == {"a": "reused", "b": "reused"}
    assert state.steps["a"].reason == f"{ACCEPTED}: result of run r1"
    assert state.steps["a"].outputs["n"].value == 1

    bench.again()
    state = bench.drive(rewritten(plan, "a", accepted=False))

    assert states(state) == {"a": "reused", "b": "reused"}
    assert bench.events(StepReused)[0].reason == f"{ACCEPTED}: result of run r1"


def test_without_it_the_step_runs_and_what_is_unchanged_needs_no_acceptance(bench: Bench):
    plan = plan_of({"a": ()}, folder=bench.folder)
    bench.drive(plan)
    bench.again()
    assert states(bench.drive(rewritten(plan, "a", accepted=False))) == {"a": "succeeded"}
    bench.again()
    state = bench.drive(rewritten(plan, "a", accepted=True))
    assert states(state) == {"a": "reused"}
    assert state.steps["a"].reason == "unchanged since run r1"


def test_each_element_of_a_list_keeps_its_own_result(bench: Bench):
    bench.documents["each"] = with_parameters("x = ''\n")
    plan = planned(
        bench,
        {"a": (), "each": ("a",)},
        each={"foreach": encode("${a.items}"), "params": {"x": "${item}"}, "rules": Rules(foreach=True)},
    )
    outcomes = {"a": values(items=["p", "q"]), "each[0]": values(y=1), "each[1]": values(y=2)}
    assert states(bench.drive(plan, outcomes))["each"] == "succeeded"

    bench.again()
    state = bench.drive(rewritten(plan, "each", accepted=True))

    assert [state.steps[f"each[{n}]"].state for n in (0, 1)] == ["reused", "reused"]
    assert [state.steps[f"each[{n}]"].outputs["y"].value for n in (0, 1)] == [1, 2]
