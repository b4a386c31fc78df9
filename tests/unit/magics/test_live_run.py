"""What becomes a record, and what becomes a line that says why it does not."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dagbook.engine.outbox import Outbox
from dagbook.engine.outbox_reader import OutboxReader
from dagbook.engine.writer import this_process
from dagbook.magics.live_run import LiveRun


class Told:
    """A run whose records and lines are looked at."""

    def __init__(self, folder: Path) -> None:
        self.lines: list[str] = []
        self.run = LiveRun(key="k", outbox=Outbox(folder / "box", this_process()), say=self.lines.append)

    def records(self, kind: str) -> list[dict[str, Any]]:
        reader = OutboxReader(self.run.outbox.folder)
        found = [line.record or {} for name in reader.files() for line in reader.lines(name)]
        return [record for record in found if record.get("kind") == kind]


@pytest.fixture
def told(tmp_path: Path) -> Told:
    return Told(tmp_path)


@pytest.mark.parametrize(
    ("value", "logged"),
    [(1, 1.0), (0.1, 0.1), (True, 1.0), (np.float32(0.5), 0.5), (np.int64(3), 3.0), (np.array(2.0), 2.0),
     (10**300, 1e300), (-0.0, -0.0), (1e-320, 1e-320)],
)  # fmt: skip
def test_every_kind_of_number_is_a_metric(told: Told, value: Any, logged: float):
    told.run.log_metrics({"x": value}, None, "c1")
    (record,) = told.records("metric")
    assert (record["values"], record["step"], record["cell"], record["run"]) == ({"x": logged}, 0, "c1", "k")
    assert told.lines == []


def test_nan_is_a_metric(told: Told):
    told.run.log_metrics({"x": math.nan, "y": np.float64("nan")}, None, None)
    assert all(math.isnan(value) for record in told.records("metric") for value in record["values"].values())


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (math.inf, "cannot hold inf"),
        (-math.inf, "cannot hold -inf"),
        (10**400, "one number, this is an int"),
        ("0.5", "one number, this is a str"),
        (None, "one number, this is a NoneType"),
        ([1, 2], "this is a list; log each"),
        (np.array([1.0]), "this is a ndarray; log each"),
        ({"a": 1}, "this is a dict; log each"),
    ],
)
def test_what_is_no_number_is_said_once_and_the_others_are_logged(told: Told, value: Any, said: str):
    for _ in range(3):
        told.run.log_metrics({"bad": value, "good": 1}, None, None)
    (line,) = told.lines
    assert said in line
    assert [record["values"] for record in told.records("metric")] == [{"good": 1.0}] * 3


def test_points_without_a_step_count_themselves_by_name(told: Told):
    told.run.log_metrics({"a": 1, "b": 1}, None, None)
    told.run.log_metrics({"a": 2}, None, None)
    told.run.log_metrics({"a": 3}, 10, None)
    told.run.log_metrics({"a": 4}, None, None)
    steps = [(name, record["step"]) for record in told.records("metric") for name in record["values"]]
    assert steps == [("a", 0), ("b", 0), ("a", 1), ("a", 10), ("a", 11)]


@pytest.mark.parametrize("step", [1.5, "1", 2**63, -(2**64), None.__class__])
def test_a_step_that_is_none_is_said(told: Told, step: Any):
    told.run.log_metrics({"a": 1}, step, None)
    assert "a step is a whole number" in told.lines[0]


@pytest.mark.parametrize(("step", "logged"), [(2.0, 2), (np.int64(7), 7), (-3, -3), (True, 1)])
def test_whole_numbers_of_any_kind_are_steps(told: Told, step: Any, logged: int):
    told.run.log_metrics({"a": 1}, step, None)
    assert told.records("metric")[0]["step"] == logged


def test_the_line_is_json_whatever_the_names_and_cells(told: Told):
    told.run.log_metrics({"größe/ä b": 1}, None, 'a"b\\')
    (record,) = told.records("metric")
    assert (record["values"], record["cell"]) == ({"größe/ä b": 1.0}, 'a"b\\')


def test_the_first_value_of_a_parameter_stays(told: Told):
    for value in (1, 1, 2):
        told.run.log_params({"lr": value}, None)
    assert [record["values"] for record in told.records("param")] == [{"lr": "1"}, {"lr": "1"}]
    assert told.records("tag")[-1]["values"] == {"dagbook.conflict.lr": "2"}
    assert told.lines == ["parameter lr is 1 already; 2 is kept as the tag dagbook.conflict.lr"]


def test_a_long_parameter_is_cut_and_that_is_said(told: Told):
    told.run.log_params({"text": "x" * 10_000}, None)
    assert len(told.records("param")[0]["values"]["text"]) == 6000
    assert "10000" in told.lines[0]


def test_a_metric_costs_microseconds(told: Told):
    """A file append, not a call to a store: fifty times slower than now would still be told from one."""
    import time

    began = time.process_time()
    for number in range(2000):
        told.run.log_metrics({"loss": 1 / (number + 1)}, None, None)
    assert (time.process_time() - began) / 2000 < 0.000_25
    assert len(told.records("metric")) == 2000
    assert json.dumps(told.records("metric")[-1]["values"]) == '{"loss": 0.0005}'
