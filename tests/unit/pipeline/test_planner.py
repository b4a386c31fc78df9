"""Run, reuse or skip, and why: every reason that a plan can give."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from dagbook.notebook.outputs import Output
from dagbook.pipeline.facts import NotebookFacts
from dagbook.pipeline.fingerprint import fingerprint, fingerprint_parts
from dagbook.pipeline.graph import make_graph
from dagbook.pipeline.plan import PlannedStep, result_key
from dagbook.pipeline.planner import (
    Circumstances,
    Known,
    Memory,
    Selection,
    StepPlanner,
    outputs_taken,
    plan_nodes,
)
from dagbook.pipeline.spec import PipelineSpec
from dagbook.testing import values
from tests.unit.pipeline.specs import facts, spec

PIPELINE = spec(
    {
        "prepare": {"params": {"rows": "${params.rows}"}},
        "train": {"params": {"data": "${prepare.data}", "depth": "${item.depth}"},
                  "matrix": {"depth": [2, 4]}},
        "best": {"params": {"scores": "${train.acc}"}},
        "other": {},
    },
    params={"rows": 5},
)  # fmt: skip
FACTS = {
    "prepare": facts(
        "prepare", modules={"features.py": "def scale():\n    return 1"}, deps={"data.csv": "d1"}
    ),
    "train": facts("train"),
    "best": facts("best"),
    "other": facts("other"),
}
PUBLISHED: dict[str, dict[str, Output]] = {
    "prepare": dict(values(data="d").outputs),
    "train": dict(values(acc=0.5).outputs),
    "best": {},
    "other": {},
}


@dataclass
class Remembered:
    """A cache as an earlier run would have left it."""

    results: dict[str, Known] = field(default_factory=dict)
    newest: dict[str, dict[str, str]] = field(default_factory=dict)

    def add(self, node: str, params: dict[str, Any], item: dict[str, Any] | None = None) -> None:
        parts = fingerprint_parts(FACTS[node], params, {}, "python 3.11")
        self.results[fingerprint(parts)] = Known(run="r0", outputs=PUBLISHED[node])
        self.newest[result_key("p", node, item or {})] = parts

    @property
    def memory(self) -> Memory:
        return Memory(known=self.results.get, latest=self.newest.get)


def everything() -> Remembered:
    remembered = Remembered()
    remembered.add("prepare", {"rows": 5})
    for depth in (2, 4):
        remembered.add("train", {"data": "d", "depth": depth}, {"depth": depth})
    remembered.add("best", {"scores": [0.5, 0.5]})
    remembered.add("other", {})
    return remembered


def planned(
    remembered: Remembered | None = None, pipeline: PipelineSpec = PIPELINE, **around: Any
) -> dict[str, PlannedStep]:
    given: dict[str, Any] = {
        "params": {"rows": 5}, "facts": FACTS, "environment": "python 3.11",
        "memory": (remembered or Remembered()).memory,
    } | around  # fmt: skip
    steps = StepPlanner(pipeline, make_graph(pipeline), Circumstances(**given)).steps()
    return {step.step: step for step in steps}


def said(steps: dict[str, PlannedStep]) -> dict[str, str]:
    return {name: f"{step.action}: {step.reason}" for name, step in steps.items()}


def test_a_first_run_runs_everything():
    assert said(planned()) == dict.fromkeys(
        ["prepare", "train[0]", "train[1]", "best", "other"], "run: never run"
    )


def test_a_matrix_makes_a_step_for_each_combination_the_last_key_fastest():
    pipeline = spec({"m": {"matrix": {"a": [1, 2], "b": ["x", "y"]}}, "after": {"needs": ["m"]}})
    steps = planned(pipeline=pipeline, facts={"m": facts("m"), "after": facts("after")})
    assert [(s.step, s.index, s.item) for s in steps.values()] == [
        ("m[0]", 0, {"a": 1, "b": "x"}),
        ("m[1]", 1, {"a": 1, "b": "y"}),
        ("m[2]", 2, {"a": 2, "b": "x"}),
        ("m[3]", 3, {"a": 2, "b": "y"}),
        ("after", None, {}),
    ]
    assert steps["after"].needs == ("m[0]", "m[1]", "m[2]", "m[3]")


def test_what_is_unchanged_is_reused():
    assert said(planned(everything())) == dict.fromkeys(
        ["prepare", "train[0]", "train[1]", "best", "other"], "reuse: unchanged since run r0"
    )


def changed(node: str, **parts: Any) -> dict[str, NotebookFacts]:
    return {**FACTS, node: replace(FACTS[node], **parts)}


@pytest.mark.parametrize(
    ("around", "reason"),
    [
        ({"params": {"rows": 6}}, "parameter rows changed"),
        ({"facts": changed("prepare", cells={1: "other code"})}, "code cell 1 changed"),
        ({"facts": changed("prepare", cells={3: "code of prepare", 4: "new"})}, "code cell 2 is new"),
        ({"facts": changed("prepare", cells={})}, "code cell 1 is gone"),
        (
            {"facts": changed("prepare", modules={"features.py": "def scale():\n    return 2"})},
            "features.py::scale changed",
        ),
        ({"facts": changed("prepare", deps={"data.csv": "d2"})}, "file data.csv changed"),
        ({"facts": changed("prepare", deps={})}, "file data.csv is gone"),
        ({"facts": changed("prepare", kernel="other")}, "kernel changed"),
        (
            {"facts": changed("prepare", cells={1: "x", 2: "y"}, modules={}, deps={})},
            "code cell 1 changed, code cell 2 is new, features.py is gone and 2 more",
        ),
    ],
)
def test_what_changed_is_named(around: dict[str, Any], reason: str):
    steps = planned(everything(), **around)
    assert said(steps)["prepare"] == f"run: {reason}"
    assert said(steps)["train[0]"] == "run: upstream prepare runs"
    assert said(steps)["best"] == "run: upstream train runs"
    assert said(steps)["other"] == "reuse: unchanged since run r0"


def test_another_interpreter_runs_everything():
    assert said(planned(everything(), environment="python 3.12"))["other"] == "run: kernel changed"


def test_a_step_that_changed_itself_says_so_rather_than_naming_its_upstream():
    around = {"facts": changed("train", cells={1: "x"}), "params": {"rows": 6}}
    assert said(planned(everything(), **around))["train[1]"] == "run: code cell 1 changed"


def test_a_changed_module_is_named_even_when_it_is_called_cache():
    facts_then = changed("train", modules={"cache.py": "old"})
    remembered = everything()
    remembered.newest[result_key("p", "train", {"depth": 2})] = fingerprint_parts(
        facts_then["train"], {"data": "d", "depth": 2}, {}, "python 3.11"
    )
    around = {"facts": changed("train", modules={"cache.py": "new"}), "params": {"rows": 6}}
    assert said(planned(remembered, **around))["train[0]"] == "run: cache.py changed"


def test_a_result_that_left_the_cache_is_made_again():
    remembered = everything()
    remembered.results.clear()
    assert said(planned(remembered))["prepare"] == "run: its result is no longer in the cache"


def test_a_new_value_in_a_matrix_leaves_the_others_alone():
    wider = PIPELINE.model_copy(
        update={
            "nodes": {
                **PIPELINE.nodes,
                "train": PIPELINE.nodes["train"].model_copy(update={"matrix": {"depth": [3, 2, 4]}}),
            }
        }
    )
    steps = said(planned(everything(), wider))
    assert steps["train[0]"] == "run: never run"
    assert steps["train[1]"] == steps["train[2]"] == "reuse: unchanged since run r0"
    assert steps["best"] == "run: upstream train runs"


def test_no_cache_runs_everything_and_forbids_reuse():
    steps = planned(everything(), use_cache=False)
    assert set(said(steps).values()) == {"run: --no-cache"}
    assert all(step.fresh for step in steps.values())


def test_a_node_may_say_that_it_always_runs():
    always = spec({"a": {"cache": False}, "b": {"needs": ["a"]}})
    steps = planned(pipeline=always, facts={"a": facts("a"), "b": facts("b")})
    assert said(steps)["a"] == "run: the node says cache: false"


def test_a_result_that_somebody_accepts_is_current_and_what_follows_is_compared_with_it():
    around = {"facts": changed("train", cells={1: "x"}), "accepting": "accepted by ada on 2026-11-26"}
    assert said(planned(everything(), **around))["best"] == "run: upstream train runs"

    steps = planned(everything(), selection=Selection(accept=("train",)), **around)

    reason = "accepted by ada on 2026-11-26 (code cell 1 changed): result of run r0"
    assert said(steps)["train[0]"] == said(steps)["train[1]"] == f"reuse: {reason}"
    assert steps["train[0]"].accepted == "accepted by ada on 2026-11-26 (code cell 1 changed)"
    assert said(steps)["best"] == "reuse: unchanged since run r0"
    assert not any(step.accepted for name, step in steps.items() if not name.startswith("train"))


def test_what_is_unchanged_needs_nobody_to_accept_it():
    steps = planned(everything(), selection=Selection(accept=("train",)))
    assert said(steps)["train[0]"] == "reuse: unchanged since run r0"
    assert not steps["train[0]"].accepted


def test_what_nobody_made_cannot_be_accepted_and_runs():
    steps = planned(selection=Selection(accept=("train",)))
    assert {step.action for step in steps.values()} == {"run"}
    assert not any(step.accepted for step in steps.values())


def test_a_result_is_accepted_though_something_above_it_runs():
    around = {"facts": changed("prepare", cells={1: "x"}), "selection": Selection(accept=("train",))}
    steps = planned(everything(), **around)
    assert steps["prepare"].action == "run"
    assert said(steps)["train[0]"] == "reuse: accepted (upstream prepare runs): result of run r0"
    assert steps["best"].action == "reuse"


def test_a_result_that_was_accepted_says_so_from_then_on():
    remembered = everything()
    accepted = {fp: replace(known, accepted="accepted by ada") for fp, known in remembered.results.items()}
    remembered.results.update(accepted)
    assert said(planned(remembered))["other"] == "reuse: accepted by ada: result of run r0"


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        (Selection(only=("train",)), "reuse run run skip skip"),
        (Selection(start=("train",)), "reuse run run run skip"),
        (Selection(start=("prepare",)), "run run run run skip"),
        (Selection(only=("other", "prepare")), "run skip skip skip run"),
    ],
    ids=["only", "from", "from the first", "only two"],
)  # fmt: skip
def test_a_selection_runs_what_is_asked_for_and_skips_what_it_does_not_need(
    selection: Selection, expected: str
):
    steps = planned(everything(), selection=selection)
    assert " ".join(step.action for step in steps.values()) == expected
    for step in steps.values():
        if step.action == "run":
            assert (step.reason, step.fresh) == (f"asked for ({selection.words()})", True)
        if step.action == "skip":
            assert step.reason == f"not asked for ({selection.words()})"


def test_a_selection_still_runs_what_it_needs_and_nobody_made():
    assert said(planned(selection=Selection(only=("train",))))["prepare"] == "run: never run"


def test_a_selection_says_how_it_was_said():
    assert Selection(only=("a", "b"), start=("c",)).words() == "--only a --only b --from c"
    assert not Selection()


def test_what_cannot_be_worked_out_before_the_run_runs():
    remembered = everything()
    for result in list(remembered.results):
        if remembered.results[result].outputs == PUBLISHED["prepare"]:
            remembered.results[result] = Known(run="r0", outputs={})
    assert said(planned(remembered))["train[0]"] == "run: its inputs are not known yet"


def test_a_value_that_cannot_travel_is_left_to_the_run():
    pipeline = spec({"a": {"params": {"x": "${(1, 2)}"}}})
    assert (
        said(planned(pipeline=pipeline, facts={"a": facts("a")}))["a"] == "run: its inputs are not known yet"
    )


def test_nodes_are_frozen_with_what_others_take_of_them():
    around = Circumstances(params={"rows": 5}, facts=FACTS, environment="python 3.11")
    nodes = plan_nodes(PIPELINE, make_graph(PIPELINE), around)
    assert list(nodes) == ["prepare", "train", "best", "other"]
    assert nodes["prepare"].expected == ("data",)
    assert nodes["train"].params == {"data": "${prepare.data}", "depth": "${item.depth}"}
    assert nodes["prepare"].code == fingerprint_parts(FACTS["prepare"], {}, {}, "python 3.11")


def test_outputs_taken_are_named_once_each_in_order():
    pipeline = spec({
        "a": {}, "b": {"params": {"x": "${a.y} ${a.z}", "w": ["${a.y}"], "p": "${params.q}"}},
        "c": {"params": {"v": "${a.k}"}},
    })  # fmt: skip
    assert outputs_taken(pipeline) == {"a": ("y", "z", "k")}
