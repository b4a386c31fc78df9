"""Pipelines of other tools as ours: what is taken over, what is said, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from dagbook.api.importing import Imported, import_pipeline
from dagbook.errors import InvalidInput
from dagbook.notebook.file_use import file_use
from tests.acceptance.notebooks import code, notebook, parameters, write


def content(imported: Imported) -> dict[str, Any]:
    made: dict[str, Any] = YAML(typ="safe", pure=True).load(imported.file.read_text("utf-8"))
    return made


def said(imported: Imported) -> str:
    return "\n".join(str(finding) for finding in imported.open)


BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize("kind", ["ploomber", "mlproject"])
@pytest.mark.parametrize("text", [BOMB, "tasks: !!python/object:os.system [ls]", "- 1\n", "tasks: [\n", ""])
def test_a_foreign_file_that_is_none_or_would_blow_up_is_refused(tmp_path: Path, kind: str, text: str):
    file = tmp_path / ("MLproject" if kind == "mlproject" else "pipeline.yaml")
    file.write_text(text, "utf-8")
    with pytest.raises(InvalidInput):
        import_pipeline(kind, file)
    assert [path.name for path in tmp_path.iterdir()] == [file.name]


@pytest.mark.parametrize("text", ["", "[]", "{", '{"doc_type": "pipeline"}', "[" * 100_000])
def test_an_elyra_file_that_is_none_is_refused(tmp_path: Path, text: str):
    (tmp_path / "x.pipeline").write_text(text, "utf-8")
    with pytest.raises(InvalidInput):
        import_pipeline("elyra", tmp_path / "x.pipeline")


def test_what_is_not_there_or_too_large_is_said(tmp_path: Path):
    with pytest.raises(InvalidInput, match="cannot be read"):
        import_pipeline("ploomber", tmp_path / "pipeline.yaml")
    (tmp_path / "big.pipeline").write_text(" " * 6_000_000)
    with pytest.raises(InvalidInput, match="more than"):
        import_pipeline("elyra", tmp_path / "big.pipeline")
    with pytest.raises(InvalidInput, match="did you mean 'ploomber'"):
        import_pipeline("plomber", tmp_path)


def test_what_ploomber_says_and_nobody_here_knows_is_said(tmp_path: Path):
    write(tmp_path / "a.ipynb", notebook(parameters("upstream = None\nproduct = None"), "1"))
    before = (tmp_path / "a.ipynb").read_bytes()
    (tmp_path / "pipeline.yaml").write_text(
        "clients: {SQLScript: db.get}\ntasks:\n"
        "  - {source: a.ipynb, product: out/a.ipynb, on_finish: hooks.check}\n"
        "  - {source: sql/load.sql, name: load, product: [t, table]}\n"
    )
    imported = import_pipeline("ploomber", tmp_path / "pipeline.yaml")
    for word in ("`clients`", "`on_finish`", "sql/load.sql"):
        assert word in said(imported)
    assert imported.nodes == ("a",)
    assert (tmp_path / "a.ipynb").read_bytes() == before
    with pytest.raises(InvalidInput, match="there already"):
        import_pipeline("ploomber", tmp_path / "pipeline.yaml")
    import_pipeline("ploomber", tmp_path / "pipeline.yaml", replace=True)


def test_a_folder_is_chained_by_the_files_that_meet(tmp_path: Path):
    write(
        tmp_path / "1_split.ipynb",
        notebook("import pandas as pd\npd.read_csv('raw.csv').to_csv('data/train.csv')"),
    )
    write(
        tmp_path / "2_train.ipynb",
        notebook(
            parameters("train = 'data/train.csv'"), "pd.read_csv(train)\nopen('model.txt', 'w').write('m')"
        ),
    )
    write(tmp_path / "3_use.ipynb", notebook("from pathlib import Path\nPath('model.txt').read_text()"))
    (tmp_path / "raw.csv").write_text("x\n1\n")
    nodes = content(import_pipeline("folder", tmp_path, name="f"))["nodes"]
    assert nodes["split"] == {
        "notebook": "1_split.ipynb", "deps": ["raw.csv"], "outputs": {"train": "data/train.csv"},
    }  # fmt: skip
    assert nodes["train"]["params"] == {"train": "${split.train}"}
    assert nodes["use"] == {"notebook": "3_use.ipynb", "cache": False, "needs": ["train"]}


def test_notebooks_that_read_each_others_files_have_no_order(tmp_path: Path):
    write(tmp_path / "a.ipynb", notebook("open('b.txt').read()\nopen('a.txt', 'w')"))
    write(tmp_path / "b.ipynb", notebook("open('a.txt').read()\nopen('b.txt', 'w')"))
    assert "the order is not clear" in said(import_pipeline("folder", tmp_path, name="f"))


def test_entry_points_are_nodes_in_the_order_of_main(tmp_path: Path):
    write(tmp_path / "train.ipynb", notebook(parameters("alpha = 0.5"), "1"))
    (tmp_path / "main.py").write_text("import mlflow\nmlflow.run('.', 'load')\nmlflow.run('.', 'train')\n")
    (tmp_path / "MLproject").write_text(
        "name: demo\npython_env: env.yaml\nentry_points:\n"
        "  train:\n    parameters: {alpha: {type: float, default: 0.1}}\n"
        "    command: papermill train.ipynb out.ipynb -p alpha {alpha}\n"
        "  load:\n    parameters: {url: {type: uri, default: x}}\n    command: python load.py --url {url}\n"
        "  main: {command: python main.py}\n"
    )
    imported = import_pipeline("mlproject", tmp_path)
    made = content(imported)
    assert made["nodes"]["train"] == {
        "notebook": "train.ipynb", "params": {"alpha": "${params.alpha}"}, "needs": ["load"],
    }  # fmt: skip
    assert set(made["nodes"]) == {"train", "load"}
    assert "`python_env`" in said(imported)
    assert json.loads((tmp_path / "load.dagbook.ipynb").read_text())["cells"][0]["source"] == "url = None"


@pytest.mark.parametrize(
    ("source", "reads", "writes"),
    [
        ("pd.read_csv('a.csv')", ("a.csv",), ()),
        ("p = Path('data') / 'a.csv'\ndf.to_csv(p)", (), ("data/a.csv",)),
        ("with open('x/y', mode='a') as f: f", (), ("x/y",)),
        ("joblib.dump(model, 'm.joblib')\njoblib.load('m.joblib')", ("m.joblib",), ("m.joblib",)),
        ("%matplotlib inline\nplt.savefig('f.png')", (), ("f.png",)),
        ("pd.read_csv('https://x.org/a.csv')\nf.to_datetime('x')\nbroken(", (), ()),
    ],
)
def test_what_a_notebook_reads_and_writes(source: str, reads: tuple[str, ...], writes: tuple[str, ...]):
    found = file_use(notebook(code(source)))
    assert (found.reads, found.writes) == (reads, writes)
