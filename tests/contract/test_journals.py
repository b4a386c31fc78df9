"""What every journal does; and what one on a disk does about torn and damaged lines."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagbook.engine.ports import Journal
from dagbook.errors import EnvironmentFault
from dagbook.journals import tail
from dagbook.journals.jsonl import JsonlJournal
from dagbook.journals.lines import decode_line, encode_line
from dagbook.journals.memory import MemoryJournal
from dagbook.journals.shared import SharedJournal
from dagbook.journals.tail import Tail, read_journal
from dagbook.run.events import CellStarted, Entry, Event, OutputSeen, RunFinished, StepWarned, UnknownEvent
from dagbook.testing import outline, run_started, step_failed, step_started, step_succeeded

Open = Callable[[], Journal]

EVENTS: tuple[Event, ...] = (
    run_started(outline("a"), outline("b", "a")),
    step_started("a"),
    CellStarted(step="a", attempt=1, cell=1, total=2),
    OutputSeen(step="a", attempt=1, line='größer → ✓ "quoted" \\ \u2028 end'),
    step_succeeded("a", score=float("inf"), text="x" * 50),
    step_started("b"),
    step_failed("b"),
    RunFinished(state="failed", seconds=0.1),
)


@pytest.fixture(params=["memory", "jsonl", "shared"])
def open_journal(request: pytest.FixtureRequest, tmp_path: Path) -> Open:
    """Gives the journal; asked again, another reader or writer of the same one."""
    if request.param == "jsonl":
        return lambda: JsonlJournal(tmp_path / "journal.jsonl")
    if request.param == "shared":
        return lambda: SharedJournal(tmp_path / "journal.jsonl")
    journal = MemoryJournal()
    return lambda: journal


def test_an_empty_journal_has_no_entries(open_journal: Open):
    assert open_journal().read() == []


def test_entries_are_numbered_from_one_and_timed(open_journal: Open):
    journal = open_journal()
    appended = [journal.append(event) for event in EVENTS]
    assert [entry.seq for entry in appended] == list(range(1, len(EVENTS) + 1))
    times = [datetime.fromisoformat(entry.at) for entry in appended]
    assert times == sorted(times)
    assert all(time.utcoffset() is not None for time in times)


def test_what_was_appended_is_read_by_anyone_at_once(open_journal: Open):
    writer, reader = open_journal(), open_journal()
    for count, event in enumerate(EVENTS, 1):
        entry = writer.append(event)
        assert reader.read()[-1] == entry
        assert [e.event for e in reader.read()] == list(EVENTS[:count])


def test_what_is_appended_together_is_as_if_it_were_appended_one_by_one(open_journal: Open):
    writer, reader = open_journal(), open_journal()
    assert writer.append_all(()) == []
    first = writer.append_all(EVENTS[:3])
    assert [entry.event for entry in first] == list(EVENTS[:3])
    assert reader.read() == first
    rest = [writer.append(EVENTS[3]), *writer.append_all(EVENTS[4:])]
    assert [entry.seq for entry in first + rest] == list(range(1, len(EVENTS) + 1))
    assert reader.read(after=3) == rest
    assert reader.read() == first + rest


@pytest.mark.parametrize("after", [0, 1, 5, 8, 99])
def test_reading_after_a_number_gives_the_rest(open_journal: Open, after: int):
    journal = open_journal()
    for event in EVENTS:
        journal.append(event)
    assert [entry.seq for entry in journal.read(after)] == list(range(after + 1, len(EVENTS) + 1))


def test_a_closed_journal_goes_on_where_it_was(open_journal: Open):
    first = open_journal()
    first.append(EVENTS[0])
    first.append(EVENTS[1])
    first.close()
    first.close()
    second = open_journal()
    assert second.append(EVENTS[2]).seq == 3
    assert [entry.event for entry in second.read()] == list(EVENTS[:3])


# --- on a disk ------------------------------------------------------------------------------------------


@pytest.fixture
def written(tmp_path: Path) -> Path:
    path = tmp_path / "journal.jsonl"
    journal = JsonlJournal(path)
    for event in EVENTS:
        journal.append(event)
    journal.close()
    return path


def whole_lines(content: bytes) -> int:
    """How many entries can be read of a file's first bytes: a line without its newline is whole, too."""
    return sum(decode_line(line) is not None for line in content.split(b"\n"))


