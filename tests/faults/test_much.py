"""Much of everything, and damage in the midst of it, which hides nothing else."""

from __future__ import annotations

import ast
import os
from pathlib import Path

import pytest

import dagbook
from dagbook import bootstrap
from dagbook.engine.folders import JOURNAL
from dagbook.journals.lines import encode_line
from dagbook.journals.tail import read_journal
from dagbook.loaders.notebooks import NotebookLoader
from dagbook.run.events import Entry, OutputSeen
from tests.acceptance.notebooks import code, notebook, write
from tests.golden.runs import JOURNALS, GoldenRuns

PACKAGE = Path(dagbook.__file__).parent
EVENTS = 100_000


def test_fifty_thousand_cells_are_read(tmp_path: Path):
    path = write(tmp_path / "n.ipynb", notebook(*(code(f"x = {number}") for number in range(50_000))))
    read, warnings = NotebookLoader().notebook_and_warnings(path)
    assert len(read["cells"]) == 50_000
    assert warnings == ()


def test_a_thousand_runs_are_listed(tmp_path: Path):
    runs = GoldenRuns(tmp_path)
    lines = (JOURNALS / "success-matrix.jsonl").read_bytes()
    first = runs.add("success-matrix")
    for number in range(1, 1000):
        folder = runs.folder / f"20260101-{number:06d}-abcdef"
        folder.mkdir()
        (folder / JOURNAL).write_bytes(lines)
    queries = bootstrap.queries_of(runs.folder)
    listed = queries.runs()
    assert len(listed) == 1000
    assert listed[0]["run"] == first
    assert [run["run"] for run in queries.runs(limit=2, before=listed[10]["run"])] == [
        run["run"] for run in listed[11:13]
    ]


def test_a_journal_of_a_hundred_thousand_events_is_told_from_where_one_left_off(tmp_path: Path):
    runs = GoldenRuns(tmp_path)
    run = runs.add("success-matrix", 3, driven=True)
    path = runs.folder / run / JOURNAL
    known = read_journal(path)
    (step,) = {entry.event.step for entry in known if hasattr(entry.event, "step")} or {"prepare"}
    more = (
        Entry(seq=seq, at=known[-1].at, event=OutputSeen(step=step, attempt=1, line=f"line {seq}"))
        for seq in range(known[-1].seq + 1, EVENTS + 1)
    )
    with path.open("ab") as file:
        file.writelines(map(encode_line, more))
    queries = bootstrap.queries_of(runs.folder)
    assert queries.state(run).seq == EVENTS
    assert [entry.seq for entry in queries.entries(run, after=EVENTS - 2)] == [EVENTS - 1, EVENTS]
    runs.kill_drivers()


DAMAGES = {
    "empty": lambda path: path.write_bytes(b""),
    "garbage": lambda path: path.write_bytes(os.urandom(3000)),
    "cut": lambda path: path.write_bytes(path.read_bytes()[:-20]),
    "no text": lambda path: path.write_bytes(b"\xff\xfe\0\0" * 50),
    "a folder": lambda path: (path.unlink(), path.mkdir()),
    "gone": lambda path: path.unlink(),
    "a link to itself": lambda path: (path.unlink(), path.symlink_to(path)),
    "a pipe": lambda path: (path.unlink(), os.mkfifo(path)),
}


@pytest.mark.timeout(60)
@pytest.mark.parametrize("damage", DAMAGES)
def test_one_damaged_run_hides_no_other(tmp_path: Path, damage: str):
    runs = GoldenRuns(tmp_path)
    runs.add("success-matrix", run="20260101-000000-aaaaaa")
    runs.add("success-matrix", run="20260102-000000-bbbbbb")
    runs.add("success-matrix", run="20260103-000000-cccccc")
    DAMAGES[damage](runs.folder / "20260102-000000-bbbbbb" / JOURNAL)
    queries = bootstrap.queries_of(runs.folder)
    listed = [run["run"] for run in queries.runs()]
    assert set(listed) >= {"20260101-000000-aaaaaa"}
    if "20260102-000000-bbbbbb" in listed and damage not in {"cut", "empty"}:
        assert queries.show("20260102-000000-bbbbbb")["damage"]
    assert [run for run in listed if "bbbbbb" not in run] == [
        "20260103-000000-cccccc",
        "20260101-000000-aaaaaa",
    ]


def test_nothing_of_ours_loads_pickles_but_the_format_that_says_so():
    loads = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Attribute)
        and node.attr in {"load", "loads", "Unpickler", "read_pickle"}
        and isinstance(node.value, ast.Name)
        and node.value.id in {"pickle", "cloudpickle", "joblib", "dill", "pandas", "pd"}
    }
    assert loads <= {"formats/registry.py", "formats/pickle.py"}
    assert loads, "the search finds nothing any more"
