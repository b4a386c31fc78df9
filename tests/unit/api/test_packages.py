"""A package is opened whole, or refused before anything of it is written."""

from __future__ import annotations

import json
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from dagbook.api.launch import open_launchable
from dagbook.api.packages.manifest import MANIFEST
from dagbook.api.packages.opening import is_package, open_package
from dagbook.api.packages.unpack import unpack
from dagbook.api.packing.package import package
from dagbook.environments.uv import UvEnvironments
from dagbook.errors import EnvironmentFault, Finding, InvalidInput
from dagbook.notebook.environment import Requirements
from tests.acceptance.notebooks import notebook, write


@pytest.fixture
def made(tmp_path: Path) -> Path:
    write(tmp_path / "project" / "n.ipynb", notebook("x = 1"))
    return package(tmp_path / "project" / "n.ipynb", tmp_path / "made").path


def archive(place: Path, *more: tuple[zipfile.ZipInfo | str, bytes]) -> Path:
    with zipfile.ZipFile(place, "w") as made:
        made.writestr(MANIFEST, "{}")
        for entry, content in more:
            made.writestr(entry, content, compress_type=zipfile.ZIP_DEFLATED)
    return place


def link() -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo("data")
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    return entry


HOSTILE: dict[str, tuple[Callable[[Path], Path], str]] = {
    "up": (lambda at: archive(at, ("a/../../evil", b"")), "bad-path"),
    "root": (lambda at: archive(at, ("/etc/evil", b"")), "bad-path"),
    "drive": (lambda at: archive(at, ("C:/evil", b"")), "bad-path"),
    "backslash": (lambda at: archive(at, ("a\\..\\..\\evil", b"")), "bad-path"),
    "link": (lambda at: archive(at, (link(), b"/etc")), "bad-path"),
    "twice": (lambda at: archive(at, ("a", b""), ("A", b"")), "package-damaged"),
    "bomb": (lambda at: archive(at, ("a", b"\0" * 60_000_000)), "package-too-large"),
    "file as folder": (lambda at: archive(at, ("a", b""), ("a/b", b"")), "package-damaged"),
    "no archive": (lambda at: at.write_bytes(b"PK") and at, "package-damaged"),
    "nothing": (lambda at: at, "no-such-file"),
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_an_archive_that_is_not_to_be_trusted_leaves_nothing(tmp_path, name):
    make, code = HOSTILE[name]
    place = make(tmp_path / "p.zip")
    with pytest.raises(InvalidInput) as caught:
        unpack(place, tmp_path / "deep" / "out")
    assert [finding.code for finding in caught.value.findings] == [code]
    assert all(finding.remedy for finding in caught.value.findings)
    assert [path for path in tmp_path.rglob("*") if path not in {place, tmp_path / "deep"}] == []


def test_an_archive_that_is_no_package_or_is_cut_off_is_refused(tmp_path, made):
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as other:
        other.writestr("a.txt", "a")
    with pytest.raises(InvalidInput, match=MANIFEST):
        unpack(tmp_path / "other.zip", tmp_path / "out")
    whole = package(tmp_path / "project" / "n.ipynb", tmp_path / "p.zip").path
    content = bytearray(whole.read_bytes())
    content[5000] ^= 0xFF
    (tmp_path / "bad.zip").write_bytes(content)
    with pytest.raises(InvalidInput) as caught:
        unpack(tmp_path / "bad.zip", tmp_path / "out")
    assert caught.value.findings[0].code == "package-damaged"
    assert not (tmp_path / "out").exists()


def test_an_archive_is_unpacked_once_and_never_over_something_else(tmp_path, monkeypatch):
    write(tmp_path / "project" / "n.ipynb", notebook("x = 1"))
    place = package(tmp_path / "project" / "n.ipynb", tmp_path / "p.zip").path
    monkeypatch.chdir(tmp_path)
    opened = open_package(Path("p.zip"))
    assert (opened.folder, opened.lock, opened.notes) == (tmp_path / "p", "", ())
    (opened.folder / "results.txt").write_text("mine")
    assert open_package(place).folder == opened.folder
    (opened.folder / MANIFEST).unlink()
    with pytest.raises(InvalidInput, match="something else"):
        open_package(place)
    assert (opened.folder / "results.txt").read_text() == "mine"
    assert open_package(place, into=tmp_path / "q").folder == tmp_path / "q"


def test_a_package_is_a_project_of_its_own(made):
    assert is_package(made)
    opened = open_package(made)
    assert open_launchable(opened.file).name == "n"
    assert (made / ".dagbook").is_dir()
    with pytest.raises(InvalidInput, match="--into"):
        open_package(made, into=made.parent / "x")


def altered(made: Path, **change: object) -> None:
    place = made / MANIFEST
    place.write_text(json.dumps(json.loads(place.read_text()) | change))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"format": 2, "dagbook": "9.0"}, "package-too-new"),
        ({"file": "../n.ipynb"}, "bad-path"),
        ({"files": {"/etc/passwd": ""}}, "bad-path"),
        ({"files": {"gone.csv": ""}}, "package-damaged"),
        ({"python": 3}, "package-damaged"),
    ],
)
def test_a_manifest_that_cannot_be_followed_is_refused(made, change, code):
    altered(made, **change)
    with pytest.raises(InvalidInput) as caught:
        open_package(made)
    assert caught.value.findings[0].code == code


def test_what_was_changed_is_named(made):
    write(made / "n.ipynb", notebook("x = 2"))
    (note,) = open_package(made).notes
    assert (note.code, "n.ipynb" in note.message) == ("package-changed", True)


def test_another_platform_and_another_environment_are_said_with_a_remedy(made):
    altered(made, platform="Darwin-arm64", python="3.9.1")
    (made / "requirements.txt").write_text("# python: 3.9\npydantic==0.0.1\nno-such-package==1\n")
    opened = open_package(made, same_environment=True)
    notes = {note.code: note for note in opened.notes}
    assert opened.lock == ""
    assert "Darwin-arm64" in notes["other-platform"].message
    for part in ("in place of 3.9.1", "in place of 0.0.1", "no no-such-package 1"):
        assert part in notes["other-environment"].message
    assert all(note.remedy for note in opened.notes)


def test_packages_that_cannot_be_had_are_said_before_anything_runs(made, monkeypatch):
    altered(made, platform="Darwin-arm64")
    (made / "requirements.txt").write_text("# python: 3.9\npydantic==0.0.1\n")

    def refuse(self: UvEnvironments, lock: str) -> str:
        raise EnvironmentFault(Finding(code="environment-failed", message="no pydantic", remedy="try again"))

    monkeypatch.setattr(UvEnvironments, "prepare", refuse)
    said: list[str] = []
    with pytest.raises(EnvironmentFault, match=r"Darwin-arm64.*--same-environment"):
        open_package(made, look=said.append)
    assert "1 packages" in said[0]


def test_a_lock_that_a_package_brings_is_taken_and_nothing_is_resolved(tmp_path, monkeypatch):
    environments = UvEnvironments(tmp_path / "environments")
    wanted = Requirements(dependencies=("cowsay",))
    environments.keep(wanted, "cowsay==6.1\n")
    environments.keep(wanted, "cowsay==6.0\n")
    monkeypatch.setenv("PATH", "")
    assert environments.lock(wanted) == "cowsay==6.1\n"