def test_a_journal_torn_at_any_byte_gives_its_whole_lines(written: Path):
    content = written.read_bytes()
    for cut in range(len(content) + 1):
        written.write_bytes(content[:cut])
        assert [e.event for e in read_journal(written)] == list(EVENTS[: whole_lines(content[:cut])])


def test_a_writer_goes_on_after_any_tear(written: Path):
    content = written.read_bytes()
    tears = [content.find(b"\n", content.find(b"step_started")) + offset for offset in range(-40, 60)]
    for cut in [0, 1, *tears, len(content) - 1]:
        written.write_bytes(content[:cut])
        kept = content[:cut].count(b"\n")
        journal = JsonlJournal(written)
        assert journal.append(EVENTS[-1]).seq == kept + 1
        journal.close()
        assert [e.event for e in read_journal(written)] == [*EVENTS[:kept], EVENTS[-1]]
        assert written.read_bytes().startswith(content[:cut][: content[:cut].rfind(b"\n") + 1])


@pytest.mark.parametrize(
    "garbage",
    [
        b"",
        b"garbage",
        b"\xff\xfe\x00",
        b"{}",
        b'{"crc":"00000000","seq":4}',
        b"\0" * 4096,
        b'{"crc":"' + b"9" * 500,
        b"[" * 100_000,
    ],
    ids=lambda garbage: repr(garbage[:12]),
)
def test_reading_ends_at_a_line_that_is_none(written: Path, garbage: bytes):
    lines = written.read_bytes().splitlines(keepends=True)
    written.write_bytes(b"".join([*lines[:3], garbage + b"\n", *lines[3:]]))
    assert [entry.seq for entry in read_journal(written)] == [1, 2, 3]


def sealed(rest: bytes) -> bytes:
    """A line with a right checksum, whatever it says."""
    return b'{"crc":"%08x",' % zlib.crc32(rest) + rest


@pytest.mark.parametrize(
    "rest",
    [
        b'"seq":1}',
        b'"seq":1,"at":"x","kind":"step_started"}',
        b'"seq":"x","at":"x","kind":"later"}',
        b'"at":"x","kind":"later"}',
        b"}",
        b"[[[}",
        b'"a":' + b"[" * 100_000 + b"}",
        b'"seq":1,"at":"x","kind":[]}',
    ],
    ids=lambda rest: repr(rest[:40]),
)
def test_a_sealed_line_that_makes_no_entry_is_none(rest: bytes):
    decoded = decode_line(sealed(rest))
    assert decoded is None or isinstance(decoded.event, UnknownEvent)


def test_a_flipped_bit_anywhere_in_a_line_is_seen(written: Path):
    line = written.read_bytes().splitlines()[1]
    assert decode_line(line) is not None
    for position in range(len(line)):
        damaged = bytearray(line)
        damaged[position] ^= 1
        assert decode_line(bytes(damaged)) is None, position


def test_a_line_is_json_that_others_can_check(written: Path):
    for line in written.read_bytes().splitlines():
        data = json.loads(line)
        assert next(iter(data)) == "crc"
        rest = line[line.index(b",") + 1 :]
        assert int(data["crc"], 16) == zlib.crc32(rest)


