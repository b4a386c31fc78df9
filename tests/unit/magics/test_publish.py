"""Publishing from a notebook: where it goes, what is shown, and what a mistake looks like."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dagbook.magics.place import place
from dagbook.magics.publish import output


def published(folder: Path) -> list[dict[str, Any]]:
    lines = (folder / "outputs.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def test_in_a_run_outputs_go_into_its_folder(
    shell: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("DAGBOOK_OUTPUTS", str(tmp_path / "1" / "outputs"))
    shell.run_cell("acc = 0.5\n%output acc best=max(acc, 1)")
    assert [(line["name"], line["value"]) for line in published(tmp_path / "1")] == [
        ("acc", 0.5),
        ("best", 1),
    ]
    assert capsys.readouterr().out == "published acc = 0.5\npublished best = 1\n"


def test_outside_a_run_they_are_kept_beside_the_notebook_and_that_is_said(
    shell: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    shell.user_ns["__session__"] = "/home/me/My model.ipynb"
    shell.run_cell("%output x=[1]")
    kept = tmp_path / ".dagbook/interactive/My-model"
    assert published(kept)[0]["value"] == [1]
    assert (
        capsys.readouterr().out
        == "published x = [1] (no run: kept in .dagbook/interactive/My-model/outputs)\n"
    )


@pytest.mark.parametrize("session", ["", "../../etc/passwd", "/", "..", "a/.."])
def test_a_strange_name_of_a_notebook_leads_nowhere_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, session: str
):
    monkeypatch.chdir(tmp_path)
    found = place({"JPY_SESSION_NAME": session}).outputs
    assert found.resolve().parent.parent == tmp_path / ".dagbook" / "interactive"


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("%output thing=object()", "UsageError: output 'thing': a value of type object cannot be passed on"),
        ("%output nope", "UsageError: %output: there is no variable 'nope'"),
        ("%output", "UsageError: nothing to publish"),
    ],
)
def test_a_mistake_is_one_line(shell: Any, capsys: pytest.CaptureFixture[str], line: str, says: str):
    result = shell.run_cell(line)
    assert not result.success
    said = capsys.readouterr()
    assert (said.out + said.err).count("\n") == 1
    assert says in said.out + said.err


@pytest.mark.parametrize("expression", ["1/0", "int('x')", "len(5)"])
def test_an_error_in_the_persons_own_expression_is_shown_whole(
    shell: Any, capsys: pytest.CaptureFixture[str], expression: str
):
    shell.run_cell(f"%output x={expression}")
    said = capsys.readouterr()
    assert "Traceback" in said.out + said.err


def test_braces_and_dollars_in_an_expression_are_not_expanded(shell: Any, tmp_path: Path):
    shell.run_cell("v = 1\n%output x={'a': '$v {v}'}")
    assert published(tmp_path / ".dagbook/interactive/kernel")[0]["value"] == {"a": "$v {v}"}


def test_a_parameters_cell_runs_as_any_other(shell: Any, capsys: pytest.CaptureFixture[str]):
    result = shell.run_cell("%%parameters\nrows = 5\nrows * 2")
    assert result.result == 10
    assert shell.user_ns["rows"] == 5
    failed = shell.run_cell("%%parameters\na = 1\nb = undefined")
    assert isinstance(failed.error_in_exec, NameError)
    assert "line 3" in capsys.readouterr().out


def test_loading_twice_changes_nothing(shell: Any):
    before = len(shell.input_transformers_cleanup)
    shell.run_line_magic("reload_ext", "dagbook")
    assert len(shell.input_transformers_cleanup) == before


def test_a_plain_script_can_publish_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    program = "import dagbook; dagbook.output(x=1)"
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert ran.stdout == "published x = 1 (no run: kept in .dagbook/interactive/kernel/outputs)\n", ran.stderr


def test_each_publication_is_one_line_however_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DAGBOOK_OUTPUTS", str(tmp_path / "outputs"))
    for number in range(3):
        output(x="y" * 50_000, n=number)
    lines = published(tmp_path)
    assert [line["name"] for line in lines] == ["x", "n"] * 3
    assert lines[-1]["value"] == 2


def test_loading_the_extension_imports_neither_mlflow_nor_pandas():
    program = (
        "import sys; from IPython.core.interactiveshell import InteractiveShell as S;"
        "S.instance().run_line_magic('load_ext', 'dagbook');"
        "print([n for n in ('mlflow', 'pandas', 'numpy', 'papermill', 'nbformat') if n in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert ran.stdout == "[]\n", ran.stderr
