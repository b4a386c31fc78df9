"""Tracebacks in a cell: the person's own frames, whole, and none of ours."""

from __future__ import annotations

import re
from typing import Any

import pytest

PACKAGE = re.compile(r"dagbook/|magics/")


@pytest.fixture
def shell(shell: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The shell, with a function that fails."""
    monkeypatch.setattr("dagbook.magics.logbook.start_sender", lambda root: None)
    shell.run_cell("import dagbook\ndef fails():\n    return 1 / 0", store_history=True)
    return shell


def seen(shell: Any, source: str, capsys: pytest.CaptureFixture[str]) -> str:
    capsys.readouterr()
    shell.run_cell(source, store_history=True)
    captured = capsys.readouterr()
    return captured.out + captured.err


@pytest.mark.parametrize(
    "source",
    [
        "%%track\nfails()",
        "%%track\n%%time\nfails()",
        "with dagbook.track('x'):\n    fails()",
        "@dagbook.track('x')\ndef g():\n    fails()\ng()",
        "@dagbook.track('x')\nasync def g():\n    fails()\nawait g()",
        "%output a=fails()",
    ],
)
def test_the_users_error_shows_the_users_frames_alone(
    shell: Any, capsys: pytest.CaptureFixture[str], source: str
):
    text = seen(shell, source, capsys)
    assert "ZeroDivisionError: division by zero" in text
    assert "----> 3     return 1 / 0" in text
    assert not PACKAGE.search(text), text


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("dagbook.output(a=open)", "TypeError: output 'a': a value of type function cannot be passed on"),
        ("dagbook.input('n', 'nowhere')", "NotFound: no node 'nowhere' has published anything here"),
        ("dagbook.load('nowhere.csv')", "nowhere.csv"),
    ],
)
def test_an_error_of_ours_points_at_the_users_line(
    shell: Any, capsys: pytest.CaptureFixture[str], source: str, said: str
):
    text = seen(shell, f"x = 1\n{source}", capsys)
    assert f"----> 2 {source}" in text
    assert said in text
    assert not PACKAGE.search(text), text


def test_an_error_in_the_users_object_keeps_their_frames(shell: Any, capsys: pytest.CaptureFixture[str]):
    source = "class A:\n    def __reduce__(self):\n        fails()\ndagbook.output(a=A(), pickle=True)"
    assert "division by zero" in seen(shell, source, capsys)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("%output a=1/", "UsageError: %output: '1/' is no expression (invalid syntax)"),
        ("%output flase", "UsageError: %output: there is no variable 'flase'; did you mean 'false'?"),
        ("%output a=open", "UsageError: output 'a': a value of type function cannot be passed on"),
        ("%param a=1/", "param a is not logged: '1/' is no expression (invalid syntax)"),
        ("%metric a=fails()", "metric a is not logged: fails() gave ZeroDivisionError: division by zero"),
    ],
)
def test_a_mistake_in_a_line_is_one_plain_line(
    shell: Any, capsys: pytest.CaptureFixture[str], line: str, said: str
):
    shell.user_ns["false"] = False
    text = seen(shell, line, capsys).strip()
    assert text.startswith(said)
    assert "\n" not in text
