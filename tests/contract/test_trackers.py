"""What every tracker does, over the one in memory and MLflow on SQLite; and what MLflow itself then holds."""

from __future__ import annotations

import shutil
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import pytest

from dagbook.engine.ports import RunIdentity, Tracker, TrackerAway
from dagbook.testing import MemoryTracker
from dagbook.trackers.mlflow import MlflowTracker, embedded_uri


@dataclass
class Held:
    """What the store holds of a run, in one shape for every store."""

    name: str
    parent: str | None
    tags: dict[str, str]
    params: dict[str, str]
    metrics: dict[str, float]
    status: str
    artifacts: list[str] = field(default_factory=list)


class Store(Protocol):
    """A tracker and a way to look into its store, another than the tracker's own."""

    tracker: Tracker

    def held(self, run_id: str) -> Held: ...


class InMemory:
    def __init__(self) -> None:
        self.tracker = MemoryTracker()

    def held(self, run_id: str) -> Held:
        run = self.tracker.runs[run_id]
        return Held(run.name, run.parent, run.tags, run.params, run.metrics, run.status, run.artifacts)


class InMlflow:
    def __init__(self, state: Path) -> None:
        from mlflow import MlflowClient

        self.tracker = MlflowTracker(None, state, "churn größe")
        self.client: Any = MlflowClient(tracking_uri=embedded_uri(state))

    def held(self, run_id: str) -> Held:
        run = self.client.get_run(run_id)
        tags = dict(run.data.tags)
        name = tags.pop("mlflow.runName")
        parent = tags.pop("mlflow.parentRunId", None)
        artifacts = [found.path for found in self.client.list_artifacts(run_id)]
        data = run.data
        return Held(name, parent, tags, dict(data.params), dict(data.metrics), run.info.status, artifacts)


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An initialised MLflow database, made once: that takes seconds."""
    state = tmp_path_factory.mktemp("mlflow-template")
    MlflowTracker(None, state, "template").open_run(name="x", tags={}, params={})
    return state / "mlflow.db"


@pytest.fixture
def state(database: Path, tmp_path: Path) -> Path:
    """A project's `.dagbook/` with a database."""
    folder = tmp_path / ".dagbook"
    folder.mkdir()
    shutil.copy(database, folder / "mlflow.db")
    return folder


@pytest.fixture(params=["memory", "mlflow"])
def store(request: pytest.FixtureRequest) -> Store:
    return InMlflow(request.getfixturevalue("state")) if request.param == "mlflow" else InMemory()


TAGS = {"dagbook.run": "r1", "mlflow.source.name": "/p/a.ipynb"}


def open_run(store: Store) -> RunIdentity:
    return store.tracker.open_run(name="churn r1", tags=TAGS, params={"rows": "500"})


def open_step(store: Store, parent: RunIdentity, name: str = "train[0]", **others: Any) -> RunIdentity:
    given: dict[str, Any] = {"experiment": None, "tags": TAGS, "params": {"depth": "4"}} | others
    return store.tracker.open_step(parent=parent, name=name, **given)


def test_a_run_is_held_as_it_was_opened(store: Store):
    identity = open_run(store)
    held = store.held(identity.mlflow_run_id)
    assert (held.name, held.parent, held.status) == ("churn r1", None, "RUNNING")
    assert held.params == {"rows": "500"}
    assert held.tags.items() >= TAGS.items()


def test_a_step_is_a_child_of_its_run_in_its_experiment(store: Store):
    run = open_run(store)
    step = open_step(store, run)
    assert store.held(step.mlflow_run_id).parent == run.mlflow_run_id
    assert store.held(step.mlflow_run_id).params == {"depth": "4"}
    assert step.experiment == run.experiment
    assert step.mlflow_run_id != run.mlflow_run_id
    assert step.env["MLFLOW_RUN_ID"] == step.mlflow_run_id


