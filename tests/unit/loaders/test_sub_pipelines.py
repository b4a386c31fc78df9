"""Pipelines inside pipelines, from files: what is wrong names its file, line, node and the remedy."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

import pytest

from dagbook.errors import Finding, InvalidInput
from dagbook.loaders.pipeline_file import LoadedPipeline, load_pipeline
from dagbook.loaders.sub_pipelines import DEEPEST, SubPipelines
from dagbook.notebook.outputs import PublishedOutputs
from dagbook.pipeline.check import check_spec
from dagbook.pipeline.problem import Problem

INNER = """pipeline: features
params:
  rows: 3
nodes:
  load: {notebook: load.ipynb, params: {rows: "${params.rows}"}}
  scale:
    notebook: scale.ipynb
    needs: load
"""
OUTER = """pipeline: outer
nodes:
  first: {notebook: first.ipynb}
  features:
    pipeline: FILE
"""


def opened(folder: Path, files: Mapping[str, str], name: str = "outer.pipeline.yaml") -> LoadedPipeline:
    for file, text in files.items():
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text(text)
    nothing = PublishedOutputs(names=(), complete=True)
    return SubPipelines(project=folder.resolve(), publishes=lambda _: nothing).taken_apart(
        load_pipeline(folder / name)
    )


def said(loaded: LoadedPipeline, folder: Path) -> list[str]:
    """The findings, with the folder left out."""
    return [str(finding).replace(f"{folder}/", "") for finding in loaded.remarks]


def outer_with(file: str) -> str:
    return OUTER.replace("FILE", file)


def test_a_pipeline_without_others_inside_stays_as_it_is(tmp_path: Path):
    loaded = opened(tmp_path, {"outer.pipeline.yaml": INNER})
    assert loaded == load_pipeline(tmp_path / "outer.pipeline.yaml")


def test_nodes_inside_are_written_in_their_own_file(tmp_path: Path):
    loaded = opened(
        tmp_path, {"outer.pipeline.yaml": outer_with("deep/f.pipeline.yaml"), "deep/f.pipeline.yaml": INNER}
    )
    assert loaded.remarks == ()
    assert list(loaded.spec.nodes) == ["first", "features__load", "features__scale"]
    assert loaded.spec.nodes["features__scale"].notebook == "deep/scale.ipynb"
    places = [
        (("nodes", "first", "notebook"), "outer.pipeline.yaml", 3),
        (("nodes", "features__load", "params", "rows"), "deep/f.pipeline.yaml", 5),
        (("nodes", "features__scale", "needs", 0), "deep/f.pipeline.yaml", 8),
        (("params", "features__rows"), "deep/f.pipeline.yaml", 3),
    ]
    for path, file, line in places:
        (finding,) = loaded.findings([Problem(path=path, code="x", message="m", remedy="r")])
        assert (finding.file, finding.line) == (str(tmp_path / file), line)


HERE = "outer.pipeline.yaml:5:5: node 'features': "
INSIDE = "features.pipeline.yaml"
A_AND_B = "pipeline: f\nnodes:\n  a: {notebook: a, needs: b}\n  b: {notebook: b, needs: a}\n"


@pytest.mark.parametrize(
    ("named", "inner", "expected"),
    [
        ("featurs.pipeline.yaml", INNER, f"{HERE}featurs.pipeline.yaml: there is no such file. Fix: did"),
        (".", INNER, f"{HERE}.: this is a folder, not a pipeline file. Fix: name the file: {INSIDE}"),
        ("../else/f.pipeline.yaml", INNER, f"{HERE}else/f.pipeline.yaml lies outside of the project"),
        ("load.ipynb", INNER, f"{HERE}load.ipynb is a notebook. Fix: write `notebook:` for it"),
        (INSIDE, "", f"{HERE}{INSIDE}: the file is empty. Fix: begin with"),
        (INSIDE, "pipeline: f\nnodes:\n\ta: x\n", f"{INSIDE}:3:1: node 'features': a tab is used"),
        (INSIDE, "pipeline: f\nnodes:\n  a: {notebok: a, notebook: a}\n",
         f"{INSIDE}:3:7: node 'features__a': 'notebok' is no key here. Fix: did you mean 'notebook'?"),
        (INSIDE, "pipeline: f\nnodes:\n  a: {notebook: a, params: {x: '${b.y}'}}\n",
         f"{INSIDE}:3:29: node 'features__a': `b.y` names no node of this pipeline"),
        (INSIDE, A_AND_B, f"{INSIDE}:3:3: node 'features__a': the nodes need each other in a circle: a → b"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_used(tmp_path: Path, named: str, inner: str, expected: str):
    loaded = opened(
        tmp_path / "p", {"outer.pipeline.yaml": outer_with(named), "features.pipeline.yaml": inner}
    )
    found = [text.replace(f"{tmp_path}/", "") for text in said(loaded, tmp_path / "p")]
    assert any(text.startswith(expected) for text in found), found
    assert loaded.spec.nodes["features"].pipeline == named
    # Nothing is said of it that does not follow from this.
    assert [problem for problem in check_spec(loaded.spec) if problem.severity == "error"] == []


def test_everything_wrong_in_all_files_is_said_at_once(tmp_path: Path):
    outer = (
        "pipeline: o\nnodes:\n"
        "  a: {pipeline: gone.pipeline.yaml}\n"
        "  b: {pipeline: b.pipeline.yaml}\n"
        "  c: {pipeline: c.pipeline.yaml, params: {rws: 1}}\n"
    )
    inner = "pipeline: b\nnodes:\n  x: {notebook: x, when: '1 +'}\n  y: {pipeline: nowhere.pipeline.yaml}\n"
    loaded = opened(
        tmp_path, {"outer.pipeline.yaml": outer, "b.pipeline.yaml": inner, "c.pipeline.yaml": INNER}
    )
    assert [(finding.file, finding.line, finding.node) for finding in loaded.remarks] == [
        (str(tmp_path / "outer.pipeline.yaml"), 3, "a"),
        (str(tmp_path / "b.pipeline.yaml"), 4, "b__y"),
        (str(tmp_path / "b.pipeline.yaml"), 3, "b__x"),
    ]


def circle(tmp_path: Path, files: Mapping[str, str]) -> Finding:
    texts = {
        f"{name}.pipeline.yaml": f"pipeline: p\nnodes:\n  n_{name}:\n    pipeline: {inner}.pipeline.yaml\n"
        for name, inner in files.items()
    }
    (finding,) = opened(tmp_path, texts, "a.pipeline.yaml").remarks
    return finding


@pytest.mark.parametrize(
    ("files", "chain"),
    [
        ({"a": "a"}, "a.pipeline.yaml:4 (node 'n_a') → a.pipeline.yaml"),
        (
            {"a": "b", "b": "a"},
            "a.pipeline.yaml:4 (node 'n_a') → b.pipeline.yaml:4 (node 'n_b') → a.pipeline.yaml",
        ),
        ({"a": "b", "b": "c", "c": "b"},
         "b.pipeline.yaml:4 (node 'n_b') → c.pipeline.yaml:4 (node 'n_c') → b.pipeline.yaml"),
    ],
)  # fmt: skip
def test_files_that_contain_each_other(tmp_path: Path, files: Mapping[str, str], chain: str):
    finding = circle(tmp_path, files)
    assert finding.code == "cycle"
    assert finding.message.replace(f"{tmp_path}/", "") == f"the pipelines contain each other: {chain}"
    assert finding.line == 4


def test_too_many_levels_end(tmp_path: Path):
    names = [f"f{level}" for level in range(DEEPEST + 5)]
    finding = circle(tmp_path, {"a": "f0", **dict(pairwise(names))})
    assert finding.code == "too-deep"


def test_files_that_double_at_each_level_end(tmp_path: Path):
    text = "pipeline: p\nnodes:\n  a: {{pipeline: {0}.pipeline.yaml}}\n  b: {{pipeline: {0}.pipeline.yaml}}\n"
    files = {f"f{level}.pipeline.yaml": text.format(f"f{level + 1}") for level in range(18)}
    files["f18.pipeline.yaml"] = INNER
    loaded = opened(tmp_path, {"outer.pipeline.yaml": text.format("f0"), **files})
    assert {finding.code for finding in loaded.remarks} == {"too-many-steps"}


def test_a_file_behind_a_link_is_where_it_really_is(tmp_path: Path):
    (tmp_path / "elsewhere.yaml").write_text(INNER)
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "f.pipeline.yaml").symlink_to(tmp_path / "elsewhere.yaml")
    loaded = opened(tmp_path / "p", {"outer.pipeline.yaml": outer_with("f.pipeline.yaml")})
    assert [finding.code for finding in loaded.remarks] == ["outside-project"]


def test_a_file_that_is_used_twice_is_two_sets_of_nodes(tmp_path: Path):
    outer = (
        "pipeline: o\nnodes:\n"
        "  a: {pipeline: f.pipeline.yaml}\n"
        "  b: {pipeline: f.pipeline.yaml, params: {rows: 9}, needs: a}\n"
    )
    loaded = opened(tmp_path, {"outer.pipeline.yaml": outer, "f.pipeline.yaml": INNER})
    assert loaded.remarks == ()
    assert list(loaded.spec.nodes) == ["a__load", "a__scale", "b__load", "b__scale"]
    assert (loaded.spec.params["a__rows"].default, loaded.spec.params["b__rows"].default) == (3, 9)
    assert loaded.spec.nodes["b__load"].needs == ("a__scale",)


def test_what_has_no_effect_inside_is_said_once_with_its_place(tmp_path: Path):
    loaded = opened(
        tmp_path,
        {
            "outer.pipeline.yaml": outer_with("f.pipeline.yaml"),
            "f.pipeline.yaml": INNER + "on: {exit: bye.ipynb}\n",
        },
    )
    assert "features__load" in loaded.spec.nodes
    (finding,) = loaded.remarks
    assert (finding.severity, finding.code, finding.line) == ("warning", "counts-alone", 9)


@pytest.mark.parametrize(
    ("node", "code", "remedy"),
    [
        ("{}", "missing-key", "write `notebook: FILE.ipynb`"),
        ("{pipeline: ''}", "wrong-value", ""),
        ("{pipeline: [a]}", "wrong-type", "write `pipeline: FILE.pipeline.yaml`"),
        ("{pipeline: f, notebook: a}", "wrong-value", "leave `notebook` or `pipeline` out"),
        ("{pipeline: f, matrix: {x: [1]}}", "wrong-value", "over a parameter that they are given"),
    ],
)
def test_a_node_that_says_too_little_or_too_much(tmp_path: Path, node: str, code: str, remedy: str):
    file = tmp_path / "a.pipeline.yaml"
    file.write_text(f"pipeline: p\nnodes:\n  a: {node}\n")
    with pytest.raises(InvalidInput) as caught:
        load_pipeline(file)
    (finding,) = caught.value.findings
    assert (finding.code, finding.line, finding.node) == (code, 3, "a")
    assert remedy in finding.remedy
