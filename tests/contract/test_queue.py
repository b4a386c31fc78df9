"""The line of a person's runs: first come, first served, and no place for the dead."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from dagbook.errors import QueueFull
from dagbook.locks import queue
from dagbook.locks.queue import Turn, queue_folder


def test_as_many_as_may_go_on_and_the_others_as_they_came(tmp_path: Path):
    first, second, third, fourth = (Turn.take(tmp_path, name, 2) for name in "badc")
    assert (first.in_the_way(), second.in_the_way()) == (None, None)
    assert third.in_the_way() == "its turn: 2 runs came first, and 2 at a time go on here"
    assert fourth.in_the_way() == "its turn: 3 runs came first, and 2 at a time go on here"
    first.leave()
    assert fourth.in_the_way() is not None
    assert third.in_the_way() is None
    second.leave()
    second.leave()
    assert fourth.in_the_way() is None


def test_whose_turn_it_is_keeps_it(tmp_path: Path):
    turns = [Turn.take(tmp_path, str(number), 1) for number in range(2)]
    assert turns[0].in_the_way() is None
    turns[0].leave()
    assert turns[1].in_the_way() is None
    Turn.take(tmp_path, "late", 1)
    assert turns[1].in_the_way() is None


HOLDS = """
import sys
from pathlib import Path
from dagbook.locks.queue import Turn
held = Turn.take(Path(sys.argv[1]), "r", 1)
print(held.in_the_way(), flush=True)
sys.stdin.read()
"""


def test_who_was_killed_is_in_nobodys_way(tmp_path: Path):
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDS, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "None\n"
    ours = Turn.take(tmp_path, "s", 1)
    assert ours.in_the_way() is not None
    holder.kill()
    holder.communicate()
    assert ours.in_the_way() is None
    assert list(tmp_path.iterdir()) == [ours.ticket]


def test_a_place_is_kept_by_the_process_that_it_was_taken_for(tmp_path: Path):
    taken = Turn.take(tmp_path, "r", 1)
    child = subprocess.Popen(
        [sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE,
        pass_fds=(taken.descriptor,),
    )  # fmt: skip
    taken.hand_over()
    ours = Turn.take(tmp_path, "s", 1)
    assert ours.in_the_way() is not None
    child.communicate(b"")
    assert ours.in_the_way() is None


def test_a_line_that_is_too_long_takes_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(queue, "LONGEST", 3)
    turns = [Turn.take(tmp_path, str(number), 1) for number in range(3)]
    with pytest.raises(QueueFull, match="3 runs go on or wait") as refusal:
        Turn.take(tmp_path, "one more", 1)
    assert refusal.value.findings[0].code == "too-many-runs"
    os.close(turns[0].descriptor)  # as if it was killed: its ticket stays
    assert Turn.take(tmp_path, "one more", 1).in_the_way() is not None


def test_a_small_machine_takes_fewer(tmp_path: Path):
    for number in range(10):
        Turn.take(tmp_path, str(number), 1, memory=1 << 30)
    with pytest.raises(QueueFull):
        Turn.take(tmp_path, "one more", 1, memory=1 << 30)


def test_where_the_folder_went_nobody_waits(tmp_path: Path):
    folder = tmp_path / "queue"
    folder.mkdir()
    Turn.take(folder, "r", 1)
    ours = Turn.take(folder, "s", 1)
    folder.rename(tmp_path / "elsewhere")
    assert ours.in_the_way() is None
    ours.leave()


def test_the_folder_is_the_persons_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    folder = queue_folder()
    assert folder is not None
    assert [place.stat().st_mode & 0o777 for place in (folder, folder.parent)] == [0o700, 0o700]


def test_a_folder_that_another_put_there_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    (tmp_path / f"dagbook-{os.getuid()}").symlink_to(tmp_path / "elsewhere")
    assert queue_folder() is None
