"""%runs: which columns are worth showing, and how the line is taken apart."""

from __future__ import annotations

import pytest

from dagbook.magics.runs_table import RunsTable, _apart, differing
from dagbook.magics.tracked_runs import TrackedRun


def run(name: str, params: dict[str, str] | None = None, **metrics: float) -> TrackedRun:
    return TrackedRun(id=name * 8, name=name, status="finished", params=params or {}, metrics=metrics)


def names(*runs: TrackedRun) -> list[str]:
    return [column.name for column in differing(runs)]


@pytest.mark.parametrize(
    ("runs", "shown"),
    [
        (
            [run("a", {"lr": "1", "seed": "1"}, acc=1), run("b", {"lr": "2", "seed": "1"}, acc=2)],
            ["lr", "acc"],
        ),
        ([run("a", {"lr": "1"}), run("b")], ["lr"]),
        ([run("a", {"lr": "1"}, acc=1), run("b", {"lr": "1"}, acc=1)], []),
        ([run("a", {"lr": "1"}, acc=1)], ["lr", "acc"]),
        ([run("a", acc=float("nan")), run("b", acc=float("nan"))], []),
        ([run("a", acc=1, duration_seconds=1), run("b", acc=2, duration_seconds=2)], ["acc"]),
        ([], []),
    ],
)
def test_only_what_differs_is_shown(runs: list[TrackedRun], shown: list[str]):
    assert names(*runs) == shown


def test_a_parameter_and_a_metric_of_one_name_are_told_apart():
    table = RunsTable(
        [run("a", {"loss": "mse"}, loss=0.5), run("b", {"loss": "mae"}, loss=0.25)], "n.ipynb", {}
    )
    first, second = table.text().splitlines()[:2]
    assert first.split()[-3:] == ["loss", "(param)", "loss"]
    assert second.split()[-2:] == ["mse", "0.5"]


def test_columns_that_do_not_fit_are_named():
    runs = [
        run(name, **{f"m{index}": float(index + shift) for index in range(12)})
        for shift, name in enumerate("ab")
    ]
    table = RunsTable(runs, "n.ipynb", {})
    assert "also different: m6, m7, m8, m9" in table.text()
    assert len(table) == 2
    assert table[0] is runs[0]


def test_the_frame_holds_everything():
    frame = RunsTable([run("a", {"lr": "1"}, acc=0.5), run("b", {"lr": "1"}, acc=0.5)], "n", {}).frame()
    assert list(frame["acc"]) == [0.5, 0.5]
    assert list(frame["lr"]) == ["1", "1"]


@pytest.mark.parametrize(
    ("line", "options", "rest"),
    [
        ("", "", ""),
        ("-n 5", "-n 5", ""),
        ("metrics.x5 > 5 -n 5 --all", "-n 5 --all", "metrics.x5 > 5"),
        ("metrics.loss > -1", "", "metrics.loss > -1"),
        ("params.a = 'x  -n 3' --all", "--all", "params.a = 'x  -n 3'"),
        ("metrics.`a b` > 1", "", "metrics.`a b` > 1"),
        ("--al", "--al", ""),
    ],
)
def test_options_and_filter_are_told_apart(line: str, options: str, rest: str):
    assert _apart(line) == (options, rest)
