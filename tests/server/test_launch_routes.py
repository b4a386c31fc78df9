"""The routes that start and end runs: what is wrong input, and what comes back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dagbook.trackers.store import MlflowStore
from tests.server.asking import RUN, told
from tests.unit.notebook.notebooks import code, notebook, with_parameters

SOURCE = "depth: int = 3  # how deep\nrows: int\nkind = 'tree'"
PIPELINE = (
    "pipeline: p\nparams: {rows: 5}\nnodes:\n  a: {notebook: a.ipynb, params: {rows: '${params.rows}'}}\n"
)


@pytest.fixture
def folder(jp_root_dir: Path) -> Path:
    """A project with a notebook and a pipeline in it."""
    (jp_root_dir / ".dagbook").mkdir()
    (jp_root_dir / "sub").mkdir()
    (jp_root_dir / "sub" / "train.ipynb").write_text(json.dumps(with_parameters(SOURCE)))
    (jp_root_dir / "a.ipynb").write_text(json.dumps(with_parameters("rows = 1")))
    (jp_root_dir / "p.pipeline.yaml").write_text(PIPELINE)
    return jp_root_dir


@pytest.mark.parametrize("route", ["plan", "runs"])
@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("", "bad-body"),
        ("[]", "bad-body"),
        ("[" * 5000, "bad-body"),
        ({}, "bad-body"),
        ({"path": 5}, "bad-body"),
        ({"path": "sub/train.ipynb", "parms": {}}, "bad-body"),
        ({"path": "sub/train.ipynb", "texts": {"depth": 5}}, "bad-body"),
        ({"path": "sub/train.ipynb", "sweep": {"depth": 5}}, "bad-body"),
        ({"path": "sub/train.ipynb", "params": {"depth": {"$secret": "a b"}}}, "parameter-value"),
        ({"path": "../outside.ipynb"}, "bad-path"),
        ({"path": ".dagbook/x.ipynb"}, "bad-path"),
        ({"path": "a\0b"}, "bad-path"),
        ({"path": "a" * 256}, "bad-path"),
        ({"path": "\ud800.ipynb"}, "bad-body"),
        ({"path": ""}, "bad-path"),
        ({"path": "sub/train.ipynb", "texts": {"rows": "many"}}, "parameter-type"),
        ({"path": "sub/train.ipynb", "sweep": {"rows": "1..x"}}, "parameter-type"),
        ({"path": "p.pipeline.yaml", "params": {"rowz": 1}}, "unknown-parameter"),
        ({"path": "p.pipeline.yaml", "only": ["b"]}, "unknown-node"),
    ],
)
async def test_wrong_input_starts_nothing_and_is_told_with_findings(
    jp_fetch: Any, folder: Path, route: str, body: Any, code: str
):
    said = await told(jp_fetch, route, body=body, status=400)

    assert code in [finding["code"] for finding in said["findings"]]
    assert all(finding["remedy"] for finding in said["findings"])
    assert not (folder / ".dagbook" / "runs").exists()


async def test_over_the_limit_a_start_is_refused(
    jp_fetch: Any, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "run").mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    monkeypatch.setattr("dagbook.locks.queue.LONGEST", 0)
    said = await told(jp_fetch, "runs", body={"path": "p.pipeline.yaml"}, status=429)
    assert said["code"] == "too-many-runs"
    assert list((folder / ".dagbook" / "runs").iterdir()) == []


async def test_findings_say_which_parameter_they_mean(jp_fetch: Any, folder: Path):
    said = await told(
        jp_fetch, "plan", body={"path": "sub/train.ipynb", "texts": {"depth": "deep"}}, status=400
    )

    assert {finding["parameter"] for finding in said["findings"]} == {"depth", "rows"}


async def test_a_file_that_is_not_there_is_not_found(jp_fetch: Any, folder: Path):
    said = await told(jp_fetch, "parameters", params={"path": "sub/gone.ipynb"}, status=404)

    assert said["code"] == "no-such-file"


async def test_a_form_is_told_what_a_notebook_takes(jp_fetch: Any, folder: Path):
    said = await told(jp_fetch, "parameters", params={"path": "sub/train.ipynb"})

    assert (said["kind"], said["name"]) == ("notebook", "train")
    depth, rows, kind = said["parameters"]
    assert depth == {
        "name": "depth", "type": "int", "kind": "int", "optional": False, "choices": [], "required": False,
        "default": "3", "computed": False, "help": "how deep", "secret": None, "cell": 1,
    }  # fmt: skip
    assert (rows["required"], rows["default"]) == (True, None)
    assert kind["default"] == "tree"


async def test_a_notebook_in_another_language_has_no_parameters_to_show(jp_fetch: Any, folder: Path):
    (folder / "r.ipynb").write_text(json.dumps(notebook(code("x <- 1"), language="R", kernel="ir")))

    assert (await told(jp_fetch, "parameters", params={"path": "r.ipynb"}))["parameters"] is None


async def test_a_plan_says_what_would_run_and_why(jp_fetch: Any, folder: Path):
    said = await told(jp_fetch, "plan", body={"path": "p.pipeline.yaml", "texts": {"rows": "7"}})

    assert said["counts"] == {"run": 1, "reuse": 0, "skip": 0}
    assert said["steps"][0] == {
        "step": "a", "node": "a", "needs": [], "item": {}, "action": "run", "reason": "never run",
    }  # fmt: skip


async def test_what_can_be_run_is_listed(jp_fetch: Any, folder: Path):
    assert await told(jp_fetch, "launchables") == {
        "pipelines": ["p.pipeline.yaml"],
        "notebooks": ["a.ipynb", "sub/train.ipynb"],
    }


async def test_a_run_is_started_by_a_process_of_its_own(jp_fetch: Any, folder: Path, monkeypatch: Any):
    """The driver itself is tried in the acceptance and browser tests."""
    started = []

    class Started:
        id = RUN

        def has_begun(self) -> bool:
            return True

    def start(prepared: Any) -> Started:
        started.append(prepared.plan)
        return Started()

    monkeypatch.setattr("dagbook.server.launching.start", start)
    body = {"path": "sub/train.ipynb", "texts": {"rows": "5"}, "sweep": {"depth": "2, 4"}, "use_cache": False}

    said = await told(jp_fetch, "runs", body=body, status=201)

    assert said == {"run": RUN, "pipeline": "train", "steps": 2}
    (plan,) = started
    assert plan.params == {"rows": 5}
    assert all(step.fresh for step in plan.steps)


async def test_a_run_is_asked_to_end_through_its_folder(jp_fetch: Any, runs: Any):
    going, over = runs.add("interrupted", driven=True), runs.add("failure-skips")

    assert await told(jp_fetch, "runs", going, "cancel", body={}) == {
        "run": going, "state": "running", "asked": True,
    }  # fmt: skip
    assert json.loads((runs.folder / going / "cancel").read_text()) == {"by": "panel"}
    assert (await told(jp_fetch, "runs", over, "cancel", body={}))["asked"] is False
    assert not (runs.folder / over / "cancel").exists()


async def test_a_step_that_waits_for_a_person_is_answered_for(jp_fetch: Any, runs: Any):
    run = runs.add("approvals")
    body = {"step": "pay", "reject": True, "comment": "no"}

    said = await told(jp_fetch, "runs", run, "approve", body=body, status=400)
    assert said["code"] == "not-asked"  # only ann and bob may
    said = await told(jp_fetch, "runs", run, "approve", body={"step": "mail"}, status=400)
    assert said["code"] == "no-question"
    for wrong in ({"step": 1}, {"reject": "yes"}, {"colour": "red"}):
        assert (await told(jp_fetch, "runs", run, "approve", body=wrong, status=400))["code"] == "bad-body"
    early = runs.add("approvals", 5, run="20261126-070000-a11a02")
    said = await told(jp_fetch, "runs", early, "approve", body={"step": "mail"})
    assert said == {"run": early, "steps": [{"step": "mail", "answer": "", "by": ""}]}
    assert len(list((runs.folder / early / "approvals").iterdir())) == 1


@pytest.mark.parametrize(("run", "status", "code"), [("~root", 400, "bad-run"), ("2099", 404, "unknown-run")])
async def test_a_run_that_is_not_there_cannot_be_ended(jp_fetch: Any, run: str, status: int, code: str):
    assert (await told(jp_fetch, "runs", run, "cancel", body={}, status=status))["code"] == code


async def test_other_defaults_are_edits_in_the_units_of_javascript(jp_fetch: Any):
    body = {"source": "# 😀\ndepth: int = 3  # how deep", "values": {"depth": 6}}

    assert await told(jp_fetch, "defaults", body=body) == {"edits": [{"start": 18, "end": 19, "text": "6"}]}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "bad-body"),
        ({"source": "a = 1", "values": []}, "bad-body"),
        ({"source": "a = 1", "values": {"b": 2}}, "no-default"),
        ({"source": "a = 1", "values": {"a": {"$date": "soon"}}}, "no-default"),
    ],
)
async def test_defaults_that_cannot_be_written_are_told(jp_fetch: Any, body: Any, code: str):
    assert (await told(jp_fetch, "defaults", body=body, status=400))["code"] == code


async def test_the_steps_of_a_run_are_told_with_what_they_published(jp_fetch: Any, runs: Any):
    name = runs.add("success-matrix")

    said = await told(jp_fetch, "runs", name, "trials")

    assert (said["state"], said["away"]) == ("succeeded", None)
    trained = [trial for trial in said["trials"] if trial["node"] == "train"]
    assert len(trained) > 1
    assert all(trial["item"] and trial["metrics"] for trial in trained)


async def test_a_notebook_that_logged_nothing_has_no_badges(jp_fetch: Any, folder: Path):
    assert await told(jp_fetch, "cells", params={"path": "a.ipynb"}) == {"logged": []}
    assert not (folder / ".dagbook" / "mlflow.db").exists()


@pytest.mark.slow
async def test_the_newest_value_that_a_cell_logged_is_told(jp_fetch: Any, folder: Path):
    store = MlflowStore(None, folder / ".dagbook")
    client, experiment = store.client(), store.experiment_id("churn")
    tags = {"mlflow.source.name": str((folder / "a.ipynb").resolve()), "dagbook.cell.metric.acc": "cell-1"}
    for value, more in (
        (0.5, {"dagbook.cell.param.<b>": "cell-2", "dagbook.cell.artifact.cells/1.py": "cell-1"}),
        (0.93, {}),
    ):
        run = client.create_run(experiment, tags={**tags, **more}, start_time=int(value * 100)).info.run_id
        client.log_metric(run, "acc", value)
    client.create_run(experiment, tags={**tags, "mlflow.source.name": "/elsewhere/a.ipynb"})

    said = await told(jp_fetch, "cells", params={"path": "a.ipynb"})

    assert {(one["cell"], one["kind"], one["name"], one["value"]) for one in said["logged"]} == {
        ("cell-1", "metric", "acc", "0.93"),
        ("cell-2", "param", "<b>", ""),
    }
