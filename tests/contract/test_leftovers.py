"""Processes are found by a mark in their environment, at whatever instant one looks."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import psutil
import pytest

from dagbook.engine.leftovers import end_marked, marked

pytestmark = pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="looks into /proc")  # noqa: PTH112

LOOKS = 100


def test_a_process_that_is_becoming_another_program_is_found(tmp_path: Path):
    """One that becomes itself again and again has, at many an instant, neither environment nor arguments."""
    script = tmp_path / "again.sh"
    script.write_text(f"exec /bin/sh {script}\n")
    again = psutil.Popen(["/bin/sh", str(script)], env={"DAGBOOK_TEST_MARK": "again"})
    try:
        missed = [look for look in range(LOOKS) if marked({"DAGBOOK_TEST_MARK": "again"}) != [again]]
    finally:
        again.kill()
        again.wait(10)
    assert missed == []


def test_what_is_ended_is_named_and_gone():
    child = psutil.Popen(["sleep", "60"], env={**os.environ, "DAGBOOK_TEST_MARK": "ended"})
    (named,) = end_marked({"DAGBOOK_TEST_MARK": "ended"}, grace=0)
    assert named == f"{child.pid} (sleep 60)"
    assert child.wait(10) == -signal.SIGTERM
    assert end_marked({"DAGBOOK_TEST_MARK": "ended"}) == []


def test_an_empty_mark_is_refused():
    with pytest.raises(ValueError, match="empty mark"):
        end_marked({})
