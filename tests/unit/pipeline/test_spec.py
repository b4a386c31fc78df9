"""What may be written in a pipeline file, and what may not."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from dagbook.pipeline.names import RESERVED, name_problem
from dagbook.pipeline.spec import PipelineSpec
from dagbook.pipeline.written import parse_duration
from tests.unit.pipeline.specs import spec


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        (90, 90), (1.5, 1.5), ("90", 90), ("30s", 30), ("30 s", 30), (" 2h ", 7200), ("30m", 1800),
        ("1d", 86400), ("250ms", 0.25), ("1.5h", 5400),
    ],
)  # fmt: skip
def test_a_duration_is_read(written: object, seconds: float):
    assert parse_duration(written) == seconds


@pytest.mark.parametrize(
    "written",
    ["", "soon", "30x", "-5", "1h30m", "1e3", "٣s", "h", True, None, [], "0", 0, -1,
     float("inf"), float("nan"), "9" * 400, 10**400, -(10**400)],
)  # fmt: skip
def test_what_is_no_duration_is_refused(written: object):
    with pytest.raises(ValueError, match=r"duration"):
        parse_duration(written)


@pytest.mark.parametrize("name", ["a", "train_2", "größe", "Ünode", "_x", "match", "x" * 64])
def test_a_name(name: str):
    assert name_problem(name) is None


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("", "is no name"),
        ("a-b", "such as `a_b`"),
        ("1a", "such as `n1a`"),
        ("a b.c", "such as `a_b_c`"),
        ("✓", "such as `node`"),
        ("²", "is no name"),
        ("x" * 65, "longer than 64"),
        ("class", "such as `class_`"),
        ("__init__", "such as `init_`"),
        *((word, "reserved word") for word in sorted(RESERVED)),
    ],
)
def test_what_is_no_name_is_told_another(name: str, said: str):
    assert said in (name_problem(name) or "")


@pytest.mark.parametrize("name", ["a-b", "²x", "x²", "✓✓", "__x", "if", "a" * 80 + "-"])
def test_the_suggested_name_is_a_name(name: str):
    said = name_problem(name) or ""
    if "`" in said:
        assert name_problem(said.split("`")[1]) is None


NODE = {"notebook": "a.ipynb"}


@pytest.mark.parametrize(
    ("content", "where"),
    [
        ({"nodes": {"a": NODE}}, "pipeline"),
        ({"pipeline": ""}, "pipeline"),
        ({"pipeline": "p"}, "nodes"),
        ({"pipeline": "p", "nodes": {}}, "nodes"),
        ({"pipeline": "p", "nodes": {"a": None}}, "nodes a"),
        ({"pipeline": "p", "nodes": {"a": {}}}, "nodes a notebook"),
        ({"pipeline": "p", "nodes": {"a": {**NODE, "pipeline": "b"}}}, "nodes a"),
        ({"pipeline": "p", "nodes": {"a-b": NODE}}, "nodes"),
        ({"pipeline": "p", "nodes": {"a": NODE, "A": NODE}}, "nodes"),
        ({"pipeline": "p", "nodes": {"params": NODE}}, "nodes"),
        *(
            ({"pipeline": "p", "nodes": {"a": {**NODE, **node}}}, where)
            for node, where in [
                ({"notebook": " "}, "nodes a notebook"),
                ({"param": {}}, "nodes a param"),
                ({"timeout": "soon"}, "nodes a timeout"),
                ({"matrix": {"d": []}}, "nodes a matrix d"),
                ({"matrix": {"d": 1}}, "nodes a matrix d"),
                ({"outputs": {"a-b": "x"}}, "nodes a outputs"),
                ({"tags": {"x": 1}}, "nodes a tags x"),
            ]
        ),
        *(
            ({"pipeline": "p", "nodes": {"a": NODE}, **rest}, where)
            for rest, where in [
                ({"extra": 1}, "extra"),
                ({"version": 2}, "version"),
                ({"defaults": {"retry": 2}}, "defaults retry"),
                ({"params": {"run": 1}}, "params"),
                ({"params": {"x": {"typ": "int"}}}, "params x typ"),
                ({"params": {"x": {"type": "integer"}}}, "params x type"),
                ({"params": {"x": {"type": "int", "default": "y"}}}, "params x"),
                ({"params": {"x": {"choices": [1, 2], "default": 3}}}, "params x"),
            ]
        ),
    ],
)
def test_what_may_not_be_written_is_refused_at_its_place(content: dict[str, Any], where: str):
    with pytest.raises(ValidationError) as caught:
        PipelineSpec.model_validate(content)
    assert where in {" ".join(map(str, error["loc"])) for error in caught.value.errors()}


@pytest.mark.parametrize(
    ("written", "kind", "required"),
    [
        (500, "int", False), (0.5, "float", False), ("x", "str", False), (True, "bool", False),
        ([1], "list", False), (None, "any", False), ({"type": "int"}, "int", True),
        ({"type": "int | None", "default": None}, "int", False), ({"choices": ["a", "b"]}, "choice", True),
        ({"help": "of what"}, "any", True), ({"secret": "API_KEY"}, "any", False),
    ],
)  # fmt: skip
def test_a_parameter_has_the_type_that_is_said_or_shown(written: object, kind: str, required: bool):
    param = spec({"a": {}}, params={"x": written}).params["x"]
    assert (param.param_type.kind, param.required) == (kind, required)


def test_a_node_says_over_the_defaults_even_what_is_the_default_of_defaults():
    found = spec(
        {"a": {"cache": True, "timeout": None}, "b": {"kernel": "ir"}},
        defaults={"timeout": "30m", "cache": False},
    )
    assert found.settings_of("a").model_dump(exclude_unset=True) == {"timeout": None, "cache": True}
    assert found.settings_of("b").model_dump(exclude_unset=True) == {
        "timeout": 1800,
        "kernel": "ir",
        "cache": False,
    }


def test_one_need_may_be_written_as_a_word():
    assert spec({"a": {}, "b": {"needs": "a"}}).nodes["b"].needs == ("a",)


@pytest.mark.parametrize(
    ("written", "model", "alias"),
    [
        ("churn", "churn", ""),
        ("models:/churn", "churn", ""),
        ({"model": "churn", "alias": "Production"}, "churn", "production"),
        ({"model": "churn", "alias": "champion", "if": "auc > 0.7"}, "churn", "champion"),
    ],
)
def test_what_becomes_of_a_model(written: Any, model: str, alias: str):
    registration = spec({"a": {"register": written}}).nodes["a"].registration
    assert registration is not None
    assert (registration.model, registration.alias) == (model, alias)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("churn/3", "names a version"),
        ("a:b", "cannot be the name"),
        ({"model": "churn", "alias": "v2"}, "cannot be an alias"),
        ({"model": "churn", "if": "auc > 1"}, "there is none"),
        ({"model": "churn", "alias": "a", "if": "auc >"}, "write it over metrics"),
        ({"model": "churn", "tags": {"mlflow.user": "x"}}, "cannot be a tag"),
        ({"model": "churn", "description": "${params.x}"}, "plain texts"),
    ],
)
def test_what_cannot_become_of_a_model(written: Any, said: str):
    with pytest.raises(ValidationError, match=said):
        spec({"a": {"register": written}})
