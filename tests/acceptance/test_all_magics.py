"""Every magic in one notebook, in a real kernel, through nbclient; MLflow's client says what came of it."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from tests.acceptance.all_magics import make_project
from tests.acceptance.live_kernel import Store, closed, no_senders
from tests.acceptance.project import Project, wait_until
from tests.acceptance.test_magics_look_and_run import read_html

pytestmark = pytest.mark.kernel


class Story:
    """The executed notebook, and the store afterwards."""

    def __init__(self, project: Project) -> None:
        self.folder = project.folder
        path = make_project(project.folder)
        self.notebook: Any = nbformat.read(path, 4)
        client = NotebookClient(
            self.notebook, timeout=300, resources={"metadata": {"path": str(self.folder)}}
        )

        def say_cell(cell: Any, cell_index: int) -> None:
            client.kc.session.metadata = {"cellId": cell.id}  # as JupyterLab does

        client.on_cell_execute = say_cell
        environment = {
            "JPY_SESSION_NAME": str(path),
            "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        }
        client.execute(env={**os.environ, **project.env, **environment})
        wait_until(lambda: closed(self.folder / ".dagbook" / "mlflow.db"), 90)
        no_senders(self.folder)
        self.store = Store(f"sqlite:///{self.folder}/.dagbook/mlflow.db")
        self.runs = self.store.runs()

    def outputs(self, cell: str) -> list[Any]:
        (found,) = [known for known in self.notebook.cells if known.id == cell]
        return list(found.outputs)

    def said(self, cell: str) -> str:
        """What was printed, and the plain text of everything else."""
        return "\n".join(
            output.get("text", "") or output.get("data", {}).get("text/plain", "")
            for output in self.outputs(cell)
        )

    def shown(self, cell: str) -> str:
        """The text of the HTML of a cell."""
        rich = [
            output.data["text/html"] for output in self.outputs(cell) if "text/html" in output.get("data", {})
        ]
        return read_html("".join(rich)).text


@pytest.fixture(scope="module")
def story(shared_project: Project) -> Story:
    return Story(shared_project)


def test_no_cell_ended_but_the_one_that_was_to(story: Story):
    errors = {
        cell.id: output.ename
        for cell in story.notebook.cells
        for output in cell.outputs
        if output.output_type == "error"
    }
    assert errors == {"boom": "ZeroDivisionError"}
    assert "UsageError" not in "".join(story.said(cell.id) for cell in story.notebook.cells)


@pytest.mark.parametrize(
    ("name", "status", "params", "metrics"),
    [
        (
            "tree",
            "FINISHED",
            {"depth": "2", "rows": "40", "criterion": "gini"},
            {"loss": 0.2, "accuracy": 0.7},
        ),
        (
            "wide",
            "FINISHED",
            {"depth": "4", "rows": "40", "criterion": "entropy"},
            {"loss": 0.125, "accuracy": 0.9},
        ),
        ("theirs", "FINISHED", {"depth": "4", "rows": "40"}, {"score": 1.0}),
        (
            "tuning",
            "FINISHED",
            {"depth": "4", "rows": "40", "lr": "0.1", "layers": "[64, 32]"},
            {"best": 0.125},
        ),
        ("wrong", "FINISHED", {"depth": "4", "rows": "40"}, {}),
        ("boom", "FAILED", {"depth": "4", "rows": "40"}, {}),
        ("downstream", "FINISHED", {"depth": "4", "rows": "40"}, {"n": 2.0}),
        ("all", "FINISHED", {}, {"outside": 1.0}),
        ("train[0]", "FINISHED", {"depth": "2", "rows": "40"}, {"loss": 0.25}),
    ],
)
def test_what_was_logged_is_in_mlflow(
    story: Story, name: str, status: str, params: dict[str, str], metrics: dict[str, float]
):
    run = story.runs[name]
    assert run.info.status == status
    assert run.data.params == params
    told = {key: value for key, value in run.data.metrics.items() if key in metrics}
    assert told == metrics
    if name not in {"all", "train[0]"}:
        assert run.data.metrics["duration_seconds"] > 0
        assert run.data.tags["mlflow.source.name"] == str(story.folder / "all.ipynb")


def test_points_are_in_order_at_their_steps(story: Story):
    assert story.store.points(story.runs["tree"], "loss") == [(i, 1 / (i + 1)) for i in range(5)]
    assert story.store.points(story.runs["tuning"], "best") == [(0, 0.25), (7, 0.125)]


def test_tags_and_notes_are_on_the_run(story: Story):
    tags = story.runs["tree"].data.tags
    assert (tags["stage"], tags["mlflow.note.content"]) == ("draft", "first try")
    assert story.runs["tuning"].data.tags["kind"] == "span"
    assert story.runs["downstream"].data.tags["dagbook.input.summary"].startswith("'report' in run ")


@pytest.mark.parametrize(
    ("run", "tag", "cell"),
    [
        ("tree", "dagbook.cell", "tree"),
        ("tree", "dagbook.cell.metric.loss", "tree"),
        ("tree", "dagbook.cell.param.criterion", "tree"),
        ("tree", "dagbook.cell.param.depth", "params"),
        ("tuning", "dagbook.cell.param.lr", "span-param"),
        ("tuning", "dagbook.cell.metric.best", "span-metric"),
        ("tuning", "dagbook.cell.artifact.customers.parquet", "span-artifact"),
        ("all", "dagbook.cell.metric.outside", "own"),
        ("train[0]", "dagbook.cell.metric.loss", "cell-2"),
    ],
)
def test_every_value_knows_its_cell(story: Story, run: str, tag: str, cell: str):
    assert story.runs[run].data.tags[tag] == cell


def test_figures_tables_and_files_are_artifacts(story: Story):
    files = story.store.files(story.runs["tree"])
    assert "cells/01-tree.py" in files
    assert {Path(name).suffix for name in files if name.startswith("outputs/")} == {".png", ".html"}
    assert "customers.parquet" in story.store.files(story.runs["tuning"])


def test_data_sets_and_models_are_mlflows_own(story: Story):
    run = story.runs["theirs"]
    (data,) = run.inputs.dataset_inputs
    assert data.dataset.name == "customers"
    client = story.store.client
    models = client.search_logged_models([run.info.experiment_id])
    assert [(model.name, model.source_run_id) for model in models] == [("steady", run.info.run_id)]


def test_each_magic_leaves_one_quiet_line(story: Story):
    assert story.said("load") == story.said("params") == ""
    (line,) = [part for part in story.said("tree").splitlines() if part.startswith("tracked")]
    assert line.startswith("tracked tree · finished · 3 params · 4 metrics · 2 artifacts · ")
    assert story.said("start").strip() == "tracking tuning until %track stop"
    assert story.said("status").startswith("tracking tuning")
    assert story.said("stop").startswith("tracked tuning · finished · 4 params")
    assert story.said("span-metric") == ""


def test_mistakes_are_plain_lines_and_the_cell_has_run(story: Story):
    said = story.said("mistakes").splitlines()
    assert "the cell has run" in said
    assert [line for line in said if line.startswith("metric bad is not logged")]
    assert not [line for line in said if "Traceback" in line or "File" in line]


def test_the_users_traceback_is_untouched(story: Story):
    (error,) = [output for output in story.outputs("boom") if output.output_type == "error"]
    shown = re.sub(r"\x1b\[[\d;]*m", "", "\n".join(error.traceback))
    assert "dagbook" not in shown
    assert "----> 3 ratio / 0" in shown


def test_the_pipeline_ran_and_its_failure_names_the_cell(story: Story):
    assert "4 of 4 steps" in story.shown("pipeline")
    assert "1 of 2 steps" in story.shown("cell-pipeline")
    assert "KeyError: 'tenure'" in story.shown("cell-pipeline")
    assert story.runs["report"].info.status == "FINISHED"
    assert story.runs["fails"].info.status == "FAILED"
    assert "[0.4, 0.2]" in story.said("input")


def test_the_tables_show_what_differs(story: Story):
    shown = story.shown("runs")
    for part in ("tree", "wide", "criterion", "entropy", "accuracy", "failed"):
        assert part in shown
    assert "['wide']" in story.said("filtered")
    assert "+0.2 (+28.6%)" in story.shown("compare")
    assert "customers (training)" in story.shown("data")
    assert "data set" in story.shown("data")
