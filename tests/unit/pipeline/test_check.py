"""One row for each thing that can be wrong with a pipeline, and where it is said to be."""

from __future__ import annotations

from typing import Any

import pytest

from dagbook.pipeline.check import MOST_STEPS, Problem, check_notebooks, check_spec
from tests.unit.pipeline.specs import facts, spec


def said(problems: tuple[Problem, ...]) -> list[tuple[str, str, str]]:
    """Code, place and remedy of each."""
    return [(p.code, ".".join(map(str, p.path)), p.remedy) for p in problems]


def node(**params: Any) -> dict[str, Any]:
    return {"params": params}


def outputs(**paths: str) -> dict[str, Any]:
    return {"outputs": paths}


D12 = {"matrix": {"d": [1, 2]}}
HUGE = {key: list(range(100)) for key in "xyz"}


def test_a_sound_pipeline_has_no_problems():
    sound = spec(
        {
            "prepare": {"params": {"rows": "${params.rows}", "home": "${env.HOME}/x", "n": "${1 + 1}"}},
            "train": {"params": {"x": "${prepare.features}", "d": "${item.depth}"},
                      "matrix": {"depth": [1, 2]}, "outputs": {"model": "m-${item.depth}-${run.id}.pkl"}},
            "best": {"params": {"all": "${train.acc}", "one": "${train.acc[0]}"}, "needs": ["prepare"]},
        },
        params={"rows": 5},
    )  # fmt: skip
    assert check_spec(sound) == ()


