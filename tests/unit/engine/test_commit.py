"""What an attempt left behind, in the run folder's terms; and the digests that contents are known by."""

from __future__ import annotations

from pathlib import Path

import pytest

from dagbook.engine.commit import Committed, failure_of, published_by
from dagbook.engine.content import digest_of, size_of
from dagbook.engine.ports import Ended
from dagbook.engine.request import NodeResult
from dagbook.notebook.outputs import Output
from dagbook.run.facts import NodeError
from dagbook.testing import failed, values

PLACE = "train/1"


def file(name: str, format: str = "csv") -> Output:  # noqa: A002
    return Output(name=name, kind="file", path=f"outputs/{name}.{format}", format=format)


def ended(result: NodeResult | None, reason: str = "") -> Ended:
    return Ended(step="train", attempt=1, result=result, reason=reason)


def test_paths_are_told_from_the_run_folder_and_values_stay():
    outputs = {**values(acc=0.5).outputs, "table": file("table")}
    moved = published_by(outputs, PLACE)
    assert moved["table"].path == "train/1/outputs/table.csv"
    assert moved["acc"] == outputs["acc"]
    assert outputs["table"].path == "outputs/table.csv"


def test_a_result_is_committed_whole(tmp_path: Path):
    (tmp_path / PLACE).mkdir(parents=True)
    (tmp_path / PLACE / "notebook.ipynb").write_text("{}")
    outputs = {"plot": file("plot", "png"), "table": file("table"), "drawing": file("drawing", "svg")}
    result = NodeResult(state="succeeded", outputs=outputs, seconds=2.5, peak_memory=9, warnings=("w",))
    committed = Committed.of(ended(result), tmp_path, PLACE)
    assert committed.notebook == "train/1/notebook.ipynb"
    assert (committed.seconds, committed.peak_memory, committed.warnings) == (2.5, 9, ("w",))
    assert committed.artifacts(tmp_path) == [
        tmp_path / "train/1/notebook.ipynb",
        tmp_path / "train/1/outputs/plot.png",
        tmp_path / "train/1/outputs/drawing.svg",
    ]


@pytest.mark.parametrize(
    "result", [None, NodeResult(state="failed"), NodeResult(state="failed", notebook="")]
)
def test_a_notebook_that_was_not_written_is_not_named(tmp_path: Path, result: NodeResult | None):
    committed = Committed.of(ended(result), tmp_path, PLACE)
    assert committed.notebook == ""
    assert committed.artifacts(tmp_path) == []


def test_a_worker_that_died_may_have_left_its_notebook(tmp_path: Path):
    (tmp_path / PLACE).mkdir(parents=True)
    (tmp_path / PLACE / "notebook.ipynb").write_text("{}")
    assert Committed.of(ended(None), tmp_path, PLACE).notebook == "train/1/notebook.ipynb"


def test_a_failure_is_told_as_the_runner_told_it():
    as_, error = failure_of(ended(failed("KeyError", "'k'", as_="timed-out")))
    assert (as_, error.name, error.value) == ("timed-out", "KeyError", "'k'")


def test_an_attempt_without_a_result_lost_its_worker():
    as_, error = failure_of(ended(None, "its worker was killed by signal 9 (SIGKILL)"))
    assert (as_, error.name, error.value) == (
        "killed",
        "WorkerDied",
        "its worker was killed by signal 9 (SIGKILL)",
    )
    assert "dagbook logs" in error.remedy


def test_a_failure_without_a_reason_says_that():
    assert failure_of(ended(NodeResult(state="failed")))[1] == NodeError(
        name="Unknown", value="the runner gave no reason"
    )


# --- contents -------------------------------------------------------------------------------------------


def tree(folder: Path, files: dict[str, str]) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    return folder


def test_a_files_digest_is_sha256_of_its_bytes(tmp_path: Path):
    (tmp_path / "x").write_bytes(b"abc")
    assert digest_of(tmp_path / "x") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert size_of(tmp_path / "x") == 3


def test_a_folders_digest_is_of_names_and_contents(tmp_path: Path):
    base = tree(tmp_path / "a", {"x": "1", "deep/y": "2"})
    assert digest_of(tree(tmp_path / "same", {"deep/y": "2", "x": "1"})) == digest_of(base)
    others = [
        {"x": "1"},
        {"x": "1", "deep/z": "2"},
        {"x": "2", "deep/y": "1"},
        {"x": "1", "deep/y": "2", "z": ""},
    ]
    for number, files in enumerate(others):
        assert digest_of(tree(tmp_path / f"other{number}", files)) != digest_of(base)
    assert size_of(base) == 2


def test_where_a_name_ends_and_a_content_begins_is_no_question(tmp_path: Path):
    one, other = tree(tmp_path / "a", {"x": "1", "y": "2"}), tree(tmp_path / "b", {"x": "1\ny\02"})
    assert digest_of(one) != digest_of(other)


def test_something_that_is_not_there_is_an_os_error(tmp_path: Path):
    with pytest.raises(FileNotFoundError):
        digest_of(tmp_path / "gone")
