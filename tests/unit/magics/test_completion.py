"""What is offered while a line is typed."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from IPython.core.completer import provisionalcompleter

from dagbook.magics.completion import Typed, complete, offers
from dagbook.magics.pipeline import _parser
from dagbook.magics.tracked_runs import TrackedRun
from tests.architecture.sources import ROOT

PIPELINE = """\
pipeline: churn
params: {rows: 3, rate: 0.5}
nodes:
  prepare: {notebook: prepare.ipynb}
  train: {notebook: train.ipynb}
"""


@pytest.fixture
def shell(shell: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The shell, in a folder with a pipeline, where something was published."""
    (tmp_path / "churn.pipeline.yaml").write_text(PIPELINE)
    (tmp_path / "other.yaml").touch()
    (tmp_path / "data").mkdir()
    for place, name in (("prepare", "n"), ("kernel", "report")):
        folder = tmp_path / ".dagbook/interactive" / place
        folder.mkdir(parents=True)
        (folder / "outputs.jsonl").write_text(json.dumps({"name": name, "kind": "value"}) + "\n")
    shell.user_ns |= {"depth": 3, "score": 0.5, "model": {}}
    tags = {"experiment": "shared", "stage": "draft", "mlflow.user": "x"}
    known = TrackedRun(
        id="a1", name="r", status="finished", params={"lr": "1"}, metrics={"acc": 1.0}, tags=tags
    )
    monkeypatch.setattr("dagbook.magics.runs_table._seen", [known, known])
    return shell


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
        ("%input ", ["n", "report"]),
        ("%input n f", ["from"]),
        ("%input n from ", ["prepare"]),
        ("%input n from prepare --p", ["--pipeline"]),
        ("%runs --", ["--all"]),
        ("%compare ", ["-1", "-2"]),
        ("%track ", ["start", "stop", "status"]),
        ("%track sta", ["start", "status"]),
        ("%track start --", ["--tag", "--note", "--experiment", "--params", "--metrics", "--autolog"]),
        ("%%track fit --ta", ["--tag"]),
        ("%%track fit -p de", ["depth"]),
        ("%%track fit -p depth,", ["depth,model", "depth,score"]),
        ("%%track fit -m sc", ["score"]),
        ("%%track -e ", ["shared"]),
        ("%%track --tag ", ["stage="]),
        ("%param ", ["depth", "lr="]),
        ("%param depth m", ["model"]),
        ("%metric ", ["score", "acc=", "--step"]),
        ("%metric score --step ", ["depth"]),
        ("%artifact da", ["data/"]),
        ("%artifact mo", ["model"]),
        ("%artifact model --n", ["--name"]),
        ("%output ", ["model", "report=", "--pickle"]),
        ("%output --pickle mo", ["model"]),
    ],
)
def test_options_files_and_names_are_offered(shell: Any, line: str, some: list[str]):
    found = offers(line)
    assert found is not None
    assert found[: len(some)] == some or set(some) <= set(found)


def test_only_numbers_are_offered_as_metrics(shell: Any):
    assert "model" not in offers("%metric ")
    assert "model" not in offers("%%track -m ")


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


MAGICS = {
    "line": [
        "artifact",
        "compare",
        "dagbook",
        "input",
        "metric",
        "output",
        "param",
        "pipeline",
        "register",
        "runs",
        "track",
    ],
    "cell": ["check", "parameters", "pipeline", "track"],
}


def test_these_are_all_our_magics(shell: Any):
    found = {
        kind: sorted(name for name, magic in known.items() if _home(magic).startswith("dagbook."))
        for kind, known in shell.magics_manager.magics.items()
    }
    assert found == MAGICS


def _home(magic: Any) -> str:
    return str(getattr(magic, "__module__", ""))


@pytest.mark.parametrize("magic", [f"%{name}" for name in MAGICS["line"]] + ["%%track", "%%parameters"])
def test_help_is_worth_reading(shell: Any, capsys: pytest.CaptureFixture[str], magic: str):
    """As a person reads it, by `%track?`: a sentence first, then lines that can be typed."""
    shell.run_cell(f"{magic}?")
    text = capsys.readouterr().out
    first, *rest = text.partition("Docstring:")[2].strip().splitlines()
    assert first.endswith((".", ":"))
    name = magic.lstrip("%")
    typed = [line for line in rest if line.strip().startswith(("%" + name, "%%" + name))]
    assert len(typed) >= (1 if magic == "%%parameters" else 2)
    assert [line for line in rest if len(line) > 110 and not line.startswith("File:")] == []


@pytest.mark.parametrize(
    ("magic", "options"),
    [("runs", ["-n", "--all"]), ("pipeline", _parser().options()), ("input", ["--run", "--pipeline"])],
)
def test_the_reference_describes_every_option(magic: str, options: list[str]):
    text = (ROOT / "docs" / "reference" / "magics.md").read_text("utf-8")
    section = text.partition(f"\n## `%{magic}`")[2].partition("\n## ")[0]
    described = re.findall(r"^\| `(-[^` ]+)", section, re.MULTILINE)
    assert sorted(described) == sorted(set(options) - {"--param"})
