"""The examples as a newcomer meets them: run from the shell, looked at with MLflow's own client."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import nbformat
import pytest
from mlflow import MlflowClient

from tests.acceptance.examples import EXAMPLES, Example, dagbook, digests, run_alone, run_example
from tests.conftest import ROOT

pytestmark = [pytest.mark.kernel, pytest.mark.slow]

TRAINED = [f"train[{index}]" for index in range(6)]


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory, quiet_home: Path) -> Example:
    return run_example(tmp_path_factory.mktemp("examples"), "digits", "digits.pipeline.yaml")


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory, quiet_home: Path) -> Example:
    return run_example(tmp_path_factory.mktemp("examples"), "untouched", "wine.pipeline.yaml")


def planned(folder: Path, file: str, *words: str) -> dict[str, dict[str, Any]]:
    done = dagbook(folder, "plan", file, "--json", *words)
    assert done.returncode == 0, done.stderr
    return {step["step"]: step for step in json.loads(done.stdout)["steps"]}


def edited_copy(example: Example, place: Path, notebook: str, before: str, after: str) -> Path:
    """The example with its results, and one cell changed."""
    folder = place / example.folder.name
    shutil.copytree(example.folder, folder)
    text = (folder / notebook).read_text("utf-8")
    assert before in text
    (folder / notebook).write_text(text.replace(before, after, 1), "utf-8")
    return folder


# --- digits -----------------------------------------------------------------------------------------


def test_the_digits_plan_has_its_golden_shape():
    steps = planned(ROOT, "examples/digits/digits.pipeline.yaml", "--no-cache")
    shape = {
        name: (step["needs"], step["item"], step["state"], step["reason"]) for name, step in steps.items()
    }
    why = ("run", "--no-cache")
    assert shape == {
        "prepare": ([], {}, *why),
        "train[0]": (["prepare"], {"kind": "tree", "depth": 2}, *why),
        "train[1]": (["prepare"], {"kind": "tree", "depth": 4}, *why),
        "train[2]": (["prepare"], {"kind": "tree", "depth": 8}, *why),
        "train[3]": (["prepare"], {"kind": "forest", "depth": 2}, *why),
        "train[4]": (["prepare"], {"kind": "forest", "depth": 4}, *why),
        "train[5]": (["prepare"], {"kind": "forest", "depth": 8}, *why),
        "pick": (TRAINED, {}, *why),
        "report": (["prepare", *TRAINED, "pick"], {}, *why),
    }


def test_every_digits_step_succeeds_and_hands_on_what_the_next_one_needs(digits):
    assert digits.shown["state"] == "succeeded"
    assert {step["step"]: step["state"] for step in digits.shown["steps"]} == dict.fromkeys(
        ["prepare", *TRAINED, "pick", "report"], "succeeded"
    )
    scores = [digits.step(name)["outputs"]["accuracy"] for name in TRAINED]
    best = digits.step("pick")["outputs"]["best"]
    assert best == scores.index(max(scores))
    assert max(scores) > 0.9
    assert digits.step("pick")["outputs"]["accuracy"] == pytest.approx(max(scores))
    assert digits.step("report")["outputs"]["wrong"] == round(449 * (1 - max(scores)))


def test_each_training_is_a_finished_mlflow_run_below_the_pipelines(digits):
    parent = digits.record(digits.shown["mlflow_run_id"])
    assert parent.info.status == "FINISHED"
    assert parent.data.params == {"rows": "1797", "test_share": "0.25", "seed": "7"}
    seen = []
    for name in TRAINED:
        step = digits.step(name)
        record = digits.record(step["mlflow_run_id"])
        assert record.info.status == "FINISHED"
        assert record.info.experiment_id == parent.info.experiment_id
        assert record.data.tags["mlflow.parentRunId"] == parent.info.run_id
        assert record.data.metrics["accuracy"] == pytest.approx(step["outputs"]["accuracy"])
        assert record.data.params["seed"] == "7"
        seen.append((record.data.params["kind"], int(record.data.params["depth"])))
    assert seen == [(kind, depth) for kind in ("tree", "forest") for depth in (2, 4, 8)]


def test_the_executed_notebook_is_an_artifact_of_its_run(digits):
    client = MlflowClient(digits.shown["tracking_uri"])
    found = {artifact.path for artifact in client.list_artifacts(digits.step("report")["mlflow_run_id"])}
    assert "notebook.ipynb" in found


def test_the_report_shows_three_figures(digits):
    notebook = json.loads(Path(digits.step("report")["notebook"]).read_text("utf-8"))
    shown = [output.get("data", {}) for cell in notebook["cells"] for output in cell.get("outputs", [])]
    assert sum("image/png" in data for data in shown) == 3
    for name in ("confusion", "misread"):
        assert Path(digits.step("report")["outputs"][name]).read_bytes().startswith(b"\x89PNG")


def test_the_report_of_a_run_fits_into_a_mail_and_holds_the_figures(digits, tmp_path):
    page = tmp_path / "digits.html"
    done = dagbook(
        digits.folder, "report", digits.shown["run"], "--best", "accuracy", "-o", str(page), "--json"
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "run": digits.shown["run"], "report": str(page), "bytes": page.stat().st_size
    }  # fmt: skip
    text = page.read_text("utf-8")
    assert len(text) < 3_000_000
    figures = [len(re.findall('"image/png"', Path(step["notebook"]).read_text("utf-8")))
               for step in digits.shown["steps"]]  # fmt: skip
    assert text.count("data:image/png;base64") == sum(figures) >= 3
    assert text.count('<tr class="best">') == 1
    assert f"MLflow</dt><dd>run <code>{digits.shown['mlflow_run_id']}" in text


def test_nothing_would_run_again(digits):
    steps = planned(digits.folder, digits.file)
    assert {step["state"] for step in steps.values()} == {"reuse"}
    assert steps["report"]["reason"] == f"unchanged since run {digits.shown['run']}"


def test_a_comment_and_a_text_cell_make_nothing_run_again(digits, tmp_path):
    folder = edited_copy(digits, tmp_path, "train.ipynb", "# questions from root to leaf", "# levels")
    text = (folder / "train.ipynb").read_text("utf-8")
    (folder / "train.ipynb").write_text(text.replace("One model:", "Just one model:"), "utf-8")
    assert {step["state"] for step in planned(folder, digits.file).values()} == {"reuse"}


def test_a_changed_cell_makes_its_node_and_what_follows_run_and_says_which(digits, tmp_path):
    folder = edited_copy(digits, tmp_path, "train.ipynb", "n_estimators=100", "n_estimators=30")
    steps = planned(folder, digits.file)
    assert steps["prepare"]["state"] == "reuse"
    # The fourth code cell of the notebook, after the magics, the parameters and the reading.
    assert [steps[name]["reason"] for name in TRAINED] == ["code cell 4 changed"] * 6
    for name in ("pick", "report"):
        assert steps[name]["state"] == "run"
        assert "upstream train" in steps[name]["reason"]


def test_a_changed_module_is_seen_in_the_notebooks_that_import_it(digits, tmp_path):
    folder = edited_copy(digits, tmp_path, "drawing.py", "#2f6fb3", "#3f6fb3")
    steps = planned(folder, digits.file)
    assert {name for name, step in steps.items() if step["state"] == "run"} >= {"prepare", "report"}
    assert steps["prepare"]["reason"].startswith("drawing.py")


def test_the_digits_sources_are_left_as_they_were(digits):
    assert digests(digits.folder) == digits.before


def test_an_unknown_parameter_names_the_nearest_and_starts_nothing(digits):
    kept = sorted((digits.folder / ".dagbook" / "runs").iterdir())
    done = dagbook(digits.folder, "run", digits.file, "-p", "rowz=5")
    assert done.returncode == 2
    assert "'rows'" in done.stderr
    assert "Traceback" not in done.stderr
    assert sorted((digits.folder / ".dagbook" / "runs").iterdir()) == kept


@pytest.mark.parametrize("name", ["prepare", "train", "pick", "report"])
def test_each_digits_notebook_runs_alone_with_its_defaults(name, tmp_path, quiet_home):
    run_alone(EXAMPLES / "digits", name, tmp_path)


# --- untouched --------------------------------------------------------------------------------------


def test_the_untouched_notebooks_know_nothing_of_us():
    for path in (EXAMPLES / "untouched").glob("*.ipynb"):
        assert "dagbook" not in path.read_text("utf-8").lower()


def test_what_untouched_notebooks_log_lands_in_their_steps_run_or_below_it(untouched):
    parent = untouched.shown["mlflow_run_id"]
    for name in ("split", "train", "evaluate"):
        record = untouched.record(untouched.step(name)["mlflow_run_id"])
        assert record.info.status == "FINISHED"
        assert record.data.tags["mlflow.parentRunId"] == parent
    evaluated = untouched.record(untouched.step("evaluate")["mlflow_run_id"])
    assert evaluated.data.metrics["test_accuracy"] > 0.8
    assert evaluated.data.params["test_rows"] == "59"
    trained = untouched.record(untouched.step("train")["mlflow_run_id"])
    assert "best_validation_accuracy" in trained.data.metrics
    below = MlflowClient(untouched.shown["tracking_uri"]).search_runs(
        [trained.info.experiment_id], f"tags.`mlflow.parentRunId` = '{trained.info.run_id}'"
    )
    assert {run.info.run_name for run in below} == {"C=0.001", "C=0.1", "C=10.0"}
    assert {run.info.status for run in below} == {"FINISHED"}
    # Autologging wrote these, not the notebook.
    assert {run.data.params["logisticregression__C"] for run in below} == {"0.001", "0.1", "10.0"}
    assert all("training_accuracy_score" in run.data.metrics for run in below)


def test_no_run_of_the_untouched_example_lies_elsewhere(untouched):
    client = MlflowClient(untouched.shown["tracking_uri"])
    experiments = {e.name: e.experiment_id for e in client.search_experiments()}
    assert len(client.search_runs([experiments["wine"]])) == 1 + 3 + 3
    others = [number for name, number in experiments.items() if name != "wine"]
    assert others == [] or client.search_runs(others) == []
    assert sorted(path.name for path in untouched.folder.iterdir() if path.name.startswith("ml")) == []


def test_files_that_untouched_notebooks_wrote_are_outputs_of_their_steps(untouched):
    assert Path(untouched.step("split")["outputs"]["train"]).read_text("utf-8").startswith("alcohol,")
    assert Path(untouched.step("train")["outputs"]["model"]).suffix == ".joblib"


def test_the_untouched_sources_are_left_as_they_were_and_what_they_wrote_is_ignored_by_git(untouched):
    assert digests(untouched.folder) == untouched.before
    for written in ("data/train.csv", "data/model.joblib"):
        assert (untouched.folder / written).exists()
        asked = subprocess.run(
            ["git", "check-ignore", "-q", f"examples/untouched/{written}"], cwd=ROOT, check=False
        )
        assert asked.returncode == 0


def test_nothing_of_the_untouched_example_would_run_again(untouched):
    assert {step["state"] for step in planned(untouched.folder, untouched.file).values()} == {"reuse"}


# --- both -------------------------------------------------------------------------------------------


def test_the_notebooks_are_committed_clean():
    notebooks = [path for path in EXAMPLES.rglob("*.ipynb") if ".dagbook" not in path.parts]
    assert len(notebooks) == 20
    for path in notebooks:
        document = nbformat.read(path, as_version=4)
        nbformat.validate(document)
        assert document.metadata.kernelspec.name == ("bash" if path.stem == "count" else "python3")
        for cell in document.cells:
            assert not cell.get("outputs")
            assert cell.get("execution_count") is None
