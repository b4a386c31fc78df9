"""The outbox as a file: whole lines whatever happens, children beside parents, no progress that is half."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from dagbook.engine.outbox import RECORDS, Outbox
from dagbook.engine.outbox_reader import OutboxReader, Progress, outboxes
from dagbook.engine.sending import SenderLock, holder
from dagbook.engine.writer import Writer, this_process, writer_from_json


def gone() -> Writer:
    """A process that is no more."""
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    return Writer(pid=ended.pid, started="once", host=this_process().host, notebook="", user="me")


def records(reader: OutboxReader) -> list[dict[str, object]]:
    return [line.record or {} for name in reader.files() for line in reader.lines(name)]


@pytest.fixture
def outbox(tmp_path: Path) -> Outbox:
    return Outbox(tmp_path / "root" / "one", this_process("study.ipynb"))


def test_nothing_is_made_until_something_is_written(outbox: Outbox):
    assert not outbox.folder.exists()
    outbox.append({"kind": "metric"})
    assert [reader.folder for reader in outboxes(outbox.folder.parent)] == [outbox.folder]


def test_only_the_owner_may_read_it(outbox: Outbox):
    outbox.append({"kind": "param"})
    assert stat.S_IMODE(outbox.folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((outbox.folder / RECORDS).stat().st_mode) == 0o600


def test_what_is_written_is_read_in_order_with_a_time(outbox: Outbox):
    for number in range(3):
        outbox.append({"n": number, "text": "naïve\n\ud800"})
    read = records(OutboxReader(outbox.folder))
    assert [record["n"] for record in read] == [0, 1, 2]
    assert all(isinstance(record["t"], int) for record in read)


def test_a_line_that_is_still_being_written_is_left_for_later(outbox: Outbox):
    outbox.append({"n": 1})
    with (outbox.folder / RECORDS).open("a") as file:
        file.write('{"n": 2')
    reader = OutboxReader(outbox.folder)
    assert [record["n"] for record in records(reader)] == [1]
    assert reader.waiting(Progress()) == 1


def test_a_damaged_line_stands_alone(outbox: Outbox):
    outbox.append({"n": 1})
    with (outbox.folder / RECORDS).open("a") as file:
        file.write("not json\n[1]\n")
    outbox.append({"n": 2})
    assert [record.get("n") for record in records(OutboxReader(outbox.folder))] == [1, None, None, 2]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_forked_child_writes_beside_its_parent(outbox: Outbox):
    outbox.append({"who": "parent"})
    child = os.fork()
    if child == 0:
        outbox.append({"who": "child"})
        os._exit(0)
    os.waitpid(child, 0)
    outbox.append({"who": "parent"})
    reader = OutboxReader(outbox.folder)
    assert reader.files() == [RECORDS, f"records-{child}.jsonl"]
    assert [record["who"] for record in records(reader)] == ["parent", "parent", "child"]


def test_several_children_at_once_mix_no_lines(outbox: Outbox):
    source = (
        "import sys\nfrom pathlib import Path\nfrom dagbook.engine.outbox import Outbox\n"
        "from dagbook.engine.writer import this_process\n"
        "box = Outbox(Path(sys.argv[1]), this_process())\n"
        "for i in range(500): box.append({'text': 'x' * 300})"
    )
    outbox.begin()
    children = [subprocess.Popen([sys.executable, "-c", source, str(outbox.folder)]) for _ in range(3)]
    assert [child.wait(60) for child in children] == [0, 0, 0]
    read = records(OutboxReader(outbox.folder))
    assert [record.get("text") for record in read] == ["x" * 300] * 1500


def test_progress_is_kept(outbox: Outbox):
    outbox.append({"n": 1})
    reader = OutboxReader(outbox.folder)
    progress = Progress(offsets={RECORDS: outbox.size()}, runs={"k": {"id": "r"}}, error="away", rejected=2)
    assert reader.has_more(Progress())
    reader.save(progress)
    assert OutboxReader(outbox.folder).progress() == progress
    assert not reader.has_more(progress)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"unknown": 1}'])
def test_damaged_progress_means_begin_again(outbox: Outbox, content: str):
    outbox.append({"n": 1})
    (outbox.folder / "progress.json").write_text(content)
    assert OutboxReader(outbox.folder).progress() == Progress()


def test_runs_that_a_dead_writer_left_open_are_ended_as_killed_and_no_others(tmp_path: Path):
    outbox = Outbox(tmp_path / "one", gone())
    for key in ("done", "left", "also left"):
        outbox.append({"kind": "open", "run": key})
    outbox.append({"kind": "open", "run": "mlflow:x", "id": "x"})
    outbox.append({"kind": "close", "run": "done", "status": "FINISHED"})
    with (outbox.folder / outbox.file).open("a") as file:
        file.write('{"torn')
    (outbox.folder / outbox.file).rename(outbox.folder / RECORDS)
    reader = OutboxReader(outbox.folder)
    assert reader.close_abandoned() == ["left", "also left"]
    ends = [record for record in records(reader) if record.get("kind") == "close"]
    assert [(end["run"], end["status"]) for end in ends] == [
        ("done", "FINISHED"),
        ("left", "KILLED"),
        ("also left", "KILLED"),
    ]
    assert reader.close_abandoned() == []


def test_a_living_process_is_told_from_one_that_is_gone():
    assert this_process().is_alive()
    assert not gone().is_alive()


def test_a_later_process_with_the_same_number_is_another_one():
    me = this_process()
    assert not Writer(**{**json.loads(me.to_json()), "started": "another time"}).is_alive()


def test_of_another_machine_nothing_is_known_so_its_processes_count_as_alive():
    assert Writer(**{**json.loads(gone().to_json()), "host": "elsewhere"}).is_alive()


def test_who_writes_survives_being_written():
    assert writer_from_json(this_process("a.ipynb").to_json()) == this_process("a.ipynb")


def test_one_sender_at_a_time(tmp_path: Path):
    first, second = SenderLock(tmp_path), SenderLock(tmp_path)
    assert holder(tmp_path) is None
    assert first.acquire()
    assert not second.acquire()
    assert holder(tmp_path) == os.getpid()
    first.release()
    assert holder(tmp_path) is None
    assert second.acquire()
