"""What is offered while a line is typed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from IPython.core.completer import provisionalcompleter
from IPython.core.interactiveshell import InteractiveShell

from dagbook.magics.completion import Typed, complete, offers
from dagbook.magics.pipeline import _parser
from tests.architecture.sources import ROOT

PIPELINE = """\
pipeline: churn
params: {rows: 3, rate: 0.5}
nodes:
  prepare: {notebook: prepare.ipynb}
  train: {notebook: train.ipynb}
"""


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A shell with our magics in a folder with a pipeline."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / ".ipython"))
    (tmp_path / "churn.pipeline.yaml").write_text(PIPELINE)
    (tmp_path / "other.yaml").touch()
    (tmp_path / "data").mkdir()
    (tmp_path / ".dagbook" / "interactive" / "prepare").mkdir(parents=True)
    (tmp_path / ".dagbook/interactive/prepare/outputs.jsonl").write_text('{"name": "n", "kind": "value"}\n')
    InteractiveShell.clear_instance()
    made = InteractiveShell.instance(colors="nocolor")
    made.run_line_magic("load_ext", "dagbook")
    yield made
    InteractiveShell.clear_instance()


@pytest.mark.parametrize(
    ("line", "some"),
    [
        ("%pipeline ", ["run", "plan", "show"]),
        ("%pipeline pl", ["plan"]),
        ("run = %pipeline pl", ["plan"]),
        ("%%pipeline p", ["plan"]),
        ("%pipeline run ", ["churn.pipeline.yaml", "data/", "--only"]),
        ("%pipeline run ch", ["churn.pipeline.yaml"]),
        ("%pipeline run churn.pipeline.yaml --no", ["--no-cache"]),
        ("%pipeline run churn.pipeline.yaml -p r", ["rows=", "rate="]),
        ("%pipeline run churn.pipeline.yaml --only t", ["train"]),
        ("%input ", ["n"]),
        ("%input n f", ["from"]),
        ("%input n from ", ["prepare"]),
        ("%input n from prepare --p", ["--pipeline"]),
        ("%runs --", ["--all"]),
        ("%compare ", ["-1", "-2"]),
    ],
)
def test_options_files_and_names_are_offered(shell: Any, line: str, some: list[str]):
    found = offers(line)
    assert found is not None
    assert found[: len(some)] == some or set(some) <= set(found)


@pytest.mark.parametrize("line", ["", "x = 5 % pipeline ", "%timeit ", "%pipeline", "print('%runs ')"])
def test_elsewhere_nothing_is_offered(shell: Any, line: str):
    assert offers(line) is None


def test_an_offer_that_fails_is_silent(shell: Any):
    def offer(typed: Typed) -> list[str]:
        raise OSError(typed.fragment)

    complete(shell, "failing", offer)
    assert offers("%failing x") == []
    assert offers("%pipeline run nope.yaml -p ") == []


def test_ipython_asks_us(shell: Any):
    text = "%pipeline run churn.pipeline.yaml -p ro"
    with provisionalcompleter():
        found = list(shell.Completer.completions(text, len(text)))
    assert [completion.text for completion in found] == ["rows="]
    assert (found[0].start, found[0].end) == (len(text) - 2, len(text))


def test_loading_twice_asks_once(shell: Any):
    before = len(shell.Completer.custom_matchers)
    shell.run_line_magic("reload_ext", "dagbook")
    assert len(shell.Completer.custom_matchers) == before


@pytest.mark.parametrize("magic", ["runs", "compare", "pipeline", "input"])
def test_help_is_worth_reading(shell: Any, magic: str):
    described = shell.find_line_magic(magic).__doc__
    assert described.count(f"%{magic}") >= 3


@pytest.mark.parametrize(
    ("magic", "options"),
    [("runs", ["-n", "--all"]), ("pipeline", _parser().options()), ("input", ["--run", "--pipeline"])],
)
def test_the_reference_describes_every_option(magic: str, options: list[str]):
    text = (ROOT / "docs" / "reference" / "magics.md").read_text("utf-8")
    section = text.partition(f"\n## `%{magic}`")[2].partition("\n## ")[0]
    described = re.findall(r"^\| `(-[^` ]+)", section, re.MULTILINE)
    assert sorted(described) == sorted(set(options) - {"--param"})
