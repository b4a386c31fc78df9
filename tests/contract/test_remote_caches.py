"""A cache at an address: damage costs time, a store that is away is said once, and nothing waits for it."""

from __future__ import annotations

import json
import sys
import tarfile
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from dagbook import bootstrap
from dagbook.caches.directory import DirectoryCache
from dagbook.caches.remote import CacheAway, RemoteCache, open_store
from dagbook.caches.shared import SharedCache
from dagbook.engine.ports import CachedResult
from dagbook.errors import EnvironmentFault
from dagbook.settings import read_settings
from tests.contract.test_caches import FP, OTHER, contents, make_result


@pytest.fixture
def result(tmp_path: Path) -> CachedResult:
    return make_result(tmp_path / "attempt", "one")


@pytest.fixture
def remote(tmp_path: Path) -> RemoteCache:
    """A store of files, so that a test can damage them."""
    return RemoteCache(f"local://{tmp_path / 'cache'}")


@pytest.mark.parametrize("number", range(3))
@pytest.mark.parametrize("damage", ["flip", "cut", "empty", "gone"])
def test_a_damaged_object_gives_nothing_and_the_next_store_mends_it(
    remote: RemoteCache, result: CachedResult, tmp_path: Path, number: int, damage: str
):
    remote.store(result)
    objects = sorted((tmp_path / "cache" / "objects").iterdir())
    assert len(objects) == 3
    whole = objects[number].read_bytes()
    middle = len(whole) // 2
    match damage:
        case "flip":
            objects[number].write_bytes(whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :])
        case "cut":
            objects[number].write_bytes(whole[:middle])
        case "empty":
            objects[number].write_bytes(b"")
        case _:
            objects[number].unlink()

    assert remote.fetch(FP, tmp_path / "into") is None

    remote.store(result)
    assert remote.fetch(FP, tmp_path / "again") is not None
    assert contents(tmp_path / "again") == contents(result.folder)


@pytest.mark.parametrize("garbage", [b"", b"{", b"null", b'{"version": 2}', b"\xff\xfe", b"[" * 100_000])
def test_garbage_in_a_record_is_no_record(
    remote: RemoteCache, result: CachedResult, tmp_path: Path, garbage: bytes
):
    remote.store(result)
    for folder in ("results", "latest"):
        for record in (tmp_path / "cache" / folder).iterdir():
            record.write_bytes(garbage)
    assert remote.known(FP) is None
    assert remote.fetch(FP, tmp_path / "into") is None
    assert not remote.latest("p/train()")


@pytest.mark.parametrize("path", ["../evil", "/{}/evil", "a/../../evil", "", "a\0b"])
def test_a_record_that_leads_out_of_its_folder_is_no_record(
    remote: RemoteCache, result: CachedResult, tmp_path: Path, path: str
):
    remote.store(result)
    (record,) = (tmp_path / "cache" / "results").iterdir()
    said = json.loads(record.read_text("utf-8"))
    name = next(name for name, output in said["outputs"].items() if output["kind"] == "file")
    said["outputs"][name]["path"] = path.format(tmp_path)
    record.write_text(json.dumps(said), "utf-8")
    assert remote.known(FP) is None
    assert remote.fetch(FP, tmp_path / "in" / "into") is None
    assert not list(tmp_path.rglob("evil"))


@pytest.mark.parametrize("kind", ["dots", "link", "packed"])
def test_a_packed_folder_that_leads_out_or_unfolds_is_damaged(
    remote: RemoteCache, result: CachedResult, tmp_path: Path, kind: str
):
    remote.store(result)
    objects = tmp_path / "cache" / "objects"
    packed = next(file for file in objects.iterdir() if tarfile.is_tarfile(file))
    (tmp_path / "evil.txt").write_text("evil")
    with tarfile.open(packed, "w:gz" if kind == "packed" else "w") as tar:
        if kind == "link":
            link = tarfile.TarInfo("way")
            link.type, link.linkname = tarfile.SYMTYPE, str(tmp_path)
            tar.addfile(link)
        tar.add(tmp_path / "evil.txt", arcname="../got.txt" if kind == "dots" else "way/got.txt")
    assert remote.fetch(FP, tmp_path / "in" / "into") is None
    assert not list(tmp_path.rglob("got.txt"))
    assert not packed.exists()


