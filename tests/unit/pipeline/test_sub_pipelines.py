"""A node that is a pipeline becomes the nodes inside: names, edges, parameters, settings, mistakes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from dagbook.notebook.outputs import PublishedOutputs
from dagbook.pipeline.check import check_spec
from dagbook.pipeline.graph import make_graph
from dagbook.pipeline.groups import Group, nodes_meant, nodes_named
from dagbook.pipeline.inlining import Part
from dagbook.pipeline.problem import Problem
from dagbook.pipeline.selection import Selection
from dagbook.pipeline.spec import NodeSpec, PipelineSpec
from dagbook.pipeline.sub_pipelines import TakenApart, take_apart, without_effect

Nodes = Mapping[str, Mapping[str, Any]]

INNER: Nodes = {
    "load": {"params": {"rows": "${params.rows}"}},
    "scale": {"params": {"data": "${load.data}", "by": "${params.factor * 2}"}},
}
PARAMS = {"rows": {"type": "int"}, "factor": 2.0}


def spec(nodes: Nodes, **settings: Any) -> PipelineSpec:
    written = {
        name: node if "pipeline" in node else {"notebook": f"{name}.ipynb", **node}
        for name, node in nodes.items()
    }
    return PipelineSpec.model_validate({"pipeline": "p", "nodes": written, **settings})


def part(nodes: Nodes = INNER, folder: str = "deep", **settings: Any) -> Part:
    inner = spec(nodes, **{"params": PARAMS if nodes is INNER else {}, **settings})
    return Part(spec=inner, folder=folder, top=Group(nodes={name: name for name in inner.nodes}))


def apart(
    outer: Nodes, inside: Part | Mapping[str, Part] | None = None, publishes: str = "", **settings: Any
) -> TakenApart:
    """The outer pipeline taken apart; `publishes` is `scale: table, load: data …`, `…` for perhaps more."""
    known: dict[str, PublishedOutputs] = {}
    for said in filter(None, publishes.split("; ")):
        node, _, names = said.partition(": ")
        words = tuple(word for word in names.split() if word != "…")
        known[node] = PublishedOutputs(names=words, complete="…" not in names)
    nothing = PublishedOutputs(names=(), complete=True)
    parts = inside if isinstance(inside, Mapping) else {"features": inside or part()}
    return take_apart(spec(outer, **settings), parts, lambda node: known.get(node, nothing))


def features(**keys: Any) -> dict[str, Any]:
    return {"pipeline": "deep/features.pipeline.yaml", "params": {"rows": 5}, **keys}


def made(outer: Nodes, *arguments: Any, **others: Any) -> PipelineSpec:
    found = apart(outer, *arguments, **others)
    assert found.problems == ()
    assert not [problem for problem in check_spec(found.spec) if problem.severity == "error"]
    assert all(node.pipeline is None for node in found.spec.nodes.values())
    return found.spec


def wrong(outer: Nodes, *arguments: Any, **others: Any) -> Problem:
    found = apart(outer, *arguments, **others)
    assert found.spec.nodes["features"].pipeline
    (problem,) = found.problems
    assert problem.remedy
    return problem


def test_the_nodes_inside_take_its_place_with_their_names_notebooks_and_edges():
    whole = made({"first": {}, "features": features(), "last": {"needs": ["features"]}})
    assert list(whole.nodes) == ["first", "features__load", "features__scale", "last"]
    assert whole.nodes["features__load"].notebook == "deep/load.ipynb"
    assert make_graph(whole).upstream == {
        "first": (),
        "features__load": (),
        "features__scale": ("features__load",),
        "last": ("features__scale",),
    }


@pytest.mark.parametrize(
    ("folder", "notebook", "expected"),
    [
        (".", "a.ipynb", "a.ipynb"),
        ("x/y", "../a.ipynb", "x/a.ipynb"),
        ("..", "n/a.ipynb", "../n/a.ipynb"),
        ("x", "/abs/a.ipynb", "/abs/a.ipynb"),
    ],
)
def test_notebooks_are_found_from_the_outer_file(folder: str, notebook: str, expected: str):
    whole = made(
        {"features": {"pipeline": "f.pipeline.yaml"}}, part({"a": {"notebook": notebook}}, folder=folder)
    )
    assert whole.nodes["features__a"].notebook == expected


@pytest.mark.parametrize(
    ("given", "templates", "params"),
    [
        (
            {"rows": 5},
            ("${params.features__rows}", "${params.features__factor * 2}"),
            {"rows": 5, "factor": 2.0},
        ),
        ({"rows": "${params.n}"}, ("${params.n}", "${params.features__factor * 2}"), {"factor": 2.0}),
        (
            {"rows": "${first.count + 1}", "factor": "${first.f or 1}"},
            ("${first.count + 1}", "${(first.f or 1) * 2}"),
            {},
        ),
        ({"rows": "$${odd}"}, None, {}),
    ],
)
def test_what_it_is_given(given: dict[str, Any], templates: tuple[str, str] | None, params: dict[str, Any]):
    outer = {"first": {"params": {"n": "${params.n}"}}, "features": features(params=given)}
    if templates is None:
        assert wrong(outer, params={"n": 1}).code == "parameter-type"
        return
    whole = made(outer, params={"n": 1})
    assert whole.nodes["features__load"].params["rows"] == templates[0]
    assert whole.nodes["features__scale"].params["by"] == templates[1]
    assert {
        name: param.default for name, param in whole.params.items() if name != "n"
    } == {f"features__{name}": value for name, value in params.items()}  # fmt: skip


def test_only_the_nodes_that_use_a_parameter_wait_for_what_it_comes_from():
    given = {"rows": 5, "factor": "${first.factor}"}
    upstream = make_graph(made({"first": {}, "features": features(params=given)})).upstream
    assert upstream["features__load"] == ()
    assert set(upstream["features__scale"]) == {"features__load", "first"}


def test_a_secret_inside_stays_one():
    inside = part({"a": {"params": {"token": "${params.token}"}}}, params={"token": {"secret": "API_TOKEN"}})
    whole = made({"features": {"pipeline": "f.pipeline.yaml"}}, inside)
    assert whole.params["features__token"].secret == "API_TOKEN"
    given = {"features": {"pipeline": "f.pipeline.yaml", "params": {"token": "abc"}}}
    assert wrong(given, inside).code == "secret-given"


@pytest.mark.parametrize(
    ("params", "code", "said"),
    [
        ({"rows": 5, "factr": 1}, "unknown-parameter", "did you mean 'factor'?"),
        ({}, "missing-parameter", "write `rows: …` under `params:` of 'features'"),
        ({"rows": "many"}, "parameter-type", "give int"),
        ({"rows": None}, "parameter-type", "give int"),
    ],
)
def test_what_it_is_given_is_held_against_what_the_pipeline_declares(
    params: dict[str, Any], code: str, said: str
):
    problem = wrong({"features": features(params=params)})
    assert (problem.code, problem.node) == (code, "features")
    assert said in problem.remedy


def test_a_text_of_several_parts_cannot_be_reckoned_with():
    params = {"rows": 5, "factor": "${params.a}-${params.b}"}
    problem = wrong({"features": features(params=params)}, params={"a": 1, "b": 2})
    assert "${params.factor * 2}" in problem.message
    assert "one `${…}`" in problem.remedy


@pytest.mark.parametrize(
    ("template", "publishes", "expected"),
    [
        ("${features.table}", "features__scale: table", "${features__scale.table}"),
        ("${features.table[0].x + 1}", "features__scale: table", "${features__scale.table[0].x + 1}"),
        ("${features.load.data}", "", "${features__load.data}"),
        ("${features.data}", "features__load: data; features__scale: table", "${features__load.data}"),
        ("x", "", "x"),
    ],
)
def test_an_output_of_it_is_that_of_the_node_inside(template: str, publishes: str, expected: str):
    outer = {"features": features(), "use": {"params": {"x": template}}}
    assert made(outer, publishes=publishes).nodes["use"].params == {"x": expected}


@pytest.mark.parametrize(
    ("template", "publishes", "code", "remedy"),
    [
        ("${features.table}", "features__load: table; features__scale: table", "ambiguous-output",
         "say which is meant: ${features.load.table} or ${features.scale.table}"),
        ("${features.tabel}", "features__scale: table", "unknown-output", "did you mean 'table'?"),
        ("${features.table}", "features__load: …", "unknown-output",
         "say which node does: ${features.load.table}"),
        ("${features.load}", "", "no-output-named", "write `features.load.OUTPUT`"),
    ],
)  # fmt: skip
def test_an_output_that_nobody_or_several_publish(template: str, publishes: str, code: str, remedy: str):
    outer = {"features": features(), "use": {"params": {"x": template}}}
    problem = wrong(outer, publishes=publishes)
    assert (problem.code, problem.path, problem.remedy) == (code, ("nodes", "use", "params", "x"), remedy)


def test_declared_outputs_and_failures_count_too():
    inside = part({"a": {"outputs": {"file": "a.csv"}}, "b": {"foreach": [1, 2], "params": {"x": "${item}"}}})
    outer = {
        "features": {"pipeline": "f.pipeline.yaml"},
        "use": {"params": {"x": "${features.file}", "y": "${features.failures}"}},
    }
    assert made(outer, inside).nodes["use"].params == {
        "x": "${features__a.file}",
        "y": "${features__b.failures}",
    }


def test_every_place_that_names_a_node_may_name_it():
    outer = {
        "features": features(),
        "use": {
            "when": "features.ok > 1", "approve": "Take ${features.ok}?", "foreach": "${features.ok}",
            "needs": "features.load",
        },
    }  # fmt: skip
    node = made(outer, publishes="features__scale: ok").nodes["use"]
    assert node.when == "${features__scale.ok > 1}"
    assert node.approve is not None
    assert node.approve.message == "Take ${features__scale.ok}?"
    assert node.foreach == "${features__scale.ok}"
    assert node.needs == ("features__load",)


@pytest.mark.parametrize(
    ("nodes", "expected"),
    [
        ({"a": {}, "b": {"needs": "a"}, "c": {"needs": "a"}}, {"b", "c"}),
        # `tidy` runs after a failure too and would hide it.
        ({"a": {}, "tidy": {"needs": "a", "run_if": "always"}}, {"a", "tidy"}),
        ({"a": {}, "tidy": {"needs": "a", "run_if": "always"}, "b": {"needs": "a"}}, {"tidy", "b"}),
        ({"a": {}}, {"a"}),
    ],
)
def test_who_waits_for_it_waits_for_everything_that_may_fail_in_it(nodes: Nodes, expected: set[str]):
    outer = {"features": {"pipeline": "f.pipeline.yaml"}, "last": {"needs": ["features"]}}
    whole = made(outer, part(nodes))
    assert set(whole.nodes["last"].needs) == {f"features__{name}" for name in expected}


def test_it_waits_for_what_it_needs_and_runs_when_it_says():
    inside = part({"a": {}, "b": {"needs": "a", "when": "params.deep"}}, params={"deep": True})
    keys = {"needs": ["first"], "when": "first.score > 1", "run_if": "always"}
    nodes = made({"first": {}, "features": {"pipeline": "f", **keys}}, inside).nodes
    assert nodes["features__a"].needs == ("first",)
    assert nodes["features__a"].run_if == "always"
    assert nodes["features__a"].when == "${first.score > 1}"
    assert nodes["features__b"].needs == ("features__a",)
    assert nodes["features__b"].run_if == "success"
    assert nodes["features__b"].when == "${(first.score > 1) and (params.features__deep)}"


def test_run_if_looks_at_everything_that_it_takes():
    keys = {"run_if": "failure", "params": {"rows": 5, "factor": "${first.factor}"}}
    nodes = made({"first": {}, "features": features(**keys)}).nodes
    assert nodes["features__load"].needs == ("first",)
    assert nodes["features__load"].run_if == "failure"


def test_the_nearest_says_how_a_node_is_run():
    inside = part(
        {"a": {"timeout": "1s", "tags": {"x": "node"}}, "b": {}},
        defaults={"timeout": "2s", "cache": False},
        tags={"x": "inner", "y": "inner"},
    )
    keys = {"timeout": "3s", "cache": True, "kernel": "k", "tags": {"x": "outer", "y": "outer", "z": "outer"}}
    whole = made({"features": {"pipeline": "f", **keys}}, inside, defaults={"timeout": "4s", "retries": 2})
    a, b = (whole.settings_of(f"features__{name}") for name in "ab")
    assert (a.timeout, b.timeout) == (1.0, 2.0)
    assert (a.cache, a.kernel) == (False, "k")
    assert a.retries is not None
    assert a.retries.limit == 2
    assert whole.nodes["features__a"].tags == {"x": "node", "y": "inner", "z": "outer"}
    assert whole.nodes["features__b"].tags == {"x": "inner", "y": "inner", "z": "outer"}


def test_what_warm_kernels_import_is_gathered():
    whole = made(
        {"features": {"pipeline": "f"}}, part({"a": {}}, preload=["numpy", "pandas"]), preload=["pandas"]
    )
    assert whole.preload == ("pandas", "numpy")


def test_pipelines_inside_pipelines():
    middle = take_apart(
        spec({"raw": features(), "merge": {"params": {"x": "${raw.table}"}}}, params={"n": 1}),
        {"raw": part()},
        lambda node: PublishedOutputs(names=("table",) if node.endswith("scale") else (), complete=True),
    )
    inside = Part(spec=middle.spec, folder="mid", top=Group(nodes={"merge": "merge"}, groups=middle.groups))
    outer = {
        "features": {"pipeline": "mid/f.pipeline.yaml", "params": {"raw__factor": "${first.f}"}},
        "first": {},
        "use": {
            "params": {
                "a": "${features.table}",
                "b": "${features.raw.load.data}",
                "c": "${features.raw.data}",
            },
            "needs": ["features.raw"],
        },
    }
    found = apart(outer, {"features": inside}, "features__raw__scale: table; features__raw__load: data")
    assert found.problems == ()
    assert list(found.spec.nodes) == [
        "features__raw__load", "features__raw__scale", "features__merge", "first", "use",
    ]  # fmt: skip
    assert found.spec.nodes["features__raw__load"].notebook == "mid/deep/load.ipynb"
    assert found.spec.nodes["features__raw__scale"].params["by"] == "${first.f * 2}"
    assert found.spec.nodes["use"].params == {
        "a": "${features__raw__scale.table}",
        "b": "${features__raw__load.data}",
        "c": "${features__raw__load.data}",
    }
    assert found.spec.nodes["use"].needs == ("features__raw__scale",)


TOP = Group(
    nodes={"train": "train"},
    groups={
        "features": Group(
            nodes={"load": "features__load"},
            groups={"raw": Group(nodes={"x": "features__raw__x", "y": "features__raw__y"})},
        )
    },
)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("train", ["train"]),
        ("features", ["features__load", "features__raw__x", "features__raw__y"]),
        ("features.raw", ["features__raw__x", "features__raw__y"]),
        ("features.raw.y", ["features__raw__y"]),
        ("features__raw__y", ["features__raw__y"]),
        ("features.nothing", []),
        ("train.x", []),
        ("nothing", []),
        ("", []),
        ("features.", []),
    ],
)
def test_what_a_name_stands_for(name: str, expected: list[str]):
    assert list(nodes_named(name, TOP)) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("train", ["train"]),
        ("features", ["features__load", "features__raw__x"]),
        ("features.raw", ["features__raw__x"]),
        ("features.load", ["features__load"]),
        ("features__load", ["features__load"]),
        ("feat", []),
        ("nothing", []),
    ],
)
def test_what_a_name_stands_for_in_a_run(name: str, expected: list[str]):
    nodes = ["features__load", "train", "features__raw__x", "train__more"]
    assert list(nodes_meant(name, nodes)) == expected


def test_a_selection_may_name_it_and_is_told_in_those_words():
    selection = Selection(only=("features.raw", "train"), accept=("nothing",)).within(TOP)
    assert selection.only == ("features__raw__x", "features__raw__y", "train")
    assert selection.accept == ("nothing",)
    assert selection.words() == "--only features.raw --only train"


def test_names_that_are_taken_or_too_long():
    assert "is there already" in wrong({"features": features(), "features__load": {}}).message
    taken = {"features": features(), "use": {"params": {"x": "${params.Features__Rows}"}}}
    assert "is there already" in wrong(taken, params={"Features__Rows": 1}).message
    assert "64 characters" in wrong({"features": {"pipeline": "f"}}, part({"n" * 60: {}})).message


def test_more_nodes_than_a_run_may_have():
    many = part({f"n{number}": {} for number in range(6_000)})
    outer = {"features": {"pipeline": "f"}, "others": {"pipeline": "f"}}
    assert wrong(outer, {"features": many, "others": many}).code == "too-many-steps"


def test_what_check_spec_says_of_it_is_left_to_check_spec():
    found = apart({"features": features(params={"rows": "${nothing.x}"}, needs=["gone"])})
    assert found.problems == ()
    assert {problem.code for problem in check_spec(found.spec)} == {"unknown-node"}


def test_what_counts_for_whole_runs_has_no_effect_inside():
    inner = spec({"a": {}}, on={"exit": "bye.ipynb"}, concurrency=2, fail_fast=False, experiment="e")
    assert [problem.path for problem in without_effect(inner)] == [("on",), ("concurrency",), ("experiment",)]
    assert without_effect(spec({"a": {}}, defaults={"timeout": 5}, tags={"a": "b"})) == ()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("matrix", {"x": [1]}), ("foreach", [1]), ("outputs", {"a": "b"}), ("deps", ["a"]),
        ("approve", "Go?"), ("register", "m"), ("concurrency", 1), ("mutex", "m"), ("semaphore", {"s": 1}),
    ],
)  # fmt: skip
def test_what_is_said_of_one_notebook_is_refused(key: str, value: Any):
    with pytest.raises(ValueError, match="at the nodes inside"):
        NodeSpec.model_validate({"pipeline": "f", key: value})
