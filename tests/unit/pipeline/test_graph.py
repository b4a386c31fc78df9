"""Order, circles and reach of a graph, held against a slow and obvious oracle."""

from __future__ import annotations

import sys
from itertools import pairwise
from typing import Self

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagbook.pipeline.graph import Graph, make_graph
from tests.unit.pipeline.specs import spec

NODES = "abcdefg"


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    nodes = draw(st.lists(st.sampled_from(NODES), unique=True, min_size=1))
    ups = st.lists(st.sampled_from(nodes), unique=True, max_size=3).map(tuple)
    return Graph(upstream={node: draw(ups) for node in nodes})


def reachable(graph: Graph, start: str) -> set[str]:
    """Everything upstream of a node, by walking every path."""
    found: set[str] = set()

    def walk(node: str) -> None:
        for up in graph.upstream[node]:
            if up not in found:
                found.add(up)
                walk(up)

    walk(start)
    return found


def in_circles(graph: Graph) -> set[str]:
    return {node for node in graph.upstream if node in reachable(graph, node)}


@given(graphs())
def test_the_order_keeps_every_need_before_its_node(graph: Graph):
    order = graph.order()
    stuck = {node for node in graph.upstream if ({node} | reachable(graph, node)) & in_circles(graph)}
    assert set(order) == set(graph.upstream) - stuck
    assert len(order) == len(set(order))
    for node in order:
        assert all(order.index(up) < order.index(node) for up in graph.upstream[node])


@given(graphs())
def test_a_circle_is_found_exactly_when_there_is_one_and_is_one(graph: Graph):
    circle = graph.cycle()
    assert (circle is None) == (not in_circles(graph))
    if circle is not None:
        assert circle[0] == circle[-1]
        assert len(set(circle)) == len(circle) - 1 >= 1
        assert all(before in graph.upstream[after] for before, after in pairwise(circle))


@given(graphs())
def test_ancestors_and_descendants_are_what_paths_reach(graph: Graph):
    for node in graph.upstream:
        assert graph.ancestors([node]) == reachable(graph, node)
        assert graph.descendants([node]) == {n for n in graph.upstream if node in reachable(graph, n)}


def test_nodes_keep_the_order_in_which_they_are_written():
    graph = Graph(upstream={"z": (), "b": ("c",), "c": (), "a": ("z",)})
    assert graph.order() == ("z", "c", "b", "a")


def test_a_node_that_needs_itself_is_a_circle():
    assert Graph(upstream={"a": ("a",)}).cycle() == ("a", "a")


def test_references_and_needs_make_the_edges_once_each():
    graph = make_graph(
        spec({
            "a": {},
            "b": {"params": {"x": "${a.y}", "deep": [{"z": "${a.z} ${params.p}"}]}, "needs": ["a"]},
            "c": {"needs": ["b", "nobody"], "params": {"q": "${gone.x}"}},
        })
    )  # fmt: skip
    assert graph.upstream == {"a": (), "b": ("a",), "c": ("b",)}


A_FEW = 60
"""Calls for each node: what is no more is linear."""


class Calls:
    """Counts the calls that are made, of Python's own functions too: the same on every machine."""

    made = 0

    def __enter__(self) -> Self:
        sys.setprofile(self._noted)
        return self

    def __exit__(self, *_: object) -> None:
        sys.setprofile(None)

    def _noted(self, _frame: object, event: str, _argument: object) -> None:
        self.made += event in {"call", "c_call"}


@pytest.mark.parametrize("shape", ["chain", "star", "backwards"])
def test_ten_thousand_nodes_take_no_time(shape: str):
    names = [f"n{index}" for index in range(10_000)]
    upstream: dict[str, tuple[str, ...]] = {"n0": ()}
    for before, after in pairwise(names):
        upstream[after] = (before,) if shape != "star" else ("n0",)
    if shape == "backwards":
        upstream = dict(reversed(upstream.items()))
    graph = Graph(upstream=upstream)
    with Calls() as calls:
        assert len(graph.order()) == 10_000
        assert graph.cycle() is None
        assert len(graph.ancestors(["n9999"])) == (1 if shape == "star" else 9_999)
        assert len(graph.descendants(["n0"])) == 9_999
    assert calls.made < A_FEW * 10_000


def test_a_circle_of_ten_thousand_nodes_is_named_quickly():
    names = [f"n{index}" for index in range(10_000)]
    graph = Graph(upstream={node: (names[index - 1],) for index, node in enumerate(names)})
    with Calls() as calls:
        circle = graph.cycle()
    assert circle is not None
    assert len(circle) == 10_001
    assert calls.made < A_FEW * 10_000
