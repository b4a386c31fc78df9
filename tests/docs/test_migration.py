"""The pages for those who come from elsewhere: their examples load, agree, and name keys that there are."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from ruamel.yaml import YAML

from dagbook.api.planning import check_file
from dagbook.compilers.argo.lint.manifest import lint
from dagbook.pipeline.graph import make_graph
from dagbook.pipeline.spec import PipelineSpec
from tests.architecture.sources import ROOT
from tests.docs.pages import Fence, fences
from tests.unit.compilers.argo_schema import complaints

HOWTO = ROOT / "docs" / "howto"
PAGES = sorted(HOWTO.glob("come-from-*.md"))
ARGO = HOWTO / "come-from-argo.md"


def fence_of(page: Path, *info: str) -> str:
    (found,) = (fence.body for fence in fences(page.read_text("utf-8")) if fence.info == info)
    return found


@pytest.fixture(scope="module")
def workflow() -> Any:
    return YAML(typ="safe", pure=True).load(fence_of(ARGO, "yaml", "argo"))


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory) -> PipelineSpec:
    """The page's pipeline with its notebooks; those that the page does not show take what they are given."""
    folder = tmp_path_factory.mktemp("argo")
    shown = [fence for fence in fences(ARGO.read_text("utf-8")) if fence.language == "python"]
    assert {fence.info[1] for fence in shown} == {"prepare.ipynb"}
    write(folder / "prepare.ipynb", shown)
    for name, takes in {
        "score.ipynb": "shard: int\ntable: str",
        "publish.ipynb": "",
        "tell.ipynb": "state: str",
    }.items():
        write(folder / name, [Fence(("python", name, "parameters"), takes)])
    file = folder / "churn.pipeline.yaml"
    file.write_text(fence_of(ARGO, "yaml", file.name), encoding="utf-8")
    checked = check_file(file)
    assert checked.findings == ()
    return checked.loaded.spec


def write(file: Path, cells: list[Fence]) -> None:
    notebook = new_notebook(
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
        cells=[new_code_cell(cell.body, metadata={"tags": list(cell.info[2:])}) for cell in cells],
    )
    nbformat.write(notebook, file)


def test_argo_would_take_the_workflow(workflow):
    assert complaints(workflow) == []


def test_nothing_in_the_workflow_leads_nowhere(workflow):
    assert [str(flaw) for flaw in lint(workflow)] == []


def test_workflow_and_pipeline_are_the_same(workflow, pipeline):
    outer = workflow["spec"]
    inner = outer["workflowSpec"]
    templates = {template["name"]: template for template in inner["templates"]}
    tasks = {task["name"]: task for task in templates["main"]["dag"]["tasks"]}
    schedule = pipeline.on.schedule
    assert schedule is not None
    assert [schedule.cron] == outer["schedules"]
    assert schedule.timezone == outer["timezone"]
    assert pipeline.concurrency == inner["parallelism"]
    assert pipeline.fail_fast == templates["main"]["dag"]["failFast"]
    assert [hook.notebook for hook in pipeline.on.exit] == [f"{inner['onExit']}.ipynb"]
    assert {name: str(param.default) for name, param in pipeline.params.items()} == {
        param["name"]: param["value"] for param in inner["arguments"]["parameters"]
    }
    # The question is a task of its own there, and stands at the node here.
    assert set(tasks) - {"ask"} == set(pipeline.nodes)
    assert pipeline.nodes["publish"].approve is not None
    upstream = make_graph(pipeline).upstream
    assert {name: set(upstream[name]) for name in pipeline.nodes} == {
        "prepare": set(),
        "score": {"prepare"},
        "publish": {"prepare", "score"},
    }


def test_score_is_tried_and_limited_alike(workflow, pipeline):
    template = next(t for t in workflow["spec"]["workflowSpec"]["templates"] if t["name"] == "score")
    node, strategy = pipeline.nodes["score"], template["retryStrategy"]
    assert node.timeout == template["activeDeadlineSeconds"]
    assert node.retries is not None
    assert (node.retries.limit, node.retries.factor) == (strategy["limit"], strategy["backoff"]["factor"])
    assert (node.retries.backoff, node.retries.max_backoff) == (10, 60)
    assert node.resources is not None
    assert node.resources.memory == 2 * 1024**3


KEY = re.compile(r"^([a-z_]+):(?!/)")


def keys_of_the_file() -> set[str]:
    schema = PipelineSpec.model_json_schema(by_alias=True)
    parts = [schema, *schema["$defs"].values()]
    return {name for part in parts for name in part.get("properties", {})}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_keys_that_a_page_translates_to_exist(page):
    rows = re.findall(r"^\|.*\| (.+) \|$", re.sub(r"&#\d+;", "", page.read_text("utf-8")), re.MULTILINE)
    said = {
        key[1]
        for row in rows
        for word in re.findall(r"`([^`]+)`", row)
        for key in [KEY.match(word), *re.finditer(r"[{,]\s*([a-z_]+):", word)]
        if key
    }
    assert said - keys_of_the_file() == set()


def test_keys_are_found_on_the_page():
    """Guards the search itself."""
    assert KEY.match("run_if: failure")
    assert not KEY.match("mailto://x")
    assert {"retries", "limit", "mutex", "semaphore", "predict"} <= keys_of_the_file()