def test_nothing_of_a_store_without_whole_puts_is_ever_half_there(
    remote: RemoteCache, result: CachedResult, tmp_path: Path
):
    remote.store(result)
    names = [path.name for path in (tmp_path / "cache").rglob("*") if path.is_file()]
    assert names
    assert not [name for name in names if name.startswith(".new-")]


class Away(DirectoryCache):
    """A team's cache that fails from some moment on, and counts how often it was asked."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.asked = 0

    def known(self, fingerprint: str) -> Any:
        self.asked += 1
        raise CacheAway("s3://team: no route to host")

    def store(self, result: CachedResult) -> None:
        self.known(result.fingerprint)


def test_a_team_that_is_away_is_asked_once_and_said_once(result: CachedResult, tmp_path: Path):
    team = Away(tmp_path / "team")
    cache = SharedCache(DirectoryCache(tmp_path / "own"), team)
    assert cache.known(FP) is None
    assert cache.known(OTHER) is None
    assert team.asked == 1
    trouble = cache.trouble()
    assert trouble is not None
    assert "no route to host" in trouble
    assert cache.trouble() is None
    cache.store(result)
    cache.close()
    assert team.asked == 1
    assert cache.known(FP) is not None
    assert cache.fetch(FP, tmp_path / "into") is not None


def test_giving_to_a_slow_team_keeps_nobody_waiting(result: CachedResult, tmp_path: Path):
    go = threading.Event()

    class Slow(DirectoryCache):
        def store(self, result: CachedResult) -> None:
            go.wait(60)
            super().store(result)

    team = Slow(tmp_path / "team")
    cache = SharedCache(DirectoryCache(tmp_path / "own"), team)
    cache.store(result)
    assert team.known(FP) is None
    assert cache.known(FP) is not None
    go.set()
    cache.close()
    assert team.known(FP) is not None
    assert cache.trouble() is None


def test_what_the_team_had_is_kept_here(result: CachedResult, tmp_path: Path):
    team, own = DirectoryCache(tmp_path / "team"), DirectoryCache(tmp_path / "own")
    team.store(result)
    assert SharedCache(own, team).fetch(FP, tmp_path / "into") is not None
    assert own.known(FP) is not None
    assert own.latest("p/train()") == result.parts


def test_a_store_that_does_not_answer_is_away_after_a_while(monkeypatch: pytest.MonkeyPatch):
    class Silent:
        protocol = "s3"

        def cat_file(self, _name: str) -> bytes:
            time.sleep(30)
            return b"{}"

    cache = RemoteCache("s3://team/cache", patience=0.05)
    monkeypatch.setattr("dagbook.caches.remote.open_store", lambda _url: (Silent(), "team/cache"))
    with pytest.raises(CacheAway, match="did not answer"):
        cache.known(FP)


def test_what_a_store_says_of_itself_is_in_the_message(monkeypatch: pytest.MonkeyPatch):
    class Refusing:
        protocol = "s3"

        def cat_file(self, _name: str) -> bytes:
            raise PermissionError("Forbidden\nand more")

    monkeypatch.setattr("dagbook.caches.remote.open_store", lambda _url: (Refusing(), "team"))
    with pytest.raises(CacheAway, match=r"^s3://team: PermissionError: Forbidden$"):
        RemoteCache("s3://team").known(FP)


@pytest.mark.parametrize("url", ["gopher://x/y", "nothing://"])
def test_a_scheme_that_nobody_knows_is_an_error_with_a_remedy(url: str):
    with pytest.raises(EnvironmentFault) as caught:
        open_store(url)
    assert caught.value.findings[0].code == "cache-scheme"
    assert "DAGBOOK_CACHE" in caught.value.findings[0].remedy


def test_without_fsspec_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "fsspec.core", None)
    with pytest.raises(EnvironmentFault, match=r"fsspec is not installed.*dagbook\[remote\]"):
        open_store("s3://team")


@pytest.mark.parametrize(
    ("setting", "place"),
    [("team", "project/team"), ("../team", "team"), ("{tmp}/x", "x"), ("file://{tmp}/y", "y")],
)
def test_a_folder_may_be_shared_too(result: CachedResult, tmp_path: Path, setting: str, place: str):
    (tmp_path / "project" / ".dagbook").mkdir(parents=True)
    around = read_settings(tmp_path / "project", {"DAGBOOK_CACHE": setting.format(tmp=tmp_path)})
    cache = bootstrap.cache(around)
    cache.store(result)
    cache.close()
    assert DirectoryCache(tmp_path / place).known(FP) is not None
    assert DirectoryCache(around.cache).known(FP) is not None
