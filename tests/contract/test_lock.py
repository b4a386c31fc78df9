"""One driver a run: whoever comes second is told who was first, and a dead holder holds nothing."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Timer

import pytest

from dagbook.errors import EnvironmentFault, RunBusy
from dagbook.journals import lock
from dagbook.journals.lock import SILENCE, DriverLock, is_held, refuse_driven, scheduled_by
from dagbook.journals.shared import SharedJournal
from dagbook.locks.files import FileLocks

HOLDER = """
import sys, time
from pathlib import Path
from dagbook.journals.lock import DriverLock
DriverLock(Path(sys.argv[1])).acquire()
print("held", flush=True)
time.sleep(60)
"""


@contextmanager
def holder(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lock."""
    command = [sys.executable, "-c", HOLDER, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment()) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}


@pytest.fixture(autouse=True)
def little_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "_PATIENCE", 0.1)


OTHER_MACHINE = """
import ctypes, socket
if ctypes.CDLL(None, use_errno=True).unshare(0x04000000 | 0x20000000):  # its own host name, its own processes
    print(ctypes.get_errno(), flush=True)
    raise SystemExit
socket.sethostname("other-machine")
import os
if os.fork():
    os.wait()
    raise SystemExit
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can play two machines on one folder")
def test_who_holds_a_run_on_another_machine_is_named(tmp_path: Path):
    command = [sys.executable, "-c", OTHER_MACHINE + HOLDER, str(tmp_path)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env=environment(), start_new_session=True
    ) as process:
        assert process.stdout is not None
        said = process.stdout.readline()
        try:
            if said == f"{errno.EPERM}\n":
                pytest.skip("only root may play another machine")
            assert said == "held\n"
            with pytest.raises(RunBusy, match="process 1 on other-machine"):
                DriverLock(tmp_path).acquire()
            # Process 1 of this machine is not it, and says nothing of whether it lives.
            assert lock.living_holder(tmp_path) is not None
        finally:
            os.killpg(process.pid, signal.SIGKILL)
    DriverLock(tmp_path).acquire()


def test_nobody_holds_a_run_that_was_never_driven(tmp_path: Path):
    assert not is_held(tmp_path)
    assert not is_held(tmp_path / "gone")


def test_a_lock_is_held_until_it_is_released(tmp_path: Path):
    one = DriverLock(tmp_path)
    one.acquire()
    assert is_held(tmp_path)
    one.release()
    one.release()
    assert not is_held(tmp_path)
    DriverLock(tmp_path).acquire()


def test_the_second_is_told_who_is_first(tmp_path: Path):
    with holder(tmp_path) as first:
        with pytest.raises(RunBusy, match=rf"process {first.pid} on .* since ") as caught:
            DriverLock(tmp_path).acquire()
        assert caught.value.findings[0].file == str(tmp_path)
        assert is_held(tmp_path)
        assert json.loads((tmp_path / "lock").read_text())["pid"] == first.pid


def test_a_holder_that_was_killed_holds_nothing(tmp_path: Path):
    with holder(tmp_path) as first:
        first.send_signal(signal.SIGKILL)
        first.wait()
        assert not is_held(tmp_path)
        second = DriverLock(tmp_path)
        second.acquire()
        assert json.loads((tmp_path / "lock").read_text())["pid"] == os.getpid()
        second.release()


def test_a_child_of_the_holder_does_not_inherit_the_lock(tmp_path: Path):
    one = DriverLock(tmp_path)
    one.acquire()
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    one.release()
    held = is_held(tmp_path)
    child.kill()
    child.wait()
    assert not held


def test_what_an_earlier_holder_wrote_is_gone(tmp_path: Path):
    (tmp_path / "lock").write_text("x" * 500)
    one = DriverLock(tmp_path)
    one.acquire()
    assert json.loads((tmp_path / "lock").read_text())["pid"] == os.getpid()
    one.release()


def test_looking_never_takes_the_lock(tmp_path: Path):
    one = DriverLock(tmp_path)
    one.acquire()
    one.release()
    for _ in range(20):
        assert not is_held(tmp_path)
    one.acquire()
    one.release()


def test_a_living_holder_is_named_and_a_dead_one_is_not(tmp_path: Path):
    assert lock.living_holder(tmp_path) is None
    with holder(tmp_path) as first:
        assert f"process {first.pid} on " in str(lock.living_holder(tmp_path))
        first.kill()
        first.wait()
        assert lock.living_holder(tmp_path) is None


def test_a_lock_that_outlives_its_holder_for_a_moment_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(lock, "_PATIENCE", 60)
    with holder(tmp_path) as first:
        first.kill()
        first.wait()
        # As a child has it that was forked and has not become another program yet.
        child = os.open(tmp_path / "lock", os.O_RDONLY)
        fcntl.flock(child, fcntl.LOCK_EX)
        Timer(0.2, lambda: os.close(child)).start()
        assert is_held(tmp_path)
        assert lock.living_holder(tmp_path) is None


@pytest.fixture
def scheduled(tmp_path: Path) -> Path:
    """A run that Airflow runs."""
    folder = tmp_path / "20260101-000001-a1b2c3"
    (folder / "claims" / "train" / "1").mkdir(parents=True)
    (folder / "scheduler").write_text("airflow")
    return folder


def fall_silent(folder: Path) -> None:
    long_ago = time.time() - SILENCE - 1
    os.utime(folder / "scheduler", (long_ago, long_ago))


def test_a_run_that_another_scheduler_runs_is_refused_and_says_whose_it_is(scheduled: Path):
    assert scheduled_by(scheduled) == "airflow"
    with pytest.raises(RunBusy) as refused:
        refuse_driven(scheduled)
    assert "20260101-000001-a1b2c3 is going on: airflow runs it" in str(refused.value)
    assert "let airflow finish it, or end it there" in str(refused.value)


def test_a_scheduler_that_has_fallen_silent_runs_nothing(scheduled: Path):
    fall_silent(scheduled)
    assert scheduled_by(scheduled) is None
    refuse_driven(scheduled)


def test_a_scheduler_is_not_gone_while_a_step_takes_long(scheduled: Path):
    fall_silent(scheduled)
    claim = DriverLock(scheduled / "claims" / "train" / "1")
    claim.acquire()
    assert scheduled_by(scheduled) == "airflow"
    claim.release()
    assert scheduled_by(scheduled) is None


def test_no_other_scheduler_runs_a_run_without_its_mark(scheduled: Path):
    (scheduled / "scheduler").unlink()
    assert scheduled_by(scheduled) is None


def without_locks(_descriptor: int, _how: int) -> None:
    """What a network file system without locks answers."""
    raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))


@pytest.mark.parametrize(
    "take",
    [
        lambda folder: DriverLock(folder).acquire(),
        lambda folder: FileLocks(folder, run="r").take({"gpu": 1}, "step"),
        lambda folder: SharedJournal(folder / "journal.jsonl").held().__enter__(),
    ],
    ids=["driver", "named", "journal"],
)
def test_where_files_cannot_be_locked_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, take: Callable[[Path], object]
):
    monkeypatch.setattr(fcntl, "flock", without_locks)
    with pytest.raises(EnvironmentFault, match="files cannot be locked where the project lies") as caught:
        take(tmp_path)
    assert (caught.value.findings[0].code, bool(caught.value.findings[0].remedy)) == ("no-locks", True)
    assert not is_held(tmp_path)
