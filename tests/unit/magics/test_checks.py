"""`%%check`: what holds, what does not, and what is kept of it."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from IPython.core.error import UsageError

from dagbook.engine.checks import CheckResult, read_checks, warnings_of
from dagbook.magics import checks
from dagbook.magics.checks import CheckFailed, run_check
from dagbook.magics.place import Place


class Shell(SimpleNamespace):
    """As much of IPython as a check needs."""

    def transform_cell(self, cell: str) -> str:
        return cell

    @property
    def user_global_ns(self) -> dict[str, Any]:
        return self.user_ns


@pytest.fixture
def metrics() -> dict[str, float]:
    return {}


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, metrics: dict[str, float]) -> Shell:
    monkeypatch.setattr(checks, "metric", metrics.update)
    monkeypatch.setattr(checks, "place", lambda session: Place(outputs=tmp_path / "outputs", in_run=True))
    return Shell(user_ns={"auc": 0.9, "table": [1, 2]})


@pytest.mark.parametrize(
    "cell",
    ["auc > 0.75\n", "share = len(table)\nshare == 2", "assert auc\n", "x = 1\nassert x", "table"],
)
def test_what_holds_is_a_metric_of_one(shell: Shell, metrics: dict[str, float], tmp_path: Path, cell: str):
    run_check("good", cell, shell)
    assert metrics == {"check.good": 1.0}
    assert read_checks(tmp_path) == (CheckResult(name="good", passed=True),)


@pytest.mark.parametrize(
    ("cell", "says"),
    [
        ("auc > 0.95", "auc > 0.95 does not hold (auc = 0.9)"),
        ("assert auc > 1, 'too low'\nTrue", "an assertion failed: too low"),
        ("ghost > 1", "NameError: name 'ghost' is not defined"),
        ("[]", "[] does not hold"),
    ],
)
def test_what_does_not_hold_ends_the_notebook(
    shell: Shell, metrics: dict[str, float], tmp_path: Path, cell: str, says: str
):
    with pytest.raises(CheckFailed) as failed:
        run_check("good", cell, shell)
    assert str(failed.value) == f"check 'good': {says}"
    assert metrics == {"check.good": 0.0}
    assert read_checks(tmp_path) == (CheckResult(name="good", passed=False, message=says),)
    assert warnings_of(tmp_path) == ()


def test_a_warning_lets_the_notebook_go_on(shell: Shell, metrics: dict[str, float], tmp_path: Path):
    run_check("good --severity warn", "auc > 0.95", shell)
    assert metrics == {"check.good": 0.0}
    assert warnings_of(tmp_path) == ("check 'good': auc > 0.95 does not hold (auc = 0.9)",)


def test_what_the_cell_binds_stays(shell: Shell):
    run_check("good", "share = 0.5\nshare > 0", shell)
    assert shell.user_ns["share"] == 0.5


@pytest.mark.parametrize(
    ("line", "cell"),
    [("", "True"), ("a-b", "True"), ("a --severity bad", "True"), ("a b", "True"), ("a", ""), ("a", "x ==")],
)
def test_a_wrong_line_is_said_and_nothing_is_recorded(shell: Shell, tmp_path: Path, line: str, cell: str):
    with pytest.raises(UsageError):
        run_check(line, cell, shell)
    assert read_checks(tmp_path) == ()


def test_a_damaged_line_is_passed_over(tmp_path: Path):
    (tmp_path / "checks.jsonl").write_text('{"name": "a", "passed": true}\n{"other": 1}\n{"name": ')
    assert [result.name for result in read_checks(tmp_path)] == ["a"]
