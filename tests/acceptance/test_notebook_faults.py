"""What goes wrong inside a notebook fails its own node, and says where and what to do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.notebooks import parameters
from tests.acceptance.project import Answer, Project

pytestmark = pytest.mark.kernel

CONDA = {"name": "conda-env-x", "display_name": "x", "language": "python"}

NOTEBOOKS: dict[str, tuple[Any, ...]] = {
    "raises": ("x = 1", "def f():\n    y = 0\n    return 1 / y  # here", "z = 2\nf()", "print('never')"),
    "no_syntax": ("x = (", "print('never')"),
    "leaves": ("print('one')", "import sys\nsys.exit(0)", "print('never')"),
    "exits": ("import sys\nsys.exit(3)", "print('never')"),
    "asks": ("name = input('Your name? ')",),
    "floods": ("for i in range(50):\n    print('x' * 1_000_000)\nprint('the end')",),
    "writes_nothing": ("open('other.csv', 'w').close()",),
    "publishes_text": ("import dagbook", "dagbook.output(rows='many')"),
    "wants_a_number": (parameters("rows: int = 1"), "open('started', 'w').close()"),
    "publishes_less": ("import dagbook", "dagbook.output(**{'a' + 'b': 1})"),
    "wants_more": (parameters("c = 1"), "c"),
    "sleeps": ("print('started')", "import time\ntime.sleep(60)", "print('never')"),
    "fine": ("print('fine')",),
    "after": ("print('never')",),
}

PIPELINE = """pipeline: faults
nodes:
  raises: {notebook: raises.ipynb}
  no_syntax: {notebook: no_syntax.ipynb}
  leaves: {notebook: leaves.ipynb}
  exits: {notebook: exits.ipynb}
  asks: {notebook: asks.ipynb}
  floods: {notebook: floods.ipynb}
  writes_nothing: {notebook: writes_nothing.ipynb, outputs: {table: table.csv}}
  publishes_text: {notebook: publishes_text.ipynb}
  wants_a_number: {notebook: wants_a_number.ipynb, params: {rows: '${publishes_text.rows}'}}
  publishes_less: {notebook: publishes_less.ipynb}
  wants_more: {notebook: wants_more.ipynb, params: {c: '${publishes_less.c}'}}
  sleeps: {notebook: sleeps.ipynb, timeout: 2s}
  fine: {notebook: fine.ipynb}
  after: {notebook: after.ipynb, needs: raises}
  last: {notebook: after.ipynb, needs: after}
