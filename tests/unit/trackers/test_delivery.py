"""Records on their way into a real MLflow store: also when they come twice, are bad, or when it is away."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dagbook.engine.outbox import Outbox
from dagbook.engine.outbox_reader import PROGRESS, REJECTED, OutboxReader
from dagbook.engine.ports import TrackerAway
from dagbook.engine.writer import this_process
from dagbook.trackers.delivery import Delivery
from dagbook.trackers.refusal import is_refusal
from dagbook.trackers.store import MlflowStore


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MlflowStore]:
    """A store in SQLite; each test has an experiment of its own name."""
    state = tmp_path_factory.mktemp("state")
    made = MlflowStore(None, state)
    made.client()
    return made


@pytest.fixture
def outbox(tmp_path: Path) -> Outbox:
    return Outbox(tmp_path / "one", this_process())


def deliver(outbox: Outbox, store: MlflowStore) -> Delivery:
    made = Delivery(OutboxReader(outbox.folder), lambda _uri: store)
    while made.send():
        pass
    return made


def opened(outbox: Outbox, test: str, **more: Any) -> None:
    outbox.append({"kind": "open", "run": "k", "name": test, "experiment": test, "tags": {"a": "b"}, **more})


def runs(store: MlflowStore, test: str) -> list[Any]:
    return list(store.client().search_runs([store.experiment_id(test)]))


def test_a_run_with_all_that_belongs_to_it(outbox: Outbox, store: MlflowStore, tmp_path: Path):
    opened(outbox, "whole")
    for step in range(2500):
        outbox.append(
            {"kind": "metric", "run": "k", "values": {"loss": float(step)}, "step": step, "cell": "c"}
        )
    outbox.append({"kind": "param", "run": "k", "values": {f"p{n}": str(n) for n in range(150)}})
    file = outbox.new_file("f.txt")
    file.write_text("content")
    outbox.append({"kind": "artifact", "run": "k", "path": str(file.relative_to(outbox.folder)), "to": "x"})
    outbox.append({"kind": "text", "run": "k", "name": "source.py", "text": "x = 1"})
    outbox.append({"kind": "close", "run": "k", "status": "FAILED"})
    deliver(outbox, store)
    (run,) = runs(store, "whole")
    client = store.client()
    history = client.get_metric_history(run.info.run_id, "loss")
    assert sorted((point.step, point.value) for point in history) == [(n, float(n)) for n in range(2500)]
    assert len(run.data.params) == 150
    assert (run.info.status, run.data.tags["a"]) == ("FAILED", "b")
    assert run.data.tags["dagbook.cell.metric.loss"] == "c"
    assert {entry.path for entry in client.list_artifacts(run.info.run_id)} == {"x", "source.py"}
    assert not file.exists()


def test_the_same_again_changes_nothing(outbox: Outbox, store: MlflowStore):
    opened(outbox, "twice")
    outbox.append({"kind": "metric", "run": "k", "values": {"loss": 1.0}, "step": 0})
    outbox.append({"kind": "param", "run": "k", "values": {"p": "1"}})
    outbox.append({"kind": "close", "run": "k", "status": "FINISHED"})
    deliver(outbox, store)
    (outbox.folder / PROGRESS).unlink()  # as if the sender had died before it noted anything
    deliver(outbox, store)
    (run,) = runs(store, "twice")
    assert len(store.client().get_metric_history(run.info.run_id, "loss")) == 1


def test_what_mlflow_refuses_is_put_aside_and_the_rest_goes_on(outbox: Outbox, store: MlflowStore):
    opened(outbox, "refused")
    for name in ("good", "bad@name", "fine"):
        outbox.append({"kind": "metric", "run": "k", "values": {name: 1.0}, "step": 0})
    for value in ("1", "2"):
        outbox.append({"kind": "param", "run": "k", "values": {"p": value}})
    outbox.append({"kind": "metric", "run": "nobody's", "values": {"x": 1.0}})
    outbox.append({"kind": "metric", "run": "k", "values": {"x": "no number"}})
    with (outbox.folder / outbox.file).open("a") as file:
        file.write("damaged\n")
    made = deliver(outbox, store)
    (run,) = runs(store, "refused")
    assert set(run.data.metrics) == {"good", "fine"}
    assert (run.data.params["p"], run.data.tags["dagbook.conflict.p"]) == ("1", "2")
    reasons = [json.loads(line)["reason"] for line in (outbox.folder / REJECTED).read_text().splitlines()]
    assert (len(reasons), made.progress.rejected) == (5, 5)
    assert "it belongs to no run" in reasons
    assert "the line is damaged" in reasons


def test_a_run_that_was_deleted_meanwhile_takes_nothing_more_and_blocks_nothing(
    outbox: Outbox, store: MlflowStore
):
    opened(outbox, "deleted")
    deliver(outbox, store)
    (run,) = runs(store, "deleted")
    store.client().delete_run(run.info.run_id)
    for step in range(20):
        outbox.append({"kind": "metric", "run": "k", "values": {"x": 1.0}, "step": step})
    made = deliver(outbox, store)
    assert (made.progress.rejected, made.send()) == (20, False)


def test_nested_runs_know_their_parent(outbox: Outbox, store: MlflowStore):
    opened(outbox, "nested")
    outbox.append({"kind": "open", "run": "inner", "name": "i", "experiment": "nested", "parent": "k"})
    deliver(outbox, store)
    by_name = {run.info.run_name: run for run in runs(store, "nested")}
    assert by_name["i"].data.tags["mlflow.parentRunId"] == by_name["nested"].info.run_id


def test_while_the_store_is_away_everything_stays_and_the_reason_is_noted(outbox: Outbox, tmp_path: Path):
    away = MlflowStore("http://127.0.0.1:1", tmp_path / "state")
    opened(outbox, "away")
    with pytest.raises(TrackerAway):
        deliver(outbox, away)
    reader = OutboxReader(outbox.folder)
    assert "http://127.0.0.1:1" in reader.progress().error
    assert reader.waiting(reader.progress()) == 1


def test_only_mlflows_own_word_is_a_refusal():
    from mlflow.exceptions import MlflowException, RestException

    assert is_refusal(RestException({"error_code": "INVALID_PARAMETER_VALUE", "message": "no"}))
    assert is_refusal(MlflowException("no", error_code=1000))  # INVALID_PARAMETER_VALUE
    assert not is_refusal(RestException({"error_code": "TEMPORARILY_UNAVAILABLE", "message": "busy"}))
    assert not is_refusal(MlflowException("API request to / failed with 404: <html>", error_code=1001))
    assert not is_refusal(ConnectionError())


def test_a_value_has_the_cell_that_logged_it_last(outbox: Outbox, store: MlflowStore):
    opened(outbox, "cells")
    delivery = Delivery(OutboxReader(outbox.folder), lambda _uri: store)
    for step, cell in enumerate(("one", "two", "one")):
        outbox.append({"kind": "metric", "run": "k", "values": {"loss": 1.0}, "step": step, "cell": cell})
        delivery.send()
        (run,) = runs(store, "cells")
        assert run.data.tags["dagbook.cell.metric.loss"] == cell


def test_a_value_knows_its_cell_also_when_the_store_was_away_meanwhile(outbox: Outbox, store: MlflowStore):
    opened(outbox, "away and back")
    places = [store]
    delivery = Delivery(OutboxReader(outbox.folder), lambda _uri: places[-1])
    delivery.send()
    outbox.append({"kind": "metric", "run": "k", "values": {"loss": 1.0}, "step": 0, "cell": "c"})
    places.append(MlflowStore("http://127.0.0.1:1", outbox.folder / "state"))
    with pytest.raises(TrackerAway):
        delivery.send()
    places.pop()
    delivery.send()
    (run,) = runs(store, "away and back")
    assert run.data.tags["dagbook.cell.metric.loss"] == "c"
