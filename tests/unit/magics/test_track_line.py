"""The line behind `%%track`: what it asks for, and what is said of what it cannot mean."""

from __future__ import annotations

from typing import Any

import pytest

from dagbook.magics.allowed_names import complaint, nearest_allowed
from dagbook.magics.track_line import Asked, read_track_line
from dagbook.magics.track_magic import first_line, is_tracked, without_track_line


@pytest.mark.parametrize(
    ("line", "asked"),
    [
        ("", {}),
        ("fit", {"name": "fit"}),
        ('"my fit" -e churn', {"name": "my fit", "experiment": "churn"}),
        ("--experiment=churn fit", {"name": "fit", "experiment": "churn"}),
        ("-p lr,depth -m acc -m loss", {"params": ("lr", "depth"), "metrics": ("acc", "loss")}),
        ("--params lr", {"params": ("lr",)}),
        ("--tag a=1 -t b=x=y --tag c=", {"tags": {"a": "1", "b": "x=y", "c": ""}}),
        ('--note "so so"', {"tags": {"mlflow.note.content": "so so"}}),
        ("--tag mlflow.note.content=x", {"tags": {"mlflow.note.content": "x"}}),
        ("fit --autolog", {"name": "fit", "autolog": True}),
    ],
)
def test_a_line_asks_for(line: str, asked: dict[str, Any]):
    assert read_track_line(line) == Asked(**asked)


@pytest.mark.parametrize(
    ("line", "said", "kept"),
    [
        ("fit --autlog", "did you mean '--autolog'?", {"name": "fit"}),
        ("a b", "needs quotes", {"name": "a b"}),
        ("fit -e", "--experiment lacks its value", {"name": "fit"}),
        ("--tag x", "KEY=VALUE", {}),
        ("--tag =x", "KEY=VALUE", {}),
        ("--tag mlflow.user=x", "reserved", {}),
        ("--tag dagbook.key=x", "reserved", {}),
        ("--tag a@b=x", "write 'a_b'", {}),
        ("-p lr,2x,ok", "'2x' names no variable", {"params": ("lr", "ok")}),
        ("-p ''", "'' names no variable", {}),
        ('fit "', "does not end properly", {}),
    ],
)
def test_what_cannot_be_meant_is_said_and_the_rest_is_done(line: str, said: str, kept: dict[str, Any]):
    asked = read_track_line(line)
    (wrong,) = asked.wrong
    assert said in wrong
    assert asked == Asked(**kept, wrong=asked.wrong)


@pytest.mark.parametrize(
    ("source", "runs"),
    [
        ("%%track\na\n", "\na\n"),
        ("\n\n%%track fit -p x\na\n", "\n\n\na\n"),
        ("%%track\n\n%%time\na\n", "%%time\na\n"),
        ("%%tracks\na\n", "%%tracks\na\n"),
        ("%%track?\n", "%%track?\n"),
        ("a\n%%track\n", "a\n%%track\n"),
        ("%track start\n", "%track start\n"),
        ("", ""),
    ],
)
def test_the_cell_that_runs_has_its_line_numbers(source: str, runs: str):
    assert "".join(without_track_line(source.splitlines(keepends=True))) == runs


@pytest.mark.parametrize(("source", "tracked"), [("%%track", True), ("\n %%track x", True), ("x", False)])
def test_a_tracked_cell_is_known_by_its_first_line(source: str, tracked: bool):
    assert is_tracked(first_line(source)) is tracked


NAMES = [
    "loss", "val/loss", "a b", "a-b_c.d:e", "größe", "a@b", "a=b", "a//b", "/abs", "../up", ".", "", "a/..",
    "x" * 250, "x" * 251, "a\nb", "50%",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_complained_of_exactly_where_mlflow_refuses_it(name: str):
    from mlflow.exceptions import MlflowException
    from mlflow.utils.validation import _validate_metric, _validate_metric_name

    try:
        _validate_metric_name(name)
        _validate_metric(name, 1.0, 0, 0)
        refused = name == "" or len(name) > 250
    except MlflowException:
        refused = True
    assert (complaint(name) is not None) == refused


@pytest.mark.parametrize("name", [name for name in NAMES if complaint(name)])
def test_the_suggested_name_is_allowed(name: str):
    near = nearest_allowed(name)
    assert near == "" or complaint(near) is None


def test_a_name_that_is_no_text_is_complained_of():
    assert "text" in (complaint(3) or "")