"""


@pytest.fixture(scope="module")
def ran(shared_project: Project) -> Answer:
    """One run of all of them, as a person sees it."""
    for name, cells in NOTEBOOKS.items():
        shared_project.notebook(f"{name}.ipynb", *cells, **({"kernelspec": CONDA} if name == "fine" else {}))
    shared_project.pipeline(PIPELINE)
    return shared_project.dagbook("run", "p.pipeline.yaml", "--jobs", "4", timeout=240)


@pytest.fixture(scope="module")
def steps(ran: Answer, shared_project: Project) -> dict[str, dict[str, Any]]:
    """The same run as a program sees it."""
    return {step["step"]: step for step in shared_project.show().json["steps"]}


def executed(step: dict[str, Any]) -> list[dict[str, Any]]:
    cells: list[dict[str, Any]] = json.loads(Path(step["notebook"]).read_text("utf-8"))["cells"]
    return cells


def statuses(step: dict[str, Any]) -> list[str]:
    return [cell["metadata"]["papermill"]["status"] for cell in executed(step)]


def test_a_run_with_failed_nodes_exits_1_and_the_others_finish(ran: Answer, steps: dict[str, Any]):
    assert ran.code == 1
    assert "Traceback" not in ran.said
    assert steps["fine"]["state"] == "succeeded"
    assert "Next:  dagbook logs " in ran.out


def test_an_exception_is_told_with_cell_line_and_notebook(ran: Answer, steps: dict[str, Any]):
    step = steps["raises"]
    assert step["state"] == "failed"
    error = step["error"]
    assert (error["cell"], error["name"]) == (3, "ZeroDivisionError")
    assert error["line"] == "return 1 / y  # here"
    assert "f()" in error["traceback"]
    assert statuses(step) == ["completed", "completed", "failed", "not-run"]
    assert executed(step)[3]["outputs"] == []
    assert "raises in cell 3: ZeroDivisionError: division by zero" in ran.out
    assert "return 1 / y  # here" in ran.out


def test_what_follows_a_failed_node_is_skipped_and_says_because_of_whom(steps: dict[str, Any]):
    assert steps["after"]["state"] == "skipped"
    assert steps["after"]["reason"] == "upstream raises failed"
    assert steps["last"]["state"] == "skipped"
    assert "after" in steps["last"]["reason"]


def test_a_syntax_error_fails_its_cell(steps: dict[str, Any]):
    step = steps["no_syntax"]
    assert (step["state"], step["error"]["cell"], step["error"]["name"]) == ("failed", 1, "SyntaxError")
    assert statuses(step) == ["failed", "not-run"]


def test_leaving_with_0_is_success_that_says_where_it_stopped(ran: Answer, steps: dict[str, Any]):
    step = steps["leaves"]
    assert (step["state"], step["stopped_early"], step["error"]) == ("succeeded", 2, None)
    assert statuses(step) == ["completed", "completed", "not-run"]
    assert "stopped early at cell 2" in ran.out


def test_leaving_with_3_fails(steps: dict[str, Any]):
    error = steps["exits"]["error"]
    assert (error["cell"], error["name"], error["value"]) == (1, "SystemExit", "3")


def test_asking_for_input_fails_at_once_and_names_parameters(ran: Answer, steps: dict[str, Any]):
    step = steps["asks"]
    assert step["state"] == "failed"
    assert step["seconds"] < 60
    assert "use a parameter instead of input()" in step["error"]["remedy"]
    assert "use a parameter instead of input()" in ran.out


def test_50_megabytes_of_print_are_cut_and_harm_nothing(steps: dict[str, Any]):
    step = steps["floods"]
    assert step["state"] == "succeeded"
    notebook = Path(step["notebook"])
    assert notebook.stat().st_size < 15_000_000
    text = "".join("".join(output["text"]) for output in executed(step)[0]["outputs"])
    assert text.startswith("xxxx")
    assert text.endswith("the end\n")
    assert "left out by Dagbook" in text


def test_a_declared_file_that_was_not_written_names_what_is_there(steps: dict[str, Any]):
    step = steps["writes_nothing"]
    assert step["state"] == "failed"
    assert "'table' is declared as table.csv" in step["error"]["value"]
    assert "other.csv" in step["error"]["value"]
    assert step["error"]["remedy"]


def test_a_value_of_the_wrong_type_from_upstream_fails_before_the_kernel(
    steps: dict[str, Any], shared_project: Project
):
    assert steps["publishes_text"]["state"] == "succeeded"
    step = steps["wants_a_number"]
    assert step["state"] == "failed"
    assert "'rows'" in step["error"]["value"]
    assert "int" in step["error"]["value"]
    assert "'many'" in step["error"]["value"]
    assert not (shared_project.folder / "started").exists()
    assert step["notebook"] is None


def test_an_output_that_downstream_needs_and_nobody_published_is_named(steps: dict[str, Any]):
    step = steps["publishes_less"]
    assert step["state"] == "failed"
    assert "'c'" in step["error"]["value"]
    assert "it published: ab" in step["error"]["value"]
    assert steps["wants_more"]["state"] == "skipped"


def test_time_up_is_its_own_state_and_marks_only_what_ran(steps: dict[str, Any]):
    step = steps["sleeps"]
    assert (step["state"], step["error"]["cell"]) == ("timed-out", 2)
    assert statuses(step) == ["completed", "timed-out", "not-run"]
    assert executed(step)[0]["outputs"][0]["text"] in ("started\n", ["started\n"])


def test_a_kernel_that_is_not_installed_is_replaced_visibly(ran: Answer, steps: dict[str, Any]):
    assert steps["fine"]["state"] == "succeeded"
    for part in ("warning: ", "node 'fine'", "'conda-env-x' is not installed", "'python3' was used"):
        assert part in ran.err


def test_mlflow_says_the_same_of_every_step(steps: dict[str, Any], shared_project: Project):
    from mlflow import MlflowClient

    shown = shared_project.show().json
    client = MlflowClient(tracking_uri=shown["tracking_uri"])
    assert client.get_run(shown["mlflow_run_id"]).info.status == "FAILED"
    expected = {"succeeded": "FINISHED", "failed": "FAILED", "timed-out": "FAILED"}
    for step in steps.values():
        if step["mlflow_run_id"] is not None:
            assert client.get_run(step["mlflow_run_id"]).info.status == expected[step["state"]], step["step"]


def test_logs_show_what_a_step_printed_and_its_traceback(shared_project: Project, steps: dict[str, Any]):
    (run,) = shared_project.run_ids()
    logs = shared_project.dagbook("logs", run, "raises")
    assert logs.code == 0
    assert "failed in cell 3" in logs.out
    assert "ZeroDivisionError" in logs.out
    assert "return 1 / y  # here" in logs.out
    assert "fine\n" in shared_project.dagbook("logs", run, "fine").out
