"""What every cache does; and that damage on a disk costs time, never a wrong result."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

import pytest

from dagbook.caches.directory import DirectoryCache
from dagbook.caches.memory import MemoryCache
from dagbook.caches.remote import RemoteCache
from dagbook.caches.shared import SharedCache
from dagbook.engine.content import digest_of
from dagbook.engine.ports import Cache, CachedResult
from dagbook.notebook.outputs import Output
from dagbook.testing import values

Open = Callable[[], Cache]


class Patient(SharedCache):
    """Everything is given to the team before `store` returns."""

    def store(self, result: CachedResult) -> None:
        super().store(result)
        self.close()


FP, OTHER = "a" * 64, "b" * 64


@pytest.fixture(params=["memory", "directory", "memory://", "local://", "shared"])
def open_cache(request: pytest.FixtureRequest, tmp_path: Path) -> Open:
    """Gives the cache; asked again, another user of the same one."""
    match request.param:
        case "directory":
            return lambda: DirectoryCache(tmp_path / "cache")
        case "memory://":
            url = f"memory://{tmp_path.name}-{uuid.uuid4().hex}"
            return lambda: RemoteCache(url)
        case "local://":  # as any store in which nothing appears at once
            return lambda: RemoteCache(f"local://{tmp_path / 'cache'}")
        case "shared":  # of somebody else each time: only what the team has is there again
            people = count()
            return lambda: Patient(
                DirectoryCache(tmp_path / f"own{next(people)}"), DirectoryCache(tmp_path / "cache")
            )
    cache = MemoryCache(tmp_path / "cache")
    return lambda: cache


@pytest.fixture
def result(tmp_path: Path) -> CachedResult:
    """A value, a file, a folder with folders in it, and the executed notebook."""
    return make_result(tmp_path / "attempt", "one")


def make_result(folder: Path, content: str, fingerprint: str = FP) -> CachedResult:
    outputs = folder / "outputs"
    (outputs / "model" / "deep").mkdir(parents=True)
    (outputs / "table.csv").write_text(f"a,b\n{content}\n")
    (outputs / "model" / "weights.bin").write_bytes(bytes(range(256)) * 40)
    (outputs / "model" / "deep" / "größe.txt").write_text(content)
    (folder / "notebook.ipynb").write_text("{}")
    return CachedResult(
        fingerprint=fingerprint,
        key="p/train()",
        parts={"code cell 1": "x", "parameter rows": content},
        run="r1",
        folder=folder,
        outputs={**values(acc=0.5).outputs, "table": of(folder, "table.csv"), "model": of(folder, "model")},
        notebook="notebook.ipynb",
    )


def of(folder: Path, name: str) -> Output:
    path = folder / "outputs" / name
    return Output(name=name.partition(".")[0], kind="file", path=f"outputs/{name}", sha256=digest_of(path))


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_an_empty_cache_knows_nothing(open_cache: Open, tmp_path: Path):
    cache = open_cache()
    assert cache.known(FP) is None
    assert cache.latest("p/train()") is None
    assert cache.fetch(FP, tmp_path / "into") is None


def test_what_was_stored_is_known_and_fetched_by_anyone(
    open_cache: Open, result: CachedResult, tmp_path: Path
):
    open_cache().store(result)
    reader = open_cache()
    known = reader.known(FP)
    assert known is not None
    assert (known.run, known.outputs) == ("r1", result.outputs)
    assert reader.latest("p/train()") == result.parts
    fetched = reader.fetch(FP, tmp_path / "into")
    assert fetched is not None
    assert fetched.folder == tmp_path / "into"
    assert (fetched.outputs, fetched.notebook, fetched.run) == (result.outputs, "notebook.ipynb", "r1")
    assert contents(tmp_path / "into") == contents(result.folder)


def test_what_was_fetched_outlives_the_one_that_made_it_and_changes_nothing(
    open_cache: Open, result: CachedResult, tmp_path: Path
):
    open_cache().store(result)
    before = contents(result.folder)
    shutil.rmtree(result.folder)
    open_cache().fetch(FP, tmp_path / "one")
    (tmp_path / "one" / "outputs" / "table.csv").write_text("spoilt by a user")
    assert open_cache().fetch(FP, tmp_path / "two") is not None
    assert contents(tmp_path / "two") == before


def test_the_newest_parts_of_a_key_are_kept(open_cache: Open, result: CachedResult, tmp_path: Path):
    open_cache().store(result)
    newer = make_result(tmp_path / "newer", "two", OTHER)
    open_cache().store(newer)
    assert open_cache().latest("p/train()") == newer.parts
    assert open_cache().known(FP) is not None
    assert open_cache().known(OTHER) is not None


def test_storing_the_same_again_is_no_matter(open_cache: Open, result: CachedResult, tmp_path: Path):
    open_cache().store(result)
    open_cache().store(result)
    assert open_cache().fetch(FP, tmp_path / "into") is not None


def test_a_result_that_published_nothing_is_a_result(open_cache: Open, tmp_path: Path):
    (tmp_path / "empty").mkdir()
    open_cache().store(CachedResult(fingerprint=FP, key="k", parts={}, run="r", folder=tmp_path / "empty"))
    fetched = open_cache().fetch(FP, tmp_path / "into")
    assert fetched is not None
    assert fetched.outputs == {}


def test_who_took_a_result_as_current_is_kept_with_it(open_cache: Open, result: CachedResult, tmp_path: Path):
    open_cache().store(CachedResult(**{**vars(result), "accepted": "accepted by ada"}))
    known, fetched = open_cache().known(FP), open_cache().fetch(FP, tmp_path / "into")
    assert known is not None
    assert fetched is not None
    assert known.accepted == fetched.accepted == "accepted by ada"
    assert known.reason == "accepted by ada: result of run r1"


@pytest.mark.parametrize("key", ["p/train(depth='a/b', x=\"q\")", "größe ✓", "x" * 5000, ""])
def test_any_text_is_a_key(open_cache: Open, result: CachedResult, key: str):
    open_cache().store(CachedResult(**{**vars(result), "key": key}))
    assert open_cache().latest(key) == result.parts
    assert open_cache().latest(key + "x") is None


def test_a_file_that_is_gone_before_it_is_kept_is_an_os_error_and_nothing_is_known(
    open_cache: Open, result: CachedResult
):
    (result.folder / "outputs" / "table.csv").unlink()
    with pytest.raises(OSError, match=r"table|No such"):
        open_cache().store(result)
    assert open_cache().known(FP) is None


# --- on a disk ------------------------------------------------------------------------------------------


@pytest.fixture
def stored(tmp_path: Path, result: CachedResult) -> DirectoryCache:
    cache = DirectoryCache(tmp_path / "cache")
    cache.store(result)
    return cache


def objects(tmp_path: Path) -> list[Path]:
    """Every file that is, or is part of, an object."""
    return sorted(path for path in (tmp_path / "cache" / "objects").rglob("*") if path.is_file())


def test_one_flipped_bit_in_any_object_gives_nothing_and_the_next_store_mends_it(
    stored: DirectoryCache, result: CachedResult, tmp_path: Path
):
    assert len(objects(tmp_path)) == 4
    for number in range(4):
        victim = objects(tmp_path)[number]
        damaged = bytearray(victim.read_bytes())
        damaged[len(damaged) // 2] ^= 1
        victim.write_bytes(bytes(damaged))
        assert stored.fetch(FP, tmp_path / f"into{number}") is None
        stored.store(result)
        fetched = stored.fetch(FP, tmp_path / f"again{number}")
        assert fetched is not None
        assert contents(fetched.folder) == contents(result.folder)


@pytest.mark.parametrize("number", range(4))
def test_a_missing_object_gives_nothing_and_the_next_store_mends_it(
    stored: DirectoryCache, result: CachedResult, tmp_path: Path, number: int
):
    objects(tmp_path)[number].unlink()
    assert stored.fetch(FP, tmp_path / "into") is None
    stored.store(result)
    assert stored.fetch(FP, tmp_path / "again") is not None


def test_a_file_too_many_in_a_folder_is_damage(stored: DirectoryCache, tmp_path: Path):
    folder = next(path for path in (tmp_path / "cache" / "objects").iterdir() if path.is_dir())
    (folder / "stowaway").write_text("x")
    assert stored.fetch(FP, tmp_path / "into") is None


@pytest.mark.parametrize(
    "garbage",
    [b"", b"{", b"null", b"[]", b'"x"', b"{}", b"\xff\xfe", b'{"version": 2}', b"[" * 100_000, b"\0" * 100],
    ids=lambda garbage: repr(garbage[:10]),
)
def test_garbage_in_a_record_is_no_record(
    stored: DirectoryCache, result: CachedResult, tmp_path: Path, garbage: bytes
):
    for folder in ("results", "latest"):
        for record in (tmp_path / "cache" / folder).iterdir():
            record.write_bytes(garbage)
    assert stored.known(FP) is None
    assert stored.fetch(FP, tmp_path / "into") is None
    assert not stored.latest("p/train()")
    stored.store(result)
    assert stored.fetch(FP, tmp_path / "again") is not None


def test_a_record_of_a_newer_version_is_passed_over(stored: DirectoryCache, tmp_path: Path):
    record = tmp_path / "cache" / "results" / f"{FP}.json"
    record.write_text(record.read_text().replace('"version": 1', '"version": 2'))
    assert stored.known(FP) is None


def test_a_cache_that_cannot_be_read_gives_nothing(stored: DirectoryCache, tmp_path: Path):
    victim = objects(tmp_path)[0]
    victim.unlink()
    victim.symlink_to(victim)  # reading it fails with an error other than "no such file"
    assert stored.fetch(FP, tmp_path / "into") is None


def test_a_target_that_cannot_be_written_gives_nothing(stored: DirectoryCache, tmp_path: Path):
    (tmp_path / "into").write_text("a file where a folder should be")
    assert stored.fetch(FP, tmp_path / "into") is None


def test_many_may_store_and_fetch_at_once(tmp_path: Path):
    results = [make_result(tmp_path / f"attempt{n}", f"{n % 3}", f"{n % 3}" * 64) for n in range(12)]

    def use(number: int) -> bool:
        cache = DirectoryCache(tmp_path / "cache")
        cache.store(results[number])
        fetched = cache.fetch(results[number].fingerprint, tmp_path / f"into{number}")
        return fetched is not None and contents(fetched.folder) == contents(results[number].folder)

    with ThreadPoolExecutor(6) as pool:
        assert all(pool.map(use, range(12)))
    leftovers = [path.name for path in (tmp_path / "cache").rglob(".new-*")]
    assert leftovers == []


def test_a_dangling_link_in_a_folder_is_an_os_error_and_nothing_is_known(
    result: CachedResult, tmp_path: Path
):
    (result.folder / "outputs" / "model" / "link").symlink_to("nowhere")
    cache = DirectoryCache(tmp_path / "cache")
    with pytest.raises(OSError, match=r"nowhere|link"):
        cache.store(result)
    assert cache.known(FP) is None