def test_kinds_of_a_newer_version_are_read_and_written_on(written: Path):
    newer = sealed(b'"seq":9,"at":"2030-01-01T00:00:00+00:00","kind":"step_teleported","to":"mars"}')
    with written.open("ab") as file:
        file.write(newer + b"\n")
    assert read_journal(written)[-1].event == UnknownEvent(kind="step_teleported")
    journal = JsonlJournal(written)
    assert journal.append(EVENTS[1]).seq == 10
    assert [entry.seq for entry in journal.read()] == list(range(1, 11))


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (
            lambda lines: [*lines[:3], b"garbage\n", *lines[3:]],
            "line 4 is no line of a journal; 5 more",
        ),
        (lambda lines: [*lines[:3], lines[3].replace(b"1", b"2", 1), *lines[4:]], "line 4 does not hold its"),
        (lambda lines: [*lines[:3], lines[3][:20] + b"\n", *lines[4:]], "line 4 does not hold its checksum"),
        (lambda lines: [*lines[:3], *lines[5:]], "line 4 is not the next one"),
        (
            lambda lines: [*lines, sealed(b'"seq":9,"at":"x","kind":"step_started"}') + b"\n"],
            "line 9 tells",
        ),
    ],
    ids=["garbage", "checksum", "cut", "missing", "event"],
)
def test_damage_is_said_and_what_is_cut_off_is_kept_beside(
    written: Path, damage: Callable[[list[bytes]], list[bytes]], said: str
):
    written.write_bytes(b"".join(damage(written.read_bytes().splitlines(keepends=True))))
    damaged = written.read_bytes()
    journal = JsonlJournal(written)
    assert said in str(journal.damage())
    seq = journal.append(EVENTS[1]).seq
    assert journal.damage() is None
    assert [entry.seq for entry in journal.read()] == list(range(1, seq + 1))
    assert (written.parent / "journal.damaged-1.jsonl").read_bytes() == damaged


def test_a_torn_last_line_is_no_damage_and_leaves_no_copy(written: Path):
    written.write_bytes(written.read_bytes()[:-5])
    journal = JsonlJournal(written)
    assert journal.damage() is None
    journal.append(EVENTS[1])
    assert [path.name for path in written.parent.iterdir()] == ["journal.jsonl"]


def test_a_newer_version_is_said(written: Path):
    newer = run_started(outline("a")).model_copy(update={"version": 2})
    written.write_bytes(encode_line(Entry(seq=1, at="2030-01-01T00:00:00+00:00", event=newer)))
    assert "newer Dagbook (version 2; this one knows 1)" in str(JsonlJournal(written).damage())
    assert read_journal(written)[0].event == newer


def test_an_encoded_entry_is_decoded_as_it_was():
    for seq, event in enumerate(EVENTS):
        entry = Entry(seq=seq, at="2026-01-01T00:00:00.000+00:00", event=event)
        line = encode_line(entry)
        assert line.count(b"\n") == 1
        assert decode_line(line.rstrip(b"\n")) == entry


def test_a_folder_that_is_not_there_is_a_fault_of_the_machine(tmp_path: Path):
    with pytest.raises(EnvironmentFault, match="journal cannot be written") as caught:
        JsonlJournal(tmp_path / "gone" / "journal.jsonl").append(EVENTS[0])
    assert caught.value.findings[0].file == str(tmp_path / "gone" / "journal.jsonl")


