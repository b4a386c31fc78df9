"""Kernels that are kept after a failure: attached to, gone on from, let go, given up; with real kernels."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.blocking.client import BlockingKernelClient

from tests.acceptance.notebooks import parameters
from tests.acceptance.project import Project, finish, refused, wait_until

pytestmark = pytest.mark.kernel

PIPELINE = """\
pipeline: p
nodes:
  train: {notebook: train.ipynb}
  aside: {notebook: aside.ipynb}
  report: {notebook: report.ipynb, params: {total: "${train.total}"}}
"""


@pytest.fixture
def broken(project: Project) -> Project:
    """`train` fails after it has made something that took long."""
    project.notebook(
        "train.ipynb",
        "costly = list(range(10))",
        "total = sum(costly) / 0",
        "import dagbook",
        "dagbook.output(total=total)",
    )
    project.notebook("aside.ipynb", "print('aside')")
    project.notebook(
        "report.ipynb", parameters("total = 0.0"), "import dagbook\ndagbook.output(twice=total * 2)"
    )
    project.pipeline(PIPELINE)
    return project


def held(project: Project, run: str, step: str = "train") -> dict[str, Any]:
    """The step, once its kernel is kept and what can go on without it is over."""

    def look() -> Any:
        shown = project.show(run)
        aside = shown.step("aside")["state"]
        return shown.step(step) if shown.step(step)["held"] and aside == "succeeded" else None

    return wait_until(look, 60)


@contextmanager
def connected(file: str) -> Iterator[BlockingKernelClient]:
    client = BlockingKernelClient()
    client.load_connection_file(file)
    client.start_channels()
    try:
        yield client
    finally:
        client.stop_channels()


def do(client: BlockingKernelClient, source: str) -> str:
    """Run a cell as a person would; how it ended."""
    reply = client.execute_interactive(source, timeout=30, output_hook=lambda _: None)
    return str(reply["content"]["status"])


def mended(path: Path) -> None:
    """What JupyterLab would have saved after the second cell was mended, and the rest run."""
    document = json.loads(path.read_text("utf-8"))
    for number, cell in enumerate(document["cells"], 1):
        cell["execution_count"] = number + 3
        if number == 2:
            cell.update(source="total = sum(costly) / 2", outputs=[])
    path.write_text(json.dumps(document), "utf-8")


def test_a_failed_step_is_attached_to_mended_and_gone_on_from(broken: Project):
    process = broken.start("run", "p.pipeline.yaml", "--keep-failed", "10m", "--jobs", "1", "--warm")
    run = broken.the_run()

    step = held(broken, run)
    assert (step["state"], step["held"]["cell"], step["held"]["name"]) == ("running", 2, "ZeroDivisionError")
    refused(broken.dagbook("continue", run, "train"), "nobody attached to 'train' yet")
    found = broken.dagbook("attach", run, "train", "--json").json
    copy = Path(found["path"])
    assert copy.parent == broken.folder
    assert broken.dagbook("attach", run, "train", "--json").json == found  # the same copy
    refused(broken.dagbook("continue", run, "train"), "needed downstream", "'total'")
    for file, said in (("gone.ipynb", "cannot be read"), ("p.pipeline.yaml", "is no notebook")):
        named = broken.dagbook("continue", run, "train", "--notebook", file)
        refused(named, said)
    with connected(found["connection"]) as client:
        assert do(client, "total = sum(costly) / 2") == "ok"
        assert do(client, "import dagbook; dagbook.output(total=total)") == "ok"
    mended(copy)
    said = broken.dagbook("continue", run, "train", "--json").json

    assert (said["state"], said["changed"]) == ("succeeded", [2])
    answer = finish(process, 60)
    assert answer.code == 0, answer
    assert "dagbook attach" in answer.out
    shown = broken.show(run)
    assert shown.step("train")["by_hand"] == said["by"]
    assert shown.step("report")["outputs"] == {"twice": 45}
    executed = json.loads(Path(shown.step("train")["notebook"]).read_text("utf-8"))
    statuses = [cell["metadata"]["papermill"]["status"] for cell in executed["cells"]]
    assert statuses == ["completed"] * 4
    assert "".join(executed["cells"][1]["source"]) == "total = sum(costly) / 2"
    # What a person made is this run's alone.
    again = broken.dagbook("plan", "p.pipeline.yaml", "--json").json["steps"]
    assert {each["step"]: each["state"] for each in again}["train"] == "run"
    wait_until(lambda: not Path(found["connection"]).exists(), 10)
    refused(broken.dagbook("attach", run, "train"), "no kernel of 'train' is kept", "succeeded")


def test_a_kernel_that_is_let_go_or_waits_too_long_fails_as_it_did(broken: Project):
    process = broken.start("run", "p.pipeline.yaml", "--keep-failed", "10m", "--warm")
    run = broken.the_run()
    held(broken, run)

    said = broken.dagbook("release", run, "train", "--json").json

    assert said["state"] == "failed"
    assert finish(process, 60).code == 1
    assert broken.show(run).step("train")["error"]["name"] == "ZeroDivisionError"
    late = broken.dagbook("retry", run, "--keep-failed", "1s")
    assert late.code == 1
    assert "kernel is kept" in late.out
    assert broken.show(run).step("train")["attempt"] == 2
    assert broken.dagbook("retry", run, "--keep-failed", "0").code == 1


def test_whoever_dies_meanwhile_leaves_no_kernel(broken: Project):
    broken.dagbook("run", "p.pipeline.yaml", "--keep-failed", "10m", "--warm", "--detach")
    run = broken.the_run()
    held(broken, run)

    os.kill(broken.driver(run).pid, signal.SIGKILL)

    wait_until(lambda: not broken.leftovers(), 30)
    refused(broken.dagbook("continue", run, "train"), "no kernel of 'train' is kept", "lost")


def test_a_cancelled_run_keeps_nothing(broken: Project):
    process = broken.start("run", "p.pipeline.yaml", "--keep-failed", "10m", "--warm")
    run = broken.the_run()
    held(broken, run)

    assert broken.dagbook("cancel", run).code == 0

    assert finish(process, 60).code not in {0, 1}
    assert broken.show(run).step("train")["state"] == "cancelled"


def test_of_a_step_that_is_tried_again_only_the_last_kernel_is_kept(broken: Project):
    broken.pipeline(PIPELINE.replace("train.ipynb}", "train.ipynb, retries: 1}"))
    process = broken.start("run", "p.pipeline.yaml", "--keep-failed", "10m", "--warm")
    run = broken.the_run()

    assert held(broken, run)["attempt"] == 2

    broken.dagbook("release", run, "train")
    assert finish(process, 60).code == 1


def test_what_cannot_be_meant_is_refused(broken: Project):
    wrong = ("run", "p.pipeline.yaml", "--keep-failed")
    refused(broken.dagbook(*wrong, "soon"), "--keep-failed", "'soon' is no duration")
    refused(broken.dagbook(*wrong, "5m", "--executor", "dask"), "cannot be kept")
    said = broken.dagbook("plan", "p.pipeline.yaml", prefix=("env", "DAGBOOK_KEEP_FAILED=soon"))
    refused(said, "DAGBOOK_KEEP_FAILED", "no duration")
    assert not broken.runs.exists()
