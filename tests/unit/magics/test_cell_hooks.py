"""What the hooks around every cell cost, and what they do to cells that are not tracked: nothing."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import pytest

from dagbook.magics.logbook import logbook
from dagbook.magics.peak_memory import PeakMemory


def hooks(shell: Any, name: str) -> list[Any]:
    return [hook for hook in shell.events.callbacks[name] if hook.__module__.startswith("dagbook")]


def test_loading_twice_hooks_once(shell: Any):
    shell.run_line_magic("reload_ext", "dagbook")
    shell.run_line_magic("load_ext", "dagbook")
    assert len(hooks(shell, "pre_run_cell")) == 1


def test_a_shell_that_tracks_nothing_leaves_no_trace(shell: Any, tmp_path: Path):
    shell.run_cell("x = 1\nx")
    assert not (tmp_path / ".dagbook").exists()
    assert logbook().active() is None


def test_a_broken_hook_says_so_and_the_cell_runs(
    shell: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    def fail(*_: Any) -> None:
        raise RuntimeError("oh no")

    monkeypatch.setattr("dagbook.magics.track_magic.Tracked", fail)
    result = shell.run_cell("%%track\ny = 2")
    assert result.success
    assert shell.user_ns["y"] == 2
    assert "not recorded: RuntimeError: oh no" in capsys.readouterr().out


def test_a_project_that_cannot_be_written_is_said_and_the_cell_runs(
    shell: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    (tmp_path / ".dagbook").write_text("in the way")
    assert shell.run_cell("%%track\nz = 3\n%metric m=1\nimport dagbook; dagbook.param(p=1)").success
    said = capsys.readouterr().out
    assert shell.user_ns["z"] == 3
    assert "cannot be written" in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("%track halt", "there is no '%track halt'"),
        ("%track stop", "no run is open"),
        ("%track", "no run is open"),
    ],
)
def test_track_says_what_it_cannot_do(shell: Any, capsys: pytest.CaptureFixture[str], line: str, said: str):
    assert shell.run_cell(line).success
    assert said in capsys.readouterr().out


def test_peak_memory_sees_what_was_held_and_let_go():
    peak = PeakMemory()
    held = bytearray(300_000_000)
    held[::4096] = b"x" * len(held[::4096])
    time.sleep(0.3)
    del held
    assert peak.stop() > 300_000_000


def test_the_magics_load_nothing_heavy():
    import subprocess

    source = (
        "import sys; from IPython.core.interactiveshell import InteractiveShell as S; s = S.instance();"
        "s.run_line_magic('load_ext', 'dagbook'); s.run_cell('x = 1');"
        "print([m for m in ('mlflow', 'pandas', 'papermill', 'sqlalchemy') if m in sys.modules])"
    )
    ran = subprocess.run(
        [sys.executable, "-c", source], capture_output=True, text=True, check=True, timeout=60
    )
    assert ran.stdout.splitlines()[-1] == "[]"