def test_records_are_found_again_by_what_they_are_of(store: Store):
    assert store.tracker.find_run("r1") is None
    run = open_run(store)
    made = open_step(store, run, tags={**TAGS, "dagbook.step": "train[0]", "dagbook.attempt": "2"})
    elsewhere = open_step(
        store, run, experiment="other", tags={**TAGS, "dagbook.step": "b", "dagbook.attempt": "1"}
    )
    store.tracker.log(made.mlflow_run_id, metrics={"acc": 1.0}, artifacts=[])
    store.tracker.close(made.mlflow_run_id, "FINISHED", at=1_790_000_000_000)
    store.tracker.open_run(name="other r2", tags={"dagbook.run": "r2"}, params={})

    found = store.tracker.find_run("r1")

    assert found is not None
    assert (found.identity.mlflow_run_id, found.status, found.place) == (run.mlflow_run_id, "RUNNING", None)
    below = {one.place: one for one in store.tracker.attempts_of("r1", run.mlflow_run_id)}
    assert set(below) == {("train[0]", 2), ("b", 1)}
    first = below["train[0]", 2]
    assert (first.status, set(first.metrics)) == ("FINISHED", {"acc"})
    assert below["b", 1].identity.mlflow_run_id == elsewhere.mlflow_run_id
    assert store.tracker.find_run("r3") is None


def test_a_run_that_ended_can_go_on_under_the_same_record(store: Store):
    run = open_run(store)
    store.tracker.close(run.mlflow_run_id, "FAILED")
    again = store.tracker.reopen_run(experiment=run.experiment, mlflow_run_id=run.mlflow_run_id)
    assert again is not None
    assert again.mlflow_run_id == run.mlflow_run_id
    assert store.held(run.mlflow_run_id).status == "RUNNING"
    step = open_step(store, again)
    assert (store.held(step.mlflow_run_id).parent, step.experiment) == (run.mlflow_run_id, run.experiment)
    store.tracker.close(run.mlflow_run_id, "FINISHED")
    assert store.held(run.mlflow_run_id).status == "FINISHED"


def test_a_record_that_is_not_there_cannot_go_on(store: Store):
    open_run(store)
    assert store.tracker.reopen_run(experiment="churn größe", mlflow_run_id="0" * 32) is None


def test_a_step_may_insist_on_another_experiment(store: Store):
    run = open_run(store)
    step = open_step(store, run, experiment="elsewhere ✓")
    assert step.experiment == "elsewhere ✓"
    assert store.held(step.mlflow_run_id).parent == run.mlflow_run_id


def test_metrics_and_artifacts_are_added(store: Store, tmp_path: Path):
    figure, folder = tmp_path / "größe.png", tmp_path / "tables"
    figure.write_bytes(b"png")
    (folder / "deep").mkdir(parents=True)
    (folder / "deep" / "t.csv").write_text("a")
    run = open_run(store)
    store.tracker.log(run.mlflow_run_id, metrics={"acc": 0.5, "loss": -1e300}, artifacts=[figure])
    store.tracker.log(run.mlflow_run_id, metrics={"rows": 3.0}, artifacts=[folder])
    held = store.held(run.mlflow_run_id)
    assert held.metrics == {"acc": 0.5, "loss": -1e300, "rows": 3.0}
    assert sorted(held.artifacts) == ["größe.png", "tables"]


@pytest.mark.parametrize("status", ["FINISHED", "FAILED", "KILLED"])
def test_a_closed_run_has_its_true_status(store: Store, status: str):
    run = open_run(store)
    step = open_step(store, run)
    store.tracker.close(step.mlflow_run_id, status)
    assert store.held(step.mlflow_run_id).status == status
    assert store.held(run.mlflow_run_id).status == "RUNNING"


