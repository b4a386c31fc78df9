"""All magics that record, in a real kernel; each outcome is looked up in MLflow by MLflow's own client."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.live_kernel import LiveKernel, Store, closed, no_senders
from tests.acceptance.project import Project, wait_until

pytestmark = pytest.mark.kernel

INLINE = "module://matplotlib_inline.backend_inline"

FIT = """%%track fit -p depth,nodepth -m acc --tag stage=draft --note "first try"
import matplotlib.pyplot as plt, pandas as pd
depth, acc = 3, 0.5
for i in range(5):
    %metric loss=1/(i+1)
%metric late=7 --step 3
%param extra=[1,2]
plt.plot([1, 2]); plt.show()
pd.DataFrame({"a": [1]})
"""

MANY = """%%track bad --bogus --tag mlflow.user=me --tag nothing
for i in range(3):
    %metric nan=float("nan") inf=float("inf") text="1" array=[1,2]
%metric undefined
%metric x=1 --step 1.5
%metric = 3
%param "a=1
%param long="x"*10000
%param once=1
%param once=2
%artifact nowhere.txt
import dagbook
dagbook.metric({"loss@val": 1.0})
dagbook.metric({"n" * 300: 1.0})
ran = True
"""


@pytest.fixture(scope="module")
def story(tmp_path_factory: Any, database: Path, quiet_home: Path) -> dict[str, Any]:
    """One kernel that runs every kind of cell; what each showed, and the store afterwards."""
    folder = tmp_path_factory.mktemp("tracked") / "project"
    (folder / ".dagbook").mkdir(parents=True)
    (folder / ".dagbook" / "mlflow.db").write_bytes(database.read_bytes())
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "first"]):
        (folder / "kept.txt").write_text("one\n")
        subprocess.run(["git", *command], cwd=folder, check=True)
    (folder / "kept.txt").write_text("two\n")
    write_notebook(folder / "study.ipynb")
    kernel = LiveKernel(folder, {"HOME": str(quiet_home), "MPLBACKEND": INLINE})
    shown: dict[str, Any] = {"folder": folder}
    try:
        shown["load"] = kernel.run("%load_ext dagbook")
        kernel.run("import sys; lr = 0.1; before = set(sys.modules)")
        shown["modules"] = kernel.run("print([m for m in ('mlflow', 'pandas') if m in sys.modules])")
        progress = wait_until(lambda: sender_is_up(folder), 90)
        assert progress
        shown["fit"] = kernel.run(FIT, "the-fit-cell")
        shown["boom"] = kernel.run("%%track boom\nx = 1\n1/0")
        shown["again 1"] = kernel.run("%%track again\n%metric n=1")
        shown["again 2"] = kernel.run("%%track again\n%metric n=2")
        shown["await"] = kernel.run("%%track awaited -m y\nimport asyncio\nawait asyncio.sleep(0)\ny = 4")
        shown["time"] = kernel.run("%%track timed -m z\n%%time\nz = 5")
        asked = kernel.send("%%track stopped\nimport time\nprint('in', flush=True)\ntime.sleep(60)")
        time.sleep(3)
        kernel.interrupt()
        shown["stopped"] = kernel.answer(asked)
        shown["bad"] = kernel.run(MANY)
        shown["ran"] = kernel.run("print(ran)")
        shown["mlflow"] = kernel.run(
            "%%track theirs\nimport mlflow\nwith mlflow.start_run() as r:\n    mlflow.log_metric('m', 2)\n"
            "    %metric ours=3\n    with mlflow.start_run(nested=True, run_name='inner'):\n"
            "        mlflow.log_metric('deep', 1)\n        %metric deeper=2"
        )
        shown["autolog"] = kernel.run(
            "%%track auto --autolog\nfrom sklearn.linear_model import LogisticRegression\n"
            "LogisticRegression().fit([[0],[1]],[0,1]); LogisticRegression(C=1.0).fit([[0],[1]],[0,1]);"
        )
        shown["env"] = kernel.run(
            "import os; print({k for k in os.environ if k.startswith(('MLFLOW_RUN', 'MLFLOW_TRACKING'))},"
            " mlflow.active_run())"
        )
        shown["start"] = kernel.run("%track start long --tag kind=span")
        kernel.run("%metric a=1", "first-of-span")
        kernel.run("1/0", "second-of-span")
        shown["status"] = kernel.run("%track status")
        shown["stop"] = kernel.run("%track stop")
        shown["python"] = kernel.run(
            "import dagbook\n@dagbook.track('deco', tags={'k': 1})\ndef f():\n    dagbook.metric(v=1)\n"
            "    dagbook.param(w=2)\n    dagbook.artifact({'a': 1}, 'data')\nf()"
        )
        shown["own"] = kernel.run("%metric outside=1")
    finally:
        kernel.shutdown()
    wait_until(lambda: closed(folder / ".dagbook" / "mlflow.db"), 90)
    no_senders(folder)
    shown["store"] = Store(f"sqlite:///{folder}/.dagbook/mlflow.db")
    shown["runs"] = shown["store"].runs()
    return shown


def sender_is_up(folder: Path) -> bool:
    from dagbook.engine.sending import holder

    return holder(folder / ".dagbook" / "outbox") is not None


def write_notebook(path: Path) -> None:
    cell = {"cell_type": "code", "id": "p", "metadata": {"tags": ["parameters"]}, "source": "lr = 0.5",
            "outputs": [], "execution_count": None}  # fmt: skip
    spec = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    path.write_text(json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": spec, "cells": [cell]}))


def test_loading_imports_nothing_heavy_and_says_nothing(story):
    assert story["load"].text == ""
    assert story["modules"].text == "[]\n"


def test_a_tracked_cell_logs_what_it_is_told_and_what_everyone_wants_to_know(story):
    run, store = story["runs"]["fit"], story["store"]
    assert run.info.status == "FINISHED"
    assert run.data.params == {"lr": "0.1", "depth": "3", "extra": "[1, 2]"}
    assert store.points(run, "loss") == [(i, 1 / (i + 1)) for i in range(5)]
    assert store.points(run, "late") == [(3, 7.0)]
    assert run.data.metrics["acc"] == 0.5
    assert run.data.metrics["duration_seconds"] > 0
    assert run.data.metrics["peak_memory_bytes"] > 10_000_000
    tags = run.data.tags
    assert tags["mlflow.source.name"] == str(story["folder"] / "study.ipynb")
    assert (tags["mlflow.source.type"], tags["stage"], tags["mlflow.note.content"]) == (
        "NOTEBOOK", "draft", "first try",
    )  # fmt: skip
    head = subprocess.check_output(["git", "rev-parse", "HEAD"], cwd=story["folder"], text=True)
    assert tags["mlflow.source.git.commit"] == head.strip()
    assert "+two" in store.text(run, "changes.patch")


def test_every_logged_value_knows_its_cell(story):
    tags = story["runs"]["fit"].data.tags
    named = {name: cell for name, cell in tags.items() if name.startswith("dagbook.cell")}
    assert {"dagbook.cell", "dagbook.cell.metric.loss", "dagbook.cell.param.depth"} <= set(named)
    assert named.pop("dagbook.cell.param.lr") == "p"  # the notebook's parameters cell declares it
    assert set(named.values()) == {"the-fit-cell"}
    span = story["runs"]["long"].data.tags
    assert span["dagbook.cell.metric.a"] == "first-of-span"


def test_figures_and_tables_are_kept_and_still_shown(story):
    files = story["store"].files(story["runs"]["fit"])
    assert any(name.startswith("outputs/") and name.endswith(".png") for name in files)
    assert any(name.startswith("outputs/") and name.endswith(".html") for name in files)
    rich = [kind for data in story["fit"].rich for kind in data]
    assert "image/png" in rich
    assert any("<table" in data.get("text/html", "") for data in story["fit"].rich)
    assert story["store"].text(story["runs"]["fit"], "cells/01-the-fit-cell.py") == FIT


def test_a_missing_variable_is_said_and_the_line_at_the_end_is_one(story):
    text = story["fit"].text
    assert "-p nodepth: there is no such variable; did you mean 'depth'?" in text
    assert text.count("tracked fit · finished") == 1


def test_an_exception_is_the_users_own_and_the_run_failed(story):
    assert story["boom"].error == "ZeroDivisionError"
    assert "dagbook" not in story["boom"].traceback
    assert "line 3" in story["boom"].traceback
    run = story["runs"]["boom"]
    assert run.info.status == "FAILED"
    assert run.data.tags["dagbook.error"] == "ZeroDivisionError: division by zero"


def test_an_interrupted_cell_is_killed(story):
    assert story["stopped"].error == "KeyboardInterrupt"
    assert story["runs"]["stopped"].info.status == "KILLED"


def test_a_cell_run_again_is_a_new_run(story):
    client = story["store"].client
    experiments = [found.experiment_id for found in client.search_experiments()]
    both = client.search_runs(experiments, "attributes.run_name = 'again'")
    assert sorted(run.data.metrics["n"] for run in both) == [1.0, 2.0]
    assert (story["again 1"].status, story["again 2"].status) == ("ok", "ok")


def test_await_and_other_cell_magics_work_in_a_tracked_cell(story):
    assert story["runs"]["awaited"].data.metrics["y"] == 4
    assert story["runs"]["timed"].data.metrics["z"] == 5
    assert "Wall time" in story["time"].text


@pytest.mark.parametrize(
    "said",
    [
        "there is no option --bogus",
        "names that begin with mlflow. or dagbook. are reserved",
        "--tag nothing: write it as KEY=VALUE",
        "metric inf is not logged: MLflow cannot hold inf",
        "metric text is not logged: a metric is one number, this is a str",
        "metric array is not logged: a metric is one number, this is a list; log each",
        "there is no variable 'undefined'\n",
        "a step is a whole number",
        "use %metric NAME=EXPRESSION",
        "use %param NAME=EXPRESSION",
        "parameter long: cut to 6000 of its 10000 characters",
        "parameter once is 1 already; 2 is kept as the tag dagbook.conflict.once",
        "there is neither such a file nor such variable",
        "metric 'loss@val' is not logged",
        "write 'loss_val'",
        "at most 250 characters, this one has 300",
    ],
)
def test_bad_input_is_one_plain_line_and_the_cell_has_run(story, said):
    shown = story["bad"]
    assert shown.status == "ok", shown.traceback
    assert shown.text.count(said) == 1, shown.text
    assert "Traceback" not in shown.text
    assert story["ran"].text == "True\n"


def test_of_bad_input_what_can_be_kept_is_kept(story):
    run = story["runs"]["bad"]
    assert run.info.status == "FINISHED"
    assert len(run.data.params["long"]) == 6000
    assert run.data.params["once"] == "1"
    assert run.data.tags["dagbook.conflict.once"] == "2"
    assert run.data.tags["dagbook.refused.inf"] == "inf"
    assert len(story["store"].points(run, "nan")) == 3


def test_mlflows_own_calls_land_in_the_same_run_and_nest(story):
    assert story["mlflow"].status == "ok", story["mlflow"].traceback
    run, inner = story["runs"]["theirs"], story["runs"]["inner"]
    assert (run.data.metrics["m"], run.data.metrics["ours"]) == (2, 3)
    assert inner.data.tags["mlflow.parentRunId"] == run.info.run_id
    assert (inner.data.metrics["deep"], inner.data.metrics["deeper"]) == (1, 2)
    assert run.info.status == "FINISHED"


def test_autologging_lands_in_the_same_run_however_many_models_are_fitted(story):
    run = story["runs"]["auto"]
    assert story["autolog"].status == "ok", story["autolog"].traceback
    assert "training_accuracy_score" in run.data.metrics or "training_score" in run.data.metrics
    client = story["store"].client
    experiments = [found.experiment_id for found in client.search_experiments()]
    below = f"tags.`mlflow.parentRunId` = '{run.info.run_id}'"
    assert client.search_runs(experiments, below) == []
    models = client.search_logged_models(experiments)
    assert {model.source_run_id for model in models} == {run.info.run_id}


def test_afterwards_the_environment_is_as_before(story):
    assert story["env"].text == "set() None\n"


def test_a_run_across_cells_knows_what_each_contributed(story):
    run, store = story["runs"]["long"], story["store"]
    assert run.info.status == "FINISHED"
    assert run.data.tags["kind"] == "span"
    cells = json.loads(store.text(run, "cells.json"))
    by_id = {cell["cell"]: cell for cell in cells}
    assert by_id["first-of-span"]["status"] == "FINISHED"
    assert by_id["second-of-span"]["error"] == "ZeroDivisionError: division by zero"
    assert "tracking long" in story["status"].text


def test_the_python_functions_do_the_same(story):
    run = story["runs"]["deco"]
    assert (run.data.metrics["v"], run.data.params["w"], run.data.tags["k"]) == (1, "2", "1")
    assert json.loads(story["store"].text(run, "data.json")) == {"a": 1}


def test_outside_of_any_run_the_notebook_has_its_own_which_ends_with_the_kernel(story):
    run = story["runs"]["study"]
    assert (run.info.status, run.data.metrics["outside"]) == ("FINISHED", 1)


def test_nothing_is_left_in_the_outbox(story):
    left = [path for path in (story["folder"] / ".dagbook" / "outbox").iterdir() if path.is_dir()]
    assert left == []


def test_in_a_pipeline_values_go_to_the_steps_run_and_tracked_cells_below_it(project: Project):
    project.single(
        "%load_ext dagbook\n%metric acc=0.5\n%param seen=1",
        "%%track inner\n%metric deep=1",
        "import dagbook\nfor i in range(2000): dagbook.metric(loss=i)",
    )
    assert project.dagbook("run", "p.pipeline.yaml").code == 0
    store = Store(f"sqlite:///{project.folder}/.dagbook/mlflow.db")
    runs = store.runs()
    step = runs["n"]
    assert (step.data.metrics["acc"], step.data.params["seen"], step.info.status) == (0.5, "1", "FINISHED")
    assert step.data.tags["dagbook.cell.metric.acc"] == "cell-1"
    assert step.data.tags["dagbook.cell.metric.loss"] == "cell-3"
    assert store.points(step, "loss") == [(i, float(i)) for i in range(2000)]
    inner = runs["inner"]
    assert inner.data.tags["mlflow.parentRunId"] == step.info.run_id
    assert (inner.data.metrics["deep"], inner.info.status) == (1, "FINISHED")
    assert not (project.folder / ".dagbook" / "outbox").exists()
