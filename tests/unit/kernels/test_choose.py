"""Which kernel a notebook gets, and what is said when it is not its own."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from dagbook.errors import EnvironmentFault
from dagbook.kernels.installed import choose
from dagbook.kernels.ipc import has_ipc, private_folder, remove_stale

INSTALLED = {"ir": "r", "other": "python", "python3": "python"}


@pytest.mark.parametrize(
    ("wanted", "language", "chosen", "warning"),
    [
        ("other", "python", "other", None),
        ("ir", "R", "ir", None),
        ("gone", "python", "python3", "kernel 'gone' is not installed; 'python3' was used instead"),
        ("gone", "R", "ir", "'ir' was used instead, which runs r too (installed: ir, other, python3)"),
        ("gone", "", "python3", "'gone'"),
        (None, "python", "python3", "the notebook names no kernel; 'python3' was used"),
    ],
)
def test_the_wanted_kernel_or_visibly_another(
    wanted: str | None, language: str, chosen: str, warning: str | None
):
    name, said = choose(wanted, language, INSTALLED)
    assert name == chosen
    assert (said is None) == (warning is None)
    assert warning is None or warning in (said or "")


@pytest.mark.parametrize(
    ("wanted", "language", "installed", "says"),
    [
        ("juila-1.10", "julia", {**INSTALLED}, "installed: ir, other, python3"),
        ("python4", "python", {"ir": "r"}, "kernel 'python4' is not installed"),
        (None, "python", {}, "none is installed"),
    ],
)
def test_a_language_without_a_kernel_names_those_there_are(
    wanted: str | None, language: str, installed: dict[str, str], says: str
):
    with pytest.raises(EnvironmentFault, match=says) as caught:
        choose(wanted, language, installed)
    assert caught.value.findings[0].code == "kernel-missing"


def test_the_sockets_folder_is_private_and_its_path_short():
    folder = private_folder()
    assert folder is not None
    try:
        assert folder.stat().st_mode & 0o777 == 0o700
        assert len(os.fsencode(folder)) < 70
    finally:
        folder.rmdir()


@pytest.mark.parametrize(
    ("name", "age", "stays"),
    [
        ("dagbook-99999999-abc", 7200, False),
        ("dagbook-99999999-abc", 60, True),
        pytest.param(f"dagbook-{os.getpid()}-abc", 7200, True, id="ours"),
        ("dagbook-mine-abc", 7200, True),
    ],
)
def test_old_folders_of_dead_processes_are_removed(tmp_path: Path, name: str, age: int, stays: bool):
    (tmp_path / name).mkdir()
    (tmp_path / name / "kernel.json").touch()
    then = time.time() - age
    os.utime(tmp_path / name, (then, then))
    remove_stale(tmp_path)
    assert (tmp_path / name).exists() == stays


def test_a_long_path_has_no_sockets(tmp_path: Path):
    assert not has_ipc(tmp_path / ("x" * 100))