def test_children_that_were_left_open_are_closed_with_their_parent(store: Store):
    run = open_run(store)
    left, done = open_step(store, run), open_step(store, run, "train[1]")
    store.tracker.close(done.mlflow_run_id, "FINISHED")
    store.tracker.close(run.mlflow_run_id, "FAILED")
    assert store.held(run.mlflow_run_id).status == "FAILED"
    assert store.held(left.mlflow_run_id).status != "RUNNING"
    assert store.held(done.mlflow_run_id).status == "FINISHED"


@pytest.mark.parametrize("name", ["größe ✓ 🎉", "a/b:c", 'quo"ted', "%s {x}"])
def test_names_may_be_any_text(store: Store, name: str):
    run = open_run(store)
    step = open_step(store, run, name, experiment=f"experiment {name}")
    assert store.held(step.mlflow_run_id).name == name


# --- MLflow alone ---------------------------------------------------------------------------------------


def test_a_store_that_is_away_is_said_to_be(tmp_path: Path):
    tracker = MemoryTracker()
    tracker.away = "gone fishing"
    with pytest.raises(TrackerAway, match="gone fishing"):
        tracker.open_run(name="x", tags={}, params={})


def test_a_database_that_is_none_is_a_store_away(tmp_path: Path):
    (tmp_path / "mlflow.db").write_text("this is no database, and never was one" * 100)
    with pytest.raises(TrackerAway, match=r"mlflow\.db"):
        MlflowTracker(None, tmp_path, "e").open_run(name="x", tags={}, params={})


@pytest.fixture
def deaf_server() -> Iterator[str]:
    """A server that ends every conversation at once."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()

        def hang_up() -> None:
            while True:
                try:
                    listening.accept()[0].close()
                except OSError:
                    return

        threading.Thread(target=hang_up, daemon=True).start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        listening.shutdown(socket.SHUT_RDWR)


def test_a_server_that_hangs_up_is_a_store_away(deaf_server: str, tmp_path: Path):
    with pytest.raises(TrackerAway, match=r"127\.0\.0\.1"):
        MlflowTracker(deaf_server, tmp_path, "e").open_run(name="x", tags={}, params={})


def test_a_deleted_experiment_is_said_to_be(state: Path):
    store = InMlflow(state)
    run = open_run(store)
    store.client.delete_experiment(store.client.get_run(run.mlflow_run_id).info.experiment_id)
    with pytest.raises(TrackerAway, match="deleted in MLflow; restore it"):
        MlflowTracker(None, state, "churn größe").open_run(name="x", tags={}, params={})


def test_values_too_long_for_the_store_are_cut_and_say_so(state: Path):
    store = InMlflow(state)
    run = store.tracker.open_run(
        name="x", tags={"long": "t" * 20_000}, params={"long": "p" * 20_000, "s": "1"}
    )
    held = store.held(run.mlflow_run_id)
    assert held.params["s"] == "1"
    assert set(held.params["long"]) == {"p"}
    assert held.tags["dagbook.cut.long"] == "20000 characters, cut"


def test_a_hundred_parameters_and_more_are_all_held(state: Path):
    store = InMlflow(state)
    params = {f"p{number}": str(number) for number in range(250)}
    run = store.tracker.open_run(name="x", tags={}, params=params)
    assert store.held(run.mlflow_run_id).params == params


@pytest.mark.parametrize("odd", ["größe", "_x", "μ2", "x" * 200])
def test_every_name_that_an_output_may_have_can_be_logged(state: Path, odd: str):
    store = InMlflow(state)
    run = store.tracker.open_run(name="x", tags={}, params={"fine": "1"})
    store.tracker.log(run.mlflow_run_id, metrics={"fine": 1.0, odd: 2.0}, artifacts=[])
    assert store.held(run.mlflow_run_id).metrics == {"fine": 1.0, odd: 2.0}


def test_a_second_process_uses_the_database_of_the_first(state: Path):
    first, second = InMlflow(state), InMlflow(state)
    run = open_run(first)
    step = open_step(second, run)
    assert first.held(step.mlflow_run_id).parent == run.mlflow_run_id
