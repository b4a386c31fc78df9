"""`%dagbook` and `%dagbook?` in a real IPython: every magic with its line, and where more is written."""

from __future__ import annotations

from typing import Any

import pytest
from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell

from dagbook.magics.completion import offers
from tests.architecture.sources import ROOT


def ours(shell: Any) -> set[str]:
    """What `%load_ext dagbook` added, found another way: a shell without it lacks them."""
    plain = InteractiveShell(colors="nocolor")
    known, others = shell.magics_manager.magics, plain.magics_manager.magics
    return {name for kind in ("line", "cell") for name in known[kind] if name not in others[kind]}


def test_every_magic_has_its_line(shell: Any, capsys: pytest.CaptureFixture[str]):
    shell.run_line_magic("dagbook", "")
    lines = capsys.readouterr().out.splitlines()
    listed = {line.split()[0].lstrip("%"): line.split()[1:] for line in lines if line.startswith("%")}
    assert ours(shell) - {"dagbook"} <= set(listed)
    assert min(len(words) for words in listed.values()) > 3
    assert any(line.startswith("%%check ") for line in lines)
    assert any(line.startswith("%track ") for line in lines)


def test_it_says_where_the_documentation_is(shell: Any, capsys: pytest.CaptureFixture[str]):
    shell.run_line_magic("dagbook", "help")
    assert "docs/reference/magics.md" in capsys.readouterr().out
    assert (ROOT / "docs" / "reference" / "magics.md").is_file()


def test_a_question_mark_shows_the_same(shell: Any, capsys: pytest.CaptureFixture[str]):
    shell.run_cell("%dagbook?")
    asked = capsys.readouterr().out
    assert "The magics of Dagbook" in asked
    assert "%output " in asked
    assert "%%parameters " in asked


def test_one_magic_is_said_whole(shell: Any, capsys: pytest.CaptureFixture[str]):
    shell.run_line_magic("dagbook", "%runs")
    assert "%runs -n 50" in capsys.readouterr().out


def test_an_unknown_one_names_the_nearest(shell: Any):
    with pytest.raises(UsageError, match="did you mean 'runs'"):
        shell.run_line_magic("dagbook", "rnus")


def test_names_are_completed(shell: Any):
    assert offers("%dagbook ru") == ["runs"]
    assert "check" in (offers("%dagbook ") or [])
