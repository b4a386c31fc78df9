"""%compare: what is different, how much, and which run is meant."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dagbook.errors import NotFound
from dagbook.magics.compare import Comparison, compare_runs, find_run
from dagbook.magics.tracked_runs import TrackedRun

NAN = float("nan")


def run(
    run_id: str, name: str = "r", *, params: dict[str, str] | None = None, **metrics: float
) -> TrackedRun:
    started = datetime(2026, 1, 1, tzinfo=UTC).isoformat()
    return TrackedRun(
        id=run_id, name=name, status="finished", started=started, params=params or {}, metrics=metrics
    )


class Store:
    """Runs of a notebook and of its project, newest first."""

    def __init__(self, here: list[TrackedRun], others: list[TrackedRun] | None = None) -> None:
        self._here = here
        self._all = [*here, *(others or [])]

    def find(self, filter_string: str, notebook: Path | None, limit: int) -> list[TrackedRun]:
        return self._here if notebook else self._all

    def get(self, run_id: str) -> TrackedRun | None:
        return run(run_id, "got") if run_id == "f" * 32 else None


@pytest.mark.parametrize(
    ("left", "right", "change"),
    [
        (0.5, 0.75, "+0.25 (+50.0%)"),
        (-2.0, -1.0, "+1 (+50.0%)"),
        (0.0, 1.0, "+1"),
        (1.0, NAN, "+nan"),
        (1.0, float("inf"), "+inf"),
        (NAN, NAN, ""),
        (1.0, 1.0, ""),
    ],
)
def test_a_metric_says_how_much_it_changed(left: float, right: float, change: str):
    (metric,) = (row for row in compare_runs(run("a", m=left), run("b", m=right)) if row.kind == "metric")
    assert metric.change == change
    assert metric.same == (change == "")


def test_what_only_one_has_differs_and_what_both_have_is_folded_away():
    made = Comparison(run("a", params={"x": "1", "seed": "1"}), run("b", params={"seed": "1"}, acc=1.0))
    assert {row.name for row in made.different} == {"x", "acc"}
    assert {row.name for row in made.equal} == {"seed", "status"}
    assert made.html().index("acc") < made.html().index("<details>") < made.html().index("seed")


def test_the_data_sets_that_were_logged_are_among_what_is_compared():
    left = replace(run("a"), inputs={"wine (training)": "f1a2", "same": "0"})
    right = replace(run("b"), inputs={"wine (training)": "9c3d", "same": "0"})
    (row,) = Comparison(left, right).different
    assert (row.kind, row.name, row.left, row.right) == ("data set", "wine (training)", "f1a2", "9c3d")


def test_long_values_that_differ_only_at_their_end_differ():
    made = Comparison(run("a", params={"x": "y" * 99 + "1"}), run("b", params={"x": "y" * 99 + "2"}))
    (row,) = made.different
    assert row.change == "differs further on"


def test_nothing_different_is_said():
    assert "Nothing that was recorded differs." in Comparison(run("a"), run("b")).html()


HERE = [run("aa1", "new"), run("aa2", "twice"), run("b33", "twice")]
OTHERS = [run("c44", "elsewhere")]


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("-1", "aa1"),
        ("-3", "b33"),
        ("b", "b33"),
        ("new", "aa1"),
        ("elsewhere", "c44"),
        ("c4", "c44"),
        ("-4", "c44"),
    ],
)
def test_a_run_is_meant_by_its_place_its_name_or_the_beginning_of_its_id(said: str, meant: str):
    assert find_run(said, Store(HERE, OTHERS), Path("n.ipynb")).id == meant


def test_a_whole_id_needs_no_list():
    assert find_run("f" * 32, Store([]), None).name == "got"


@pytest.mark.parametrize(
    ("said", "code", "says"),
    [
        ("twice", "ambiguous-run", "aa2"),
        ("aa", "ambiguous-run", "aa1"),
        ("elsewhre", "unknown-run", "did you mean 'elsewhere'"),
        ("-9", "unknown-run", "there are 4 runs"),
        ("-0", "unknown-run", "there is no run -0"),
    ],
)
def test_a_run_that_is_not_clear_is_asked_for_again(said: str, code: str, says: str):
    with pytest.raises(NotFound) as raised:
        find_run(said, Store(HERE, OTHERS), Path("n.ipynb"))
    (finding,) = raised.value.findings
    assert finding.code == code
    assert says in str(finding)
