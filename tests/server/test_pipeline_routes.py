"""The routes of the canvas: what is wrong with a text, which ports notebooks have, and a first file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.server.asking import told
from tests.unit.notebook.notebooks import code, notebook, with_parameters

TEXT = """\
pipeline: p
nodes:
  a: {notebook: a.ipynb}
  b:
    notebook: sub/b.ipynb
    params: {depht: 3}
"""


@pytest.fixture
def folder(jp_root_dir: Path) -> Path:
    (jp_root_dir / "sub").mkdir()
    (jp_root_dir / "a.ipynb").write_text(json.dumps(notebook(code("import dagbook\ndagbook.output(n=1)"))))
    (jp_root_dir / "sub" / "b.ipynb").write_text(
        json.dumps(with_parameters("depth: int = 3  # of it\nrows: int"))
    )
    return jp_root_dir


async def test_a_text_is_checked_and_its_notebooks_tell_their_ports(jp_fetch: Any, folder: Path):
    body = {"path": "p.pipeline.yaml", "text": TEXT, "notebooks": ["a.ipynb", "sub/b.ipynb", "gone.ipynb"]}

    said = await told(jp_fetch, "pipeline", "check", body=body)

    assert {(one["code"], one["node"], one["line"]) for one in said["findings"]} >= {
        ("unknown-parameter", "b", 6)
    }
    assert said["notebooks"]["a.ipynb"] == {
        "parameters": [],
        "outputs": ["n"],
        "complete": True,
        "problem": None,
    }
    depth, rows = said["notebooks"]["sub/b.ipynb"]["parameters"]
    assert depth == {"name": "depth", "type": "int", "required": False, "help": "of it"}
    assert rows["required"]
    assert said["notebooks"]["gone.ipynb"]["problem"] == "there is no such notebook"
    assert not (folder / "p.pipeline.yaml").exists()


INNER = """\
pipeline: inner
params: {rows: {type: int, help: how many}}
nodes:
  a: {notebook: ../a.ipynb, params: {x: "${gone.y}"}}
  b: {notebook: b.ipynb, params: {rows: "${params.rows}"}}
"""


async def test_a_pipeline_inside_has_ports_and_what_is_wrong_in_it_is_said_at_its_node(
    jp_fetch: Any, folder: Path
):
    (folder / "sub" / "inner.pipeline.yaml").write_text(INNER)
    text = "pipeline: p\nnodes:\n  f: {pipeline: sub/inner.pipeline.yaml, params: {rows: 3}}\n"
    body = {"path": "p.pipeline.yaml", "text": text, "notebooks": ["sub/inner.pipeline.yaml"]}

    said = await told(jp_fetch, "pipeline", "check", body=body)

    assert said["notebooks"]["sub/inner.pipeline.yaml"] == {
        "parameters": [{"name": "rows", "type": "int", "required": True, "help": "how many"}],
        "outputs": ["n"],
        "complete": True,
        "problem": None,
    }
    (wrong,) = [one for one in said["findings"] if one["code"] == "unknown-node"]
    assert (wrong["node"], wrong["line"]) == ("f", None)
    assert wrong["message"].startswith("inner.pipeline.yaml:4: ")


async def test_a_text_that_is_no_yaml_is_told_with_its_place(jp_fetch: Any, folder: Path):
    said = await told(
        jp_fetch, "pipeline", "check", body={"path": "sub/p.pipeline.yaml", "text": "pipeline: [1,\n"}
    )

    assert [(one["code"], one["line"]) for one in said["findings"]] == [("yaml-syntax", 2)]
    assert said["notebooks"] == {}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"path": "../p.pipeline.yaml", "text": ""}, "bad-path"),
        ({"path": ".hidden/p.pipeline.yaml", "text": ""}, "bad-path"),
        ({"path": "out/p.pipeline.yaml", "text": ""}, "bad-path"),
        ({"path": "p.pipeline.yaml"}, "bad-body"),
        ({"path": "p.pipeline.yaml", "text": "", "notebooks": [1]}, "bad-body"),
    ],
)
async def test_what_cannot_be_asked(jp_fetch: Any, folder: Path, body: Any, code: str, tmp_path: Path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (folder / "out").symlink_to(outside)

    said = await told(jp_fetch, "pipeline", "check", body=body, status=400)

    assert said["code"] == code


async def test_notebooks_outside_of_the_root_are_not_read(jp_fetch: Any, folder: Path, tmp_path: Path):
    secret = tmp_path / "secret.ipynb"
    secret.write_text(json.dumps(with_parameters("key = 'sesame'")))
    (folder / "link.ipynb").symlink_to(secret)
    body = {
        "path": "p.pipeline.yaml",
        "text": TEXT,
        "notebooks": ["link.ipynb", "../secret.ipynb", str(secret)],
    }

    said = await told(jp_fetch, "pipeline", "check", body=body)

    assert len(said["notebooks"]) == 3
    for ports in said["notebooks"].values():
        assert ports["parameters"] is None
        assert "outside" in ports["problem"]


async def test_a_first_file_is_written_once(jp_fetch: Any, folder: Path):
    said = await told(jp_fetch, "pipeline", "draft", body={"path": "sub"}, status=201)
    again = await told(jp_fetch, "pipeline", "draft", body={"path": "sub"}, status=400)

    assert said == {"path": "sub/sub.pipeline.yaml", "nodes": ["b"]}
    assert "notebook: b.ipynb" in (folder / "sub" / "sub.pipeline.yaml").read_text()
    assert again["code"] == "file-exists"


async def test_the_schema_knows_the_keys_of_a_node(jp_fetch: Any):
    said = await told(jp_fetch, "pipeline", "schema")

    assert "notebook" in json.dumps(said["$defs"]["NodeSpec"]["properties"])
