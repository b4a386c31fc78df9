"""What differs between two runs, from what lies in their folders."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dagbook import bootstrap
from dagbook.api.compare import Difference, RunComparison, compare_runs, versions_of
from dagbook.api.run import Run
from dagbook.journals.lines import encode_line
from dagbook.journals.tail import read_journal
from tests.golden.runs import GoldenRuns

LEFT, RIGHT = "20260101-000000-000aaa111", "20260102-000000-000bbb222"


@pytest.fixture
def golden(tmp_path: Path) -> GoldenRuns:
    made = GoldenRuns(tmp_path)
    for run in (LEFT, RIGHT):
        made.add("success-matrix", run=run)
    return made


def compared(golden: GoldenRuns) -> RunComparison:
    queries = bootstrap.queries_of(golden.folder)
    return compare_runs(Run(LEFT, queries), Run(RIGHT, queries))


def change(golden: GoldenRuns, kind: str, **updates: Any) -> None:
    """Let the second run's first event of a kind say something else."""
    path = golden.folder / RIGHT / "journal.jsonl"
    entries = read_journal(path)
    index = next(i for i, entry in enumerate(entries) if entry.event.kind == kind)
    event = entries[index].event
    entries[index] = entries[index].model_copy(update={"event": event.model_copy(update=updates)})
    path.write_bytes(b"".join(encode_line(entry) for entry in entries))


def notebook(golden: GoldenRuns, run: str, node: str, *code: str, text: str = "") -> None:
    path = golden.folder / run / "notebooks" / f"{node}.ipynb"
    path.parent.mkdir(exist_ok=True)
    cells = [{"cell_type": "markdown", "source": text}, *({"cell_type": "code", "source": c} for c in code)]
    path.write_text(json.dumps({"cells": cells}))


def surroundings(golden: GoldenRuns, run: str, commit: str, *packages: str, patch: str = "") -> None:
    folder = golden.folder / run
    (folder / "surroundings.json").write_text(json.dumps({"commit": commit, "python": "3.12.1"}))
    (folder / "environment.txt").write_text("\n".join(packages))
    if patch:
        (folder / "changes.patch").write_text(patch)


def test_a_run_and_its_copy_differ_in_nothing(golden: GoldenRuns):
    assert compared(golden).differences == ()


def test_a_parameter_is_given_with_its_change(golden: GoldenRuns):
    queries = bootstrap.queries_of(golden.folder)
    params = dict(Run(LEFT, queries).state.params)
    change(golden, "run_started", params={**params, "rows": 30, "new": "x"})
    found = compared(golden).of_kind("parameter")
    assert Difference(kind="parameter", name="new", right="x") in found
    assert any(one.name == "rows" and one.right == "30" for one in found)


def test_a_step_that_is_missing_from_one_is_said_to_be(golden: GoldenRuns):
    path = golden.folder / RIGHT / "journal.jsonl"
    entries = read_journal(path)
    path.write_bytes(b"".join(encode_line(entry) for entry in entries[:1]))
    states = compared(golden).of_kind("state")
    assert {one.left for one in states} == {"succeeded"}
    assert {one.right for one in states} <= {"pending", "lost"}


def test_a_reused_result_is_no_difference(tmp_path: Path):
    golden = GoldenRuns(tmp_path)
    golden.add("reused", run=LEFT)
    golden.add("reused", run=RIGHT)
    assert compared(golden).of_kind("state") == ()


def test_code_is_compared_cell_by_cell_and_text_is_not(golden: GoldenRuns):
    notebook(golden, LEFT, "train", "import a", "fit(1)", text="Before")
    notebook(golden, RIGHT, "train", "import a", "fit(2)", text="After")
    (code,) = compared(golden).of_kind("code")
    assert code.where == "train"
    assert code.change.splitlines()[2:] == [
        "@@ -2,3 +2,3 @@", " import a", " # %% code cell 2", "-fit(1)", "+fit(2)",
    ]  # fmt: skip
    notebook(golden, RIGHT, "train", "import a", "fit(1)", text="After")
    assert compared(golden).of_kind("code") == ()


def test_commit_changes_and_packages_are_compared(golden: GoldenRuns):
    surroundings(golden, LEFT, "abc", "numpy==1.0", "old==1")
    surroundings(golden, RIGHT, "def", "numpy==2.0", "new==1", patch="+one\n+two\n")
    found = {(one.kind, one.name): (one.left, one.right) for one in compared(golden).differences}
    assert found["source", "commit"] == ("abc", "def")
    assert found["source", "changes since the commit"] == ("none", "2 lines")
    assert found["package", "numpy"] == ("1.0", "2.0")
    assert found["package", "old"] == ("1", "")
    assert found["package", "new"] == ("", "1")


def test_runs_of_before_surroundings_were_kept_do_not_differ_in_them(golden: GoldenRuns):
    surroundings(golden, RIGHT, "def", "numpy==2.0")
    assert compared(golden).differences == ()


def test_two_tables_are_told_apart_by_rows_and_columns(tmp_path: Path):
    pandas = pytest.importorskip("pandas")
    from dagbook.api.table_facts import table_facts

    paths = [tmp_path / name for name in ("a.parquet", "b.parquet", "c.parquet")]
    frames = [pandas.DataFrame({"x": [1, 2], "y": [1, 2]}), pandas.DataFrame({"x": [1], "z": [1]}),
              pandas.DataFrame({"x": [3, 4], "y": [1, 2]})]  # fmt: skip
    for path, frame in zip(paths, frames, strict=True):
        frame.to_parquet(path)
    assert table_facts(paths[0], paths[1]) == "2 → 1 rows; new columns z; without columns y"
    assert table_facts(paths[0], paths[2]) == "the same rows and columns, other values"
    (tmp_path / "d.parquet").write_text("no table")
    assert table_facts(paths[0], tmp_path / "d.parquet") == ""
    assert table_facts(paths[0], tmp_path / "e.png") == ""


def test_a_package_is_the_same_however_its_name_is_written():
    assert versions_of(["Jupyter_Client==8.1", "ruamel.yaml==0.18"]) == versions_of(
        ["jupyter-client==8.1", "ruamel-yaml==0.18"]
    )
    assert versions_of(["a_b==1"]) == {"a-b": "1"}
