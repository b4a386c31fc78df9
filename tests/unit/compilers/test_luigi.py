"""Pipelines as Luigi modules: what they say; that they run is for tests/engines."""

from __future__ import annotations

import ast
from typing import Any

import pytest

from dagbook.compilers.luigi import LuigiCompiler
from dagbook.engine.deployment import Manifest
from tests.unit.compilers.deployments import deployment


def compiled(nodes: Any, texts: Any = None, **settings: Any) -> Manifest:
    compiler = LuigiCompiler()
    return compiler.compile(deployment(compiler, nodes, None, texts, **settings))


def classes(text: str) -> dict[str, tuple[str, str]]:
    """Class → its base, and what it requires, as source."""
    found = {}
    for node in ast.parse(text).body:
        if isinstance(node, ast.ClassDef):
            requires = [f for f in node.body if isinstance(f, ast.FunctionDef) and f.name == "requires"]
            found[node.name] = (ast.unparse(node.bases[0]), ast.unparse(requires[0]) if requires else "")
    return found


def test_a_node_is_a_class_that_requires_what_it_needs():
    made = classes(compiled({"a": {}, "b_c": {"params": {"x": "${a.y}"}}}).text)
    assert made["A"] == ("Part", "")
    assert made["BC"][0] == "Part"
    assert "self.another(A)" in made["BC"][1]
    assert "self.another(BC)" in made["P"][1]


def test_every_step_of_a_matrix_is_required():
    made = classes(compiled({"a": {"matrix": {"x": [1, 2, 3]}}, "b": {"params": {"x": "${a.y}"}}}).text)
    assert made["A"][0] == "Indexed"
    assert "range(3)" in made["B"][1]


def test_a_list_has_a_class_for_its_elements():
    made = classes(compiled({"a": {}, "b": {"foreach": "${a.y}"}}).text)
    assert made["B"][0] == "Fan"
    assert made["BElement"][0] == "Element"


def test_names_that_luigi_or_python_have_are_left_to_them():
    text = compiled(
        {"part": {}, "element": {}, "p": {}},
        params={"complete": 1, "key": 2, "index": 3, "rows": "it's {x} %s \n"},
    ).text
    made = classes(text)
    assert {"Part", "Part_2", "Element", "Element_2", "P", "P_2"} <= set(made)
    assert "complete_2 = luigi.Parameter(default='1'" in text
    assert "'key_2': 'key'" in text
    assert "'index_2': 'index'" in text
    assert "'rows': 'rows'" in text


@pytest.mark.parametrize("run_if", ["failure", "always", "any"])
def test_what_luigi_never_starts_is_refused_with_its_place(run_if: str):
    manifest = compiled({"a": {}, "b": {"needs": ["a"], "run_if": run_if}})
    assert manifest.is_refused
    assert manifest.text == ""
    (problem,) = [problem for problem in manifest.problems if problem.severity == "error"]
    assert (problem.path, problem.node) == (("nodes", "b", "run_if"), "b")


def test_what_is_done_in_another_way_is_said():
    manifest = compiled(
        {"a": {"retries": {"limit": 2}, "resources": {"cpu": 2}}, "b": {"foreach": [1, 2]}},
        on={"schedule": {"cron": "0 6 * * *"}},
    )
    said = {".".join(map(str, problem.path)) for problem in manifest.problems}
    assert said >= {"nodes.a.retries", "nodes.a.resources.cpu", "nodes.b.foreach", "on.schedule"}
    assert not manifest.is_refused