def test_a_full_disk_leaves_whole_lines_only(written: Path, monkeypatch: pytest.MonkeyPatch):
    before = written.read_bytes()
    journal = JsonlJournal(written)
    journal.append(EVENTS[1])
    kept = written.read_bytes()
    real, calls = os.write, []

    def half(descriptor: int, data: bytes) -> int:
        calls.append(len(data))
        if len(calls) > 1:
            raise OSError(28, "No space left on device")
        return real(descriptor, data[: len(data) // 2])

    monkeypatch.setattr(os, "write", half)
    with pytest.raises(EnvironmentFault, match="No space left"):
        journal.append(EVENTS[2])
    monkeypatch.undo()
    assert written.read_bytes() == kept
    assert journal.append(EVENTS[3]).seq == len(EVENTS) + 2
    assert written.read_bytes().startswith(before)


def test_what_is_appended_together_is_synced_once_and_all_or_nothing_when_the_disk_is_full(
    written: Path, monkeypatch: pytest.MonkeyPatch
):
    synced: list[int] = []
    real_sync, real_write = os.fsync, os.write
    monkeypatch.setattr(os, "fsync", lambda descriptor: (synced.append(descriptor), real_sync(descriptor))[1])
    journal = JsonlJournal(written)
    journal.append_all(EVENTS[4:7])
    assert len(synced) == 1
    journal.append_all(EVENTS[2:4])  # progress, which is not synced
    assert len(synced) == 1
    before = written.read_bytes()

    def full(descriptor: int, data: bytes) -> int:
        if len(data) < 40:
            raise OSError(28, "No space left on device")
        return real_write(descriptor, data[:-30])

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(EnvironmentFault, match="No space left"):
        journal.append_all(EVENTS[4:7])
    assert written.read_bytes() == before


def test_a_shared_journal_mends_a_line_that_another_process_left_torn(tmp_path: Path):
    path = tmp_path / "journal.jsonl"
    ours = SharedJournal(path)
    ours.append_all(EVENTS[:2])
    assert len(ours.read()) == 2
    whole = path.read_bytes()
    path.write_bytes(whole + encode_line(Entry(seq=3, at="2026-01-01T00:00:00+00:00", event=EVENTS[2]))[:-9])
    assert ours.append(EVENTS[3]).seq == 3
    assert [entry.event for entry in ours.read(after=2)] == [EVENTS[3]]
    assert [entry.event for entry in SharedJournal(path).read()] == [*EVENTS[:2], EVENTS[3]]


_WRITE = """
import sys
import tempfile
from pathlib import Path
from dagbook.journals.shared import SharedJournal
from dagbook.run.events import StepWarned
journal = SharedJournal(Path(sys.argv[1]))
for number in range(20):
    journal.append(StepWarned(step=sys.argv[2], message=str(number)))
"""


def test_several_processes_write_a_shared_journal_in_turn(tmp_path: Path):
    path = tmp_path / "journal.jsonl"
    writers = [subprocess.Popen([sys.executable, "-c", _WRITE, str(path), name]) for name in ("a", "b", "c")]
    assert [writer.wait(120) for writer in writers] == [0, 0, 0]
    entries = SharedJournal(path).read()
    assert [entry.seq for entry in entries] == list(range(1, 61))
    assert SharedJournal(path).damage() is None
    for name in ("a", "b", "c"):
        said = [e.event.message for e in entries if isinstance(e.event, StepWarned) and e.event.step == name]
        assert said == [str(number) for number in range(20)]


def test_who_holds_a_shared_journal_is_alone_with_it(tmp_path: Path):
    path = tmp_path / "journal.jsonl"
    journal = SharedJournal(path)
    with journal.held():
        writer = subprocess.Popen([sys.executable, "-c", _WRITE, str(path), "b"])
        journal.append(StepWarned(step="a", message="first"))
        assert [entry.event.step for entry in journal.read() if isinstance(entry.event, StepWarned)] == ["a"]
    assert writer.wait(120) == 0
    assert len(journal.read()) == 21


LINES = [encode_line(Entry(seq=seq, at="-", event=EVENTS[1])) for seq in range(1, 201)]


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 210)), max_size=10))
def test_whoever_asks_again_gets_what_a_first_reader_would(steps: list[tuple[int, int]]):
    """Steps: how many lines are appended, and after which number is asked then."""
    with tempfile.TemporaryDirectory() as folder, patch.object(tail, "_EVERY", 7):
        path = Path(folder) / "journal.jsonl"
        reader, written = Tail(path), 0
        for more, after in steps:
            with path.open("ab") as file:
                file.writelines(LINES[written : written + more])
            written += more
            assert [entry.seq for entry in reader.read(after)] == list(range(after + 1, written + 1))


def test_another_journal_in_its_place_is_read_from_its_beginning(tmp_path: Path):
    path = tmp_path / "journal.jsonl"
    line = [encode_line(Entry(seq=seq, at=f"{seq}", event=EVENTS[1])) for seq in range(1, 6)]
    reader = Tail(path)
    path.write_bytes(b"".join(line))
    assert len(reader.read()) == 5
    path.write_bytes(b"".join(line[:2]))  # shorter
    assert [entry.seq for entry in reader.read(1)] == [2]
    path.write_bytes(b"".join(line[:1]) + line[1].replace(b'"at":"2"', b'"at":"longer"') + b"".join(line[2:]))
    assert [entry.seq for entry in reader.read()] == [1]  # the damaged line ends it
    path.unlink()
    assert reader.read() == []