@pytest.mark.parametrize(
    ("code", "nodes", "path", "remedy"),
    [
        ("unknown-node", {"b": {"needs": ["use"]}}, "b.needs.0", "did you mean 'used'?"),
        ("unknown-node", {"b": node(x="${use.y}")}, "b.params.x", "did you mean 'used'?"),
        ("unknown-node", {"b": node(x="${xyz}")}, "b.params.x", "use one of: b, env, item, params, run"),
        ("unknown-parameter", {"a": node(x="${params.rowz}")}, "a.params.x", "did you mean 'rows'?"),
        ("unknown-parameter", {"a": node(x="${params}")}, "a.params.x", "use one of: rows"),
        ("no-item", {"a": node(x="${item.d}")}, "a.params.x", "add `matrix:` to the node"),
        ("unknown-item", {"a": {**node(x="${item.dept}"), **D12}}, "a.params.x", "use one of: d"),
        ("unknown-reference", {"a": node(x="${run.name}")}, "a.params.x", "write `run.id`"),
        ("unknown-reference", {"a": node(x="${env}")}, "a.params.x", "write `env.NAME`"),
        ("unknown-reference", {"b": outputs(o="${used.x}.csv")}, "b.outputs.o", "use params, item or run.id"),
        ("no-output-named", {"b": node(x="${used}")}, "b.params.x", "write `used.OUTPUT`"),
        ("expression", {"a": node(x="${1 +}")}, "a.params.x", "correct the expression"),
        ("expression", {"a": node(x="${1 / 0}")}, "a.params.x", "correct the expression"),
        ("expression", {"a": outputs(o="${")}, "a.outputs.o", "correct the expression"),
        ("output-path", {"a": outputs(o="/etc/x")}, "a.outputs.o", "without `..`"),
        ("output-path", {"a": outputs(o="b/../../x")}, "a.outputs.o", "without `..`"),
        ("same-file", {"a": outputs(o="x"), "b": outputs(o="./x")}, "b.outputs.o", "its own file"),
        ("same-file", {"a": outputs(o="x", p="x")}, "a.outputs.p", "its own file"),
        ("same-file", {"a": {**D12, **outputs(o="x")}}, "a.outputs.o", "use ${item.d} in it"),
        ("output-overwrites", {"a": outputs(o="used.ipynb")}, "a.outputs.o", "a file of its own"),
        ("cycle", {"a": {"needs": ["b"]}, "b": node(x="${a.y}")}, "", "take one of these"),
        ("cycle", {"a": node(x="${a.y}")}, "a", "take one of these"),
        ("too-many-steps", {"a": {"matrix": HUGE}}, "a.matrix", f"keep it to {MOST_STEPS:,}"),
        ("matrix-expression", {"a": {"matrix": {"d": [1, "${run.id}"]}}}, "a.matrix.d.1", "`params:`"),
        ("parameter-value", {"a": {"matrix": {"d": [{1: 2}]}}}, "a.matrix.d.0", "use str keys"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_the_file_is_told_with_its_place(
    code: str, nodes: dict[str, Any], path: str, remedy: str
):
    problems = check_spec(spec({"used": node(x="${params.rows}"), **nodes}, params={"rows": 1}))
    found = said(tuple(problem for problem in problems if problem.severity == "error"))
    assert len(found) == 1
    assert found[0][0] == code
    assert found[0][1].startswith(f"nodes.{path}")
    assert remedy in found[0][2]


def test_a_circle_is_told_in_the_order_in_which_it_turns():
    circle = {"a": {"needs": ["c"]}, "b": {"needs": ["a"]}, "c": {"needs": ["b"]}}
    message = check_spec(spec(circle))[0].message
    assert any(turn in message for turn in ("a → b → c → a", "b → c → a → b", "c → a → b → c"))


def test_an_unused_parameter_is_a_warning():
    (problem,) = check_spec(spec({"a": {}}, params={"rows": 1}))
    assert (problem.code, problem.severity, problem.path) == (
        "unused-parameter",
        "warning",
        ("params", "rows"),
    )


@pytest.mark.parametrize(
    ("given", "unused"),
    [
        ({"matrix": {"k": [1, 2]}}, ["nodes.a.matrix.k"]),
        ({"matrix": {"k": [1, 2], "m": [3]}, "params": {"x": "${item.k}"}}, ["nodes.a.matrix.m"]),
        ({"matrix": {"k": [1, 2], "m": [3]}, "params": {"x": "${item}"}}, []),
        ({"matrix": {"k": [1, 2]}, "when": "item.k > 1"}, []),
        ({"foreach": [1, 2]}, ["nodes.a.foreach"]),
        ({"foreach": [1, 2], "params": {"x": "${item}"}}, []),
        ({"foreach": [1, 2], "outputs": {"t": "${item}.csv"}}, []),
    ],
)
def test_steps_that_differ_in_nothing_are_warned_of(given: dict[str, Any], unused: list[str]):
    found = [problem for problem in check_spec(spec({"a": given})) if problem.code == "unused-item"]
    assert [".".join(map(str, problem.path)) for problem in found] == unused
    assert all(problem.severity == "warning" and "${item" in problem.remedy for problem in found)


def test_everything_wrong_is_told_at_once():
    broken = spec({"a": node(x="${b.y}", z="${params.q}"), "c": {"needs": ["a", "nobody"]}})
    assert [p.code for p in check_spec(broken)] == ["unknown-node", "unknown-parameter", "unknown-node"]


DECLARED = "rows: int\nmodel: str = 'forest'\nwhen = None\n"


@pytest.mark.parametrize(
    ("code", "params", "path", "remedy"),
    [
        ("unknown-parameter", {"rows": 1, "modle": "x"}, "nodes.b.params.modle", "did you mean 'model'?"),
        ("parameter-type", {"rows": "many"}, "nodes.b.params.rows", "give int"),
        ("parameter-type", {"rows": 0.5}, "nodes.b.params.rows", "give int"),
        ("parameter-type", {"rows": "${1 / 2}"}, "nodes.b.params.rows", "give int"),
        ("parameter-value", {"rows": 1, "when": {1: "x"}}, "nodes.b.params.when", "use str keys"),
        ("parameter-name", {"rows": 1, "a-b": 1}, "nodes.b.params.a-b", "rename it"),
        ("missing-parameter", {"model": "x"}, "nodes.b", "give it a value"),
        ("unknown-output", {"rows": "${a.featurez}"}, "nodes.b.params.rows", "did you mean 'features'?"),
    ],
)
def test_what_the_notebook_does_not_take_is_told_at_the_parameter(
    code: str, params: dict[str, Any], path: str, remedy: str
):
    known = {"a": facts("a", publishes="features"), "b": facts("b", DECLARED)}
    found = said(check_notebooks(spec({"a": {}, "b": node(**params)}), known))
    assert [(one[0], one[1]) for one in found] == [(code, path)]
    assert remedy in found[0][2]


@pytest.mark.parametrize(
    "params",
    [
        {"rows": 1},
        {"rows": "${a.features}"},
        {"rows": "${params.anything}"},
        {"rows": "${2 * 50}", "model": "$${x}"},
        {"rows": 1, "when": [1, {"a": None}]},
    ],
)
def test_what_the_notebook_takes_is_no_problem(params: dict[str, Any]):
    known = {"a": facts("a", publishes="features"), "b": facts("b", DECLARED)}
    assert check_notebooks(spec({"a": {}, "b": node(**params)}), known) == ()


def test_outputs_are_not_held_against_code_that_may_publish_others():
    pipeline = spec({"a": {}, "b": node(x="${a.anything}")})
    assert check_notebooks(pipeline, {"a": facts("a", publishes="features …")}) == ()


def test_declared_outputs_count_as_published():
    pipeline = spec({"a": {"outputs": {"table": "t.csv"}}, "b": node(x="${a.table}")})
    assert check_notebooks(pipeline, {"a": facts("a"), "b": facts("b", "x = ''")}) == ()


def test_of_a_notebook_in_another_language_only_names_and_values_are_checked():
    pipeline = spec({"a": node(anything=1, goes="${1 + 1}", odd={1: 2})})
    found = said(check_notebooks(pipeline, {"a": facts("a", None)}))
    assert [(one[0], one[1]) for one in found] == [("parameter-value", "nodes.a.params.odd")]


def test_a_node_without_facts_is_passed_over():
    assert check_notebooks(spec({"a": node(x=1)}), {}) == ()
