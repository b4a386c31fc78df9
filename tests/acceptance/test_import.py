"""Pipelines as Ploomber and Elyra have them: imported, and run with real kernels."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.acceptance.notebooks import parameters
from tests.acceptance.project import Answer, Project

pytestmark = pytest.mark.kernel


def imported(project: Project, *words: str) -> Any:
    answer = project.dagbook("import", *words, "--json")
    assert answer.code == 0, answer.said
    return answer.json


def run(project: Project, file: str, *words: str) -> Answer:
    answer = project.dagbook("run", file, "--json", *words, timeout=300)
    assert answer.code == 0, answer.said
    return answer


def test_a_ploomber_project_of_notebook_script_and_function(project: Project):
    (project.folder / "scripts").mkdir()
    (project.folder / "tasks.py").write_text(
        "import json\n\ndef get(product, rows):\n    product.write_text(json.dumps(list(range(rows))))\n"
    )
    (project.folder / "scripts" / "clean.py").write_text(
        "# %% tags=[\"parameters\"]\nupstream = ['get']\nproduct = None\n\n"
        "# %%\nimport json\nfrom pathlib import Path\n"
        "numbers = json.loads(Path(upstream['get']).read_text())\n"
        "Path(product['data']).write_text(json.dumps([n for n in numbers if n % 2]))\n"
    )
    project.notebook(
        "scripts/total.ipynb",
        parameters("# what comes before\nupstream = {\n    'clean'\n}\nproduct = None\nscale = 1"),
        "import json\nfrom pathlib import Path\n"
        "total = scale * sum(json.loads(Path(upstream['clean']['data']).read_text()))\n"
        "Path(product['total']).write_text(str(total))\nimport dagbook\ndagbook.output(answer=total)",
    )
    (project.folder / "env.yaml").write_text("rows: 6\npath:\n  products: output\n")
    (project.folder / "pipeline.yaml").write_text(
        "meta:\n  extract_upstream: true\ntasks:\n"
        "  - source: tasks.get\n    product: '{{path.products}}/raw.json'\n    params: {rows: '{{rows}}'}\n"
        "  - source: scripts/clean.py\n    product:\n      nb: '{{path.products}}/clean.ipynb'\n"
        "      data: '{{path.products}}/clean.json'\n"
        "  - source: scripts/total.ipynb\n    name: total\n    params: {scale: 10}\n"
        "    product: {nb: '{{path.products}}/total.html', total: '{{path.products}}/total.txt'}\n"
    )
    made = imported(project, "ploomber", "pipeline.yaml")
    assert [finding for finding in made["open"] if finding["severity"] == "error"] == []
    assert "import-open" not in {finding["code"] for finding in made["open"]}
    done = run(project, "project.pipeline.yaml")
    assert done.step("total")["outputs"]["answer"] == 10 * (1 + 3 + 5)
    more = run(project, "project.pipeline.yaml", "-p", "rows=8")
    assert more.step("total")["outputs"]["answer"] == 10 * (1 + 3 + 5 + 7)


def test_a_ploomber_project_with_a_grid_that_is_gathered(project: Project):
    project.notebook(
        "fit.ipynb",
        parameters("upstream = None\nproduct = None\nkind = 'a'\ndepth = 1"),
        "from pathlib import Path\nPath(product['model']).write_text(kind * depth)",
    )
    project.notebook(
        "best.ipynb",
        parameters("upstream = ['fit-*']\nproduct = None"),
        "from pathlib import Path\nimport dagbook\n"
        "models = {name: Path(made['model']).read_text() for name, made in upstream['fit-*'].items()}\n"
        "dagbook.output(models=models, best=max(models.values(), key=len))",
    )
    (project.folder / "pipeline.yaml").write_text(
        "tasks:\n  - source: fit.ipynb\n    name: fit-[[kind]]\n    grid: {kind: [a, b], depth: [1, 3]}\n"
        "    product: {nb: 'out/fit.ipynb', model: 'out/[[kind]].txt'}\n"
        "  - {source: best.ipynb, product: out/best.ipynb}\n"
    )
    made = imported(project, "ploomber", "pipeline.yaml", "--name", "grid")
    assert [finding for finding in made["open"] if finding["severity"] == "error"] == []
    assert "import-open" not in {finding["code"] for finding in made["open"]}
    done = run(project, "grid.pipeline.yaml")
    assert sorted(done.step("best")["outputs"]["models"].values()) == ["a", "aaa", "b", "bbb"]
    assert len(done.step("best")["outputs"]["best"]) == 3


def elyra_node(name: str, file: str, op: str = "execute-notebook-node", **more: Any) -> dict[str, Any]:
    after = more.pop("after", [])
    return {
        "id": name,
        "type": "execution_node",
        "op": op,
        "app_data": {
            "label": more.pop("label", ""),
            "component_parameters": {
                "filename": file, "dependencies": [], "include_subdirectories": False, "outputs": [],
                "env_vars": [], "kubernetes_pod_annotations": [], "mounted_volumes": [], **more,
            },
            "ui_data": {"x_pos": 1, "y_pos": 1},
        },
        "inputs": [
            {"id": "inPort", "links": [{"id": up, "node_id_ref": up, "port_id_ref": "out"} for up in after]}
        ],
        "outputs": [{"id": "out"}],
    }  # fmt: skip


def test_an_elyra_pipeline_whose_notebooks_meet_in_files(project: Project):
    project.notebook(
        "load.ipynb", "import os\nopen('data.txt', 'w').write(os.environ['WORD'] * int(os.environ['TIMES']))"
    )
    (project.folder / "upper.py").write_text(
        "text = open('data.txt').read()\nopen('upper.txt', 'w').write(text.upper())\n"
    )
    project.notebook(
        "show.ipynb", "import dagbook, shared\ndagbook.output(text=open('upper.txt').read() + shared.END)"
    )
    (project.folder / "shared.py").write_text("END = '!'\n")
    content = {
        "doc_type": "pipeline", "version": "3.0", "id": "x", "primary_pipeline": "main",
        "pipelines": [
            {
                "id": "main",
                "nodes": [
                    elyra_node("1", "load.ipynb", outputs=["data.txt"],
                               env_vars=[{"env_var": "WORD", "value": "ab"}],
                               parameters=["TIMES"], cpu=1, memory=1),
                    elyra_node("2", "upper.py", "execute-python-node", outputs=["upper.txt"], after=["1"]),
                    elyra_node("3", "show.ipynb", label="show it", dependencies=["sha*.py"], after=["2"],
                               runtime_image="an/image:1", kubernetes_secrets=[{"env_var": "TOKEN"}]),
                    elyra_node("4", "", "catalog-component", label="Slack", after=["3"]),
                ],
                "app_data": {
                    "name": "words", "version": 8, "ui_data": {"comments": []},
                    "properties": {
                        "name": "words", "description": "Words, in capitals", "runtime": "Generic",
                        "pipeline_defaults": {"env_vars": [{"env_var": "LANG", "value": "C"}]},
                        "pipeline_parameters": [
                            {"name": "TIMES", "default_value": {"type": "Integer", "value": 2}}
                        ],
                    },
                },
                "runtime_ref": "",
            }
        ],
        "schemas": [],
    }  # fmt: skip
    (project.folder / "words.pipeline").write_text(json.dumps(content))
    before = (project.folder / "load.ipynb").read_bytes()
    made = imported(project, "elyra", "words.pipeline")
    said = " ".join(finding["message"] for finding in made["open"])
    for word in ("kubernetes_secrets", "runtime_image", "Slack"):
        assert word in said
    assert (project.folder / "load.ipynb").read_bytes() == before
    done = run(project, "words.pipeline.yaml", "-p", "TIMES=3")
    assert done.step("show_it")["outputs"]["text"] == "ABABAB!"
