"""A first pipeline file for a folder: names, edges and shared parameters that a pipeline accepts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagbook.errors import InvalidInput
from dagbook.loaders.folder import node_name, notebooks_in, write_pipeline
from dagbook.loaders.pipeline_file import load_pipeline
from dagbook.pipeline.check import check_notebooks, check_spec
from dagbook.pipeline.facts import NotebookFacts
from dagbook.pipeline.graph import make_graph
from dagbook.pipeline.names import name_problem
from dagbook.pipeline.spec import PipelineSpec
from tests.unit.pipeline.specs import facts


def named(folder: Path, *files: str) -> list[str]:
    for file in files:
        (folder / file).write_text("{}")
    return list(notebooks_in(folder))


@pytest.mark.parametrize(
    ("file", "node"),
    [
        ("prepare.ipynb", "prepare"),
        ("01 prepare.ipynb", "prepare"),
        ("01_prepare.ipynb", "prepare"),
        ("2. train-model (v2).ipynb", "train_model__v2"),
        ("class.ipynb", "class_"),
        ("params.ipynb", "params_"),
        ("01.ipynb", "n01"),
        ("größe.ipynb", "größe"),
        ("x².ipynb", "x"),
        ("✓.ipynb", "notebook"),
        ("---.ipynb", "notebook"),
        ("__init__.ipynb", "init"),
        ("x" * 120 + ".ipynb", "x" * 50),
        ("a.b.ipynb", "a_b"),
        ("1st.ipynb", "st"),
    ],
)
def test_a_file_gives_a_node_its_name(tmp_path: Path, file: str, node: str):
    assert named(tmp_path, file) == [node]


def test_names_that_would_be_the_same_are_numbered(tmp_path: Path):
    assert named(tmp_path, "01 Prep.ipynb", "02 prep.ipynb", "03-prep.ipynb") == ["Prep", "prep_2", "prep_3"]


def test_only_notebooks_directly_in_the_folder_count(tmp_path: Path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "x.ipynb").write_text("{}")
    (tmp_path / "notes.md").write_text("")
    assert named(tmp_path, "b.ipynb", "a.ipynb", ".hidden.ipynb") == ["a", "b"]


@pytest.mark.parametrize(("make", "code"), [(True, "no-notebooks"), (False, "no-folder")])
def test_a_folder_without_notebooks_is_refused(tmp_path: Path, make: bool, code: str):
    if make:
        (tmp_path / "empty").mkdir()
    with pytest.raises(InvalidInput) as caught:
        notebooks_in(tmp_path / "empty")
    assert caught.value.findings[0].code == code
    assert caught.value.findings[0].remedy


@given(st.text(max_size=100))
def test_any_file_name_gives_a_name_that_nodes_may_have(stem: str):
    taken: dict[str, Path] = {}
    for _ in range(3):
        taken[node_name(stem, taken)] = Path()
    assert len({name.casefold() for name in taken}) == 3
    assert [name_problem(name) for name in taken] == [None] * 3


def written(folder: Path, known: dict[str, NotebookFacts]) -> PipelineSpec:
    """What was written, read again; without a problem."""
    placed = {name: located(fact, folder / f"{name}.ipynb") for name, fact in known.items()}
    file = folder / "p.pipeline.yaml"
    file.write_text(write_pipeline("p", placed, folder), "utf-8")
    spec = load_pipeline(file).spec
    assert check_spec(spec) == ()
    assert check_notebooks(spec, known) == ()
    return spec


def located(fact: NotebookFacts, path: Path) -> NotebookFacts:
    return NotebookFacts(**{**vars(fact), "path": str(path)})


def params(spec: PipelineSpec, node: str) -> dict[str, Any]:
    return spec.nodes[node].params


def test_parameters_take_the_outputs_of_their_name_whatever_files_are_called(tmp_path: Path):
    spec = written(
        tmp_path,
        {
            "best": facts("best", "accuracy = 0.0"),
            "prepare": facts("prepare", "rows = 100", publishes="features"),
            "train": facts("train", "features = ''\ndepth = 3", publishes="accuracy"),
        },
    )
    assert make_graph(spec).order() == ("prepare", "train", "best")
    assert params(spec, "train") == {"features": "${prepare.features}", "depth": "${params.depth}"}
    assert {name: param.default for name, param in spec.params.items()} == {"rows": 100, "depth": 3}


def test_a_parameter_is_shared_by_those_who_mean_the_same(tmp_path: Path):
    spec = written(
        tmp_path,
        {
            "a": facts("a", "seed = 1\nmode = 'x'\nrows = 5"),
            "b": facts("b", "seed = 1\nmode = 5\nSeed = 3\nrows = 6"),
        },
    )
    assert {name: param.default for name, param in spec.params.items()} == {
        "seed": 1, "mode": "x", "rows": 5,
    }  # fmt: skip
    assert params(spec, "b") == {"seed": "${params.seed}"}


@pytest.mark.parametrize("name", ["run", "item", "env", "params", "true"])
def test_a_parameter_whose_name_means_something_else_stays_the_notebooks(tmp_path: Path, name: str):
    assert written(tmp_path, {"a": facts("a", f"{name} = 1\nok = 2")}).params.keys() == {"ok"}


def test_two_that_would_need_each_other_make_no_circle(tmp_path: Path):
    spec = written(
        tmp_path,
        {
            "a": facts("a", "y = 0", publishes="x"),
            "b": facts("b", "x = 0", publishes="y"),
            "c": facts("c", "x = 0\nz = 0", publishes="z"),
        },
    )
    assert make_graph(spec).cycle() is None
    assert params(spec, "c") == {"x": "${a.x}", "z": "${params.z}"}


@pytest.mark.parametrize(
    "default", ["'${HOME}'", "'yes'", "'1'", "'a: b'", "'größe\\n✓'", "1e100", "True", "''"]
)
def test_defaults_come_back_as_they_are(tmp_path: Path, default: str):
    spec = written(tmp_path, {"a": facts("a", f"x = {default}")})
    assert spec.params["x"].default == eval(default)


def test_a_notebook_that_is_a_link_elsewhere_is_found(tmp_path: Path):
    (tmp_path / "project").mkdir()
    text = write_pipeline(
        "p", {"a": located(facts("a"), tmp_path / "else" / "a.ipynb")}, tmp_path / "project"
    )
    assert "notebook: ../else/a.ipynb" in text
