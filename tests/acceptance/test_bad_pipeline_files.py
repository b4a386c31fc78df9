"""Pipeline files that cannot be run: refused before anything starts, with the place and the remedy."""

from __future__ import annotations

import time

import pytest

from tests.acceptance.notebooks import parameters
from tests.acceptance.project import Project, refused, refused_before_anything

ALIAS_BOMB = "pipeline: p\nlol0: &l0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"lol{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]\n" for n in range(1, 10)
)

NODES = "nodes:\n  n: {notebook: n.ipynb}\n"

# name → text, code, parts of the message
CASES = {
    "empty": ("", "no-pipeline", ["the file is empty"]),
    "a list": ("- 1\n- 2\n", "no-pipeline", ["holds no mapping"]),
    "not YAML": (
        "pipeline: 'p\nnodes: 3\n",
        "yaml-syntax",
        [":1:11: ", "a quote is opened here and never closed"],
    ),
    "brackets that do not close": ("pipeline: [p\nnodes: {}\n", "yaml-syntax", [":2:6: "]),
    "a tab": ("pipeline: p\nnodes:\n\tn:\n", "yaml-syntax", [":3:1: ", "a tab", "indent with spaces"]),
    "an alias bomb": (ALIAS_BOMB, "yaml-alias", [":7:", "aliases grow beyond all bounds"]),
    "an alias in itself": ("pipeline: &a [*a]\n", "yaml-alias", [":1:15: ", "`*a`"]),
    "a thousand brackets": ("pipeline: " + "[" * 1000, "too-deep", [":1:", "50 levels"]),
    "a megabyte": ("pipeline: p\n" + "# x\n" * 300_000, "too-large", ["1000 kB"]),
    "a Python object": (
        "pipeline: !!python/object/apply:os.system [touch pwned]\n",
        "yaml-tag",
        [":1:11: ", "python/object"],
    ),
    "two documents": (f"pipeline: p\n{NODES}---\npipeline: q\n", "two-documents", [":4:1: "]),
    "a key twice": (
        f"pipeline: p\n{NODES}pipeline: q\n",
        "duplicate-key",
        [":4:1: ", "'pipeline'", "first in line 1"],
    ),
    "a node twice": (
        f"pipeline: p\n{NODES}  n: {{notebook: m.ipynb}}\n",
        "duplicate-key",
        [":4:3: ", "'n'", "line 3"],
    ),
    "an unknown key": (
        f"pipeline: p\nparms: {{rows: 1}}\n{NODES}",
        "unknown-key",
        [":2:1: ", "'parms'", "did you mean 'params'?"],
    ),
    "an unknown key of a node": (
        "pipeline: p\nnodes:\n  n:\n    notebok: n.ipynb\n",
        "unknown-key",
        [":4:5: ", "node 'n'", "'notebok'", "did you mean 'notebook'?", "'notebook' is missing"],
    ),
    "no nodes": ("pipeline: p\nnodes: {}\n", "wrong-type", [":2:1: ", "`nodes` is empty"]),
    "nodes missing": ("pipeline: p\n", "missing-key", ["'nodes' is missing"]),
    "a value of the wrong type": (
        "pipeline: p\nnodes:\n  n:\n    notebook: [n.ipynb]\n",
        "wrong-type",
        [":4:5: ", "node 'n'", "`notebook` must be a text, not a list"],
    ),
    "a timeout that is none": (
        "pipeline: p\nnodes:\n  n:\n    notebook: n.ipynb\n    timeout: soon\n",
        "wrong-value",
        [":5:5: ", "node 'n'", "'soon'", "30m"],
    ),
    "a node name that is no name": (
        "pipeline: p\nnodes:\n  my node: {notebook: n.ipynb}\n",
        "wrong-value",
        [":3:3: ", "'my node' is no name", "`my_node`"],
    ),
    "names that differ in case": (
        ("pipeline: p\nnodes:\n  a: {notebook: n.ipynb}\n  A: {notebook: n.ipynb}\n"),
        "wrong-value",
        [":4:3: ", "'A' and 'a' differ only in case"],
    ),
    "a cycle": (
        (
            "pipeline: p\nnodes:\n"
            "  a:\n    notebook: n.ipynb\n    params: {x: '${c.out}'}\n"
            "  b: {notebook: n.ipynb, needs: [a]}\n"
            "  c: {notebook: n.ipynb, needs: b}\n"
        ),
        "cycle",
        [":3:3: ", "in a circle", "a → b → c → a"],
    ),
    "a node that needs itself": (
        "pipeline: p\nnodes:\n  a: {notebook: n.ipynb, needs: a}\n",
        "cycle",
        ["a → a"],
    ),
    "a reference to no node": (
        (
            "pipeline: p\nnodes:\n  prepare: {notebook: n.ipynb}\n"
            "  n:\n    notebook: n.ipynb\n    params:\n      x: ${prepair.out}\n"
        ),
        "unknown-node",
        [":7:7: ", "node 'n'", "`prepair.out`", "did you mean 'prepare'?"],
    ),
    "a wait for no node": (
        "pipeline: p\nnodes:\n  prepare: {notebook: n.ipynb}\n  n: {notebook: n.ipynb, needs: [prepar]}\n",
        "unknown-node",
        [":4:", "node 'n'", "'prepar'", "did you mean 'prepare'?"],
    ),
    "a reference to no output": (
        (
            "pipeline: p\nnodes:\n  a: {notebook: makes.ipynb}\n"
            "  n:\n    notebook: takes.ipynb\n    params:\n      x: ${a.totel}\n"
        ),
        "unknown-output",
        [":7:7: ", "node 'n'", "'a' publishes no output 'totel'", "did you mean 'total'?"],
    ),
    "a reference to no parameter": (
        (
            "pipeline: p\nparams: {rows: 1}\nnodes:\n  n:\n    notebook: takes.ipynb\n"
            "    params: {x: '${params.rwos}'}\n"
        ),
        "unknown-parameter",
        [":6:", "'rwos'", "did you mean 'rows'?"],
    ),
    "an expression that is none": (
        "pipeline: p\nnodes:\n  n:\n    notebook: takes.ipynb\n    params: {x: '${1 +}'}\n",
        "expression",
        [":5:", "node 'n'"],
    ),
    "a call that is not allowed": (
        (
            "pipeline: p\nnodes:\n  n:\n    notebook: takes.ipynb\n"
            '    params: {x: \'${open("pwned", "w")}\'}\n'
        ),
        "expression",
        [":5:", "open"],
    ),
    "an item without a matrix": (
        "pipeline: p\nnodes:\n  n:\n    notebook: takes.ipynb\n    params: {x: '${item.k}'}\n",
        "no-item",
        ["needs a matrix"],
    ),
    "two nodes that write one file": (
        (
            "pipeline: p\nnodes:\n  a: {notebook: n.ipynb, outputs: {x: x.csv}}\n"
            "  b: {notebook: n.ipynb, outputs: {y: x.csv}}\n"
        ),
        "same-file",
        ["'b' (y)", "'a' (x)", "x.csv"],
    ),
    "an output outside": (
        "pipeline: p\nnodes:\n  a: {notebook: n.ipynb, outputs: {x: ../x.csv}}\n",
        "output-path",
        ["../x.csv"],
    ),
    "a version to come": (
        f"version: 2\npipeline: p\n{NODES}",
        "wrong-type",
        [":1:1: ", "version 2", "a newer Dagbook"],
    ),
}


