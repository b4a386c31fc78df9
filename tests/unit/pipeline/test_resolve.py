"""What a step receives of what its upstream published."""

from __future__ import annotations

from typing import Any

import pytest

from dagbook.notebook.outputs import Output
from dagbook.notebook.values import FileValue, encode
from dagbook.pipeline.expressions import ExpressionError
from dagbook.pipeline.resolve import node_names, output_value, resolve_params


def value(name: str, content: Any) -> Output:
    return Output(name=name, kind="value", value=encode(content))


TABLE = Output(name="table", kind="file", path="a/1/outputs/t.csv", sha256="ab", format="csv")


@pytest.mark.parametrize("content", [5, None, [1, {"a": float("inf")}], {"$own": 1}])
def test_a_value_arrives_as_it_was_published(content: Any):
    assert output_value(value("x", content)) == content


def test_a_file_arrives_as_a_file():
    assert output_value(TABLE) == FileValue(path="a/1/outputs/t.csv", sha256="ab", format="csv")


def test_a_node_is_what_its_one_step_published():
    assert node_names([{"x": value("x", 5)}], is_list=False) == {"x": 5}


def test_a_matrix_is_a_list_for_each_output_that_all_its_steps_published():
    steps = [{"x": value("x", 1), "only": value("only", 0)}, {"x": value("x", 2)}]
    assert node_names(steps, is_list=True) == {"x": [1, 2]}
    assert node_names([{"x": value("x", 1)}], is_list=True) == {"x": [1]}
    assert node_names([], is_list=True) == {}


NAMES = {"params": {"rows": 5}, "item": {}, "run": {"id": "r"}, "env": {}, "a": {"x": 1}, "empty": {}}


def test_parameters_are_resolved_by_name():
    assert resolve_params({"n": "${params.rows}", "m": ["${a.x}"], "c": 7}, NAMES) == {
        "n": 5,
        "m": [1],
        "c": 7,
    }


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("${a.y}", "parameter 'p' needs a.y, which was not published; 'a' published x"),
        ("${empty.y}", "parameter 'p' needs empty.y, which was not published; 'empty' published nothing"),
        ("${a.x + 'b'}", "parameter 'p': `${a.x + 'b'}`: unsupported operand"),
        ("${gone.x}", "parameter 'p': `${gone.x}`: 'gone' is not defined"),
    ],
)
def test_what_is_not_there_is_told_by_parameter(template: str, said: str):
    with pytest.raises(ExpressionError) as caught:
        resolve_params({"p": template}, NAMES)
    assert str(caught.value).startswith(said)
