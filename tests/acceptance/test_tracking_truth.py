"""A tracking server that is stopped during a run: afterwards it has what it would have had."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from mlflow import MlflowClient

from tests.acceptance.notebooks import parameters
from tests.acceptance.project import Project, finish, wait_until
from tests.acceptance.test_tracking_faults import Server, server

__all__ = ["server"]
pytestmark = pytest.mark.kernel

PIPELINE = (
    "pipeline: p\ntags: {team: a}\nparams: {x: 3}\nnodes:\n"
    "  a: {notebook: a.ipynb, params: {x: '${params.x}'}}\n"
    "  b: {notebook: b.ipynb, params: {x: '${a.y}'}}\n"
    "  c: {notebook: c.ipynb, params: {x: '${b.y}'}}\n"
    "  d: {notebook: a.ipynb, params: {x: '${c.y}'}}\n"
)


@pytest.fixture
def chain(project: Project) -> Project:
    """Four steps in a row: one, one that waits and logs, one that logs and fails, one more."""
    project.notebook("a.ipynb", parameters("x = 0"), "import dagbook\ndagbook.output(y=x + 1)")
    project.notebook(
        "b.ipynb", parameters("x = 0"),
        "%load_ext dagbook\nimport os, time\n%metric loss=0.5 --step 1\nopen('here', 'w').close()\n"
        "while not os.path.exists('go'):\n    time.sleep(0.1)\n",
        "%metric loss=0.25 --step 2\n%output y=x * 10",
    )  # fmt: skip
    project.notebook(
        "c.ipynb", parameters("x = 0"), "import dagbook\ndagbook.metric(seen=x)\ndagbook.output(y=x)", "1 / 0"
    )
    project.pipeline(PIPELINE)
    return project


def tree(shown: dict[str, Any], uri: str) -> dict[str, Any]:
    """Everything that is recorded of a run, but for ids, times and what names the run itself."""
    client = MlflowClient(tracking_uri=uri)
    run = shown["run"]
    experiments = [experiment.experiment_id for experiment in client.search_experiments()]
    found = client.search_runs(experiments, f"tags.`dagbook.run` = '{run}'")
    names = {record.info.run_id: record.data.tags.get("dagbook.step", "") for record in found}
    assert len(set(names.values())) == len(names), names

    def of(record: Any) -> dict[str, Any]:
        tags = {
            key: value for key, value in record.data.tags.items() if not key.startswith("mlflow.log-model")
        }
        tags["mlflow.parentRunId"] = names.get(tags.get("mlflow.parentRunId", ""))
        return {
            "status": record.info.status,
            "params": record.data.params,
            "tags": {key: str(value).replace(run, "RUN") for key, value in tags.items()},
            "artifacts": sorted(file.path for file in client.list_artifacts(record.info.run_id)),
            "metrics": {
                name: [
                    (point.step, point.value) for point in client.get_metric_history(record.info.run_id, name)
                ]
                for name in record.data.metrics
            },
        }

    return {names[record.info.run_id]: of(record) for record in found}


def test_a_server_that_is_stopped_during_a_run_has_all_of_it_in_the_end(chain: Project, server: Server):
    chain = replace(chain, env={**chain.env, "MLFLOW_TRACKING_URI": f"http://127.0.0.1:{server.port}"})
    go, here = chain.folder / "go", chain.folder / "here"
    with server.running() as uri:
        go.touch()
        undisturbed = chain.dagbook("run", "p.pipeline.yaml", "--no-cache", "--json", timeout=300)
        assert undisturbed.json["tracking_lost"] is None
        expected = tree(undisturbed.json, uri)
        assert {name: record["status"] for name, record in expected.items()} == {
            "": "FAILED", "a": "FINISHED", "b": "FINISHED", "c": "FAILED",
        }  # fmt: skip
        go.unlink()
        here.unlink()
        process = chain.start("run", "p.pipeline.yaml", "--no-cache", "--json")
        wait_until(here.exists, 240)
    go.touch()
    missed = finish(process, 300)
    assert missed.code == 1
    assert {step["step"]: step["state"] for step in missed.json["steps"]} == {
        "a": "succeeded", "b": "succeeded", "c": "failed", "d": "skipped",
    }  # fmt: skip
    assert missed.json["tracking_lost"]
    assert "dagbook sync" in chain.dagbook("doctor").out
    away = chain.dagbook("sync", timeout=240)
    assert (away.code, missed.json["run"] in away.out) == (3, True), away

    with server.running() as uri:
        synced = chain.dagbook("sync", timeout=240)
        assert (synced.code, "everything is in MLflow" in synced.out) == (0, True), synced
        assert f"run {missed.json['run']} completed" in synced.out
        assert tree(missed.json, uri) == expected
        again = chain.dagbook("sync", "--json", timeout=240)
        assert (again.code, again.json) == (0, [])
        assert tree(missed.json, uri) == expected
    shown = chain.show(missed.json["run"]).json
    assert shown["tracking_lost"] is None
    assert shown["state"] == "failed"
    assert all(step["mlflow_run_id"] for step in shown["steps"] if step["state"] != "skipped")