@pytest.fixture
def with_notebooks(project: Project) -> Project:
    project.notebook("n.ipynb", "1")
    project.notebook("makes.ipynb", "%load_ext dagbook", "total = 1\n%output total")
    project.notebook("takes.ipynb", parameters("x = 0"), "x")
    return project


@pytest.mark.parametrize("case", CASES)
def test_a_bad_file_is_refused_with_its_place_and_a_remedy(with_notebooks: Project, case: str):
    text, code, parts = CASES[case]
    with_notebooks.pipeline(text)
    began = time.monotonic()
    refused_before_anything(with_notebooks, code, *parts)
    assert time.monotonic() - began < 20
    assert not (with_notebooks.folder / "pwned").exists()


def test_a_file_that_is_not_there_names_the_nearest(project: Project):
    project.pipeline("pipeline: p\n", "train.pipeline.yaml")
    refused_before_anything(
        project, "no-such-file", "there is no such file", "'train.pipeline.yaml'", file="trian.pipeline.yaml"
    )


def test_a_folder_is_no_file_and_the_file_inside_is_named(project: Project):
    (project.folder / "sub").mkdir()
    (project.folder / "sub" / "x.pipeline.yaml").write_text("pipeline: p\n")
    refused_before_anything(project, "is-a-folder", "a folder", "sub/x.pipeline.yaml", file="sub")


@pytest.mark.parametrize(
    ("content", "parts"),
    [
        (b"pipeline: caf\xe9\n", ["byte 14", "UTF-8"]),
        ("pipeline: p\n".encode("utf-16"), ["byte 1", "UTF-8"]),
        (b"pipeline: p\x00\n", [":1:12: ", "U+0000", "not allowed"]),
    ],
    ids=["latin-1", "UTF-16", "NUL"],
)
def test_bytes_that_are_no_text_are_named(project: Project, content: bytes, parts: list[str]):
    (project.folder / "p.pipeline.yaml").write_bytes(content)
    answer = project.dagbook("run", "p.pipeline.yaml")
    refused(answer, "p.pipeline.yaml", *parts)
    assert not project.runs.exists()


def test_a_byte_order_mark_is_no_fault(project: Project):
    project.notebook("n.ipynb", "1")
    (project.folder / "p.pipeline.yaml").write_text(f"pipeline: p\n{NODES}", "utf-8-sig")
    assert project.dagbook("validate", "p.pipeline.yaml").code == 0


def test_everything_that_is_wrong_is_said_at_once(project: Project):
    project.notebook("n.ipynb", "1")
    project.pipeline(
        "pipeline: p\nnodes:\n"
        "  a: {notebook: n.ipynb, needs: [nobody]}\n"
        "  b: {notebook: missing.ipynb}\n"
        "  c: {notebook: n.ipynb, params: {x: '${params.none}'}}\n"
    )
    answer = project.dagbook("validate", "p.pipeline.yaml", "--json")
    assert answer.code == 2
    found = {(finding["code"], finding["node"], finding["line"]) for finding in answer.json}
    assert {("unknown-node", "a", 3), ("unknown-parameter", "c", 5)} <= found
    assert any(code == "no-notebook" and node == "b" for code, node, _ in found)
