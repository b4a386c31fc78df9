"""Tidying up: what may go by the rule, what never goes, and that what is kept is whole."""

from __future__ import annotations

import os
import time
from datetime import timedelta
from pathlib import Path

import pytest

from dagbook import bootstrap
from dagbook.api.gc import Garbage, Retention, garbage, gc
from dagbook.caches.directory import DirectoryCache
from dagbook.engine.folders import gone_folder
from dagbook.engine.ports import CachedResult
from dagbook.journals.lines import encode_line
from dagbook.journals.lock import DriverLock
from dagbook.journals.tail import read_journal
from dagbook.run.events import StepReused, StepSucceeded
from tests.contract.test_caches import FP, OTHER, make_result
from tests.golden.runs import JOURNALS, GoldenRuns

DAY = 86400


@pytest.fixture
def runs(tmp_path: Path, neutral_settings: None) -> GoldenRuns:
    return GoldenRuns(tmp_path)


def fingerprints(journal: str) -> set[str]:
    events = [entry.event for entry in read_journal(JOURNALS / f"{journal}.jsonl")]
    return {event.fingerprint for event in events if isinstance(event, StepSucceeded | StepReused)}


def names(found: Garbage) -> list[str]:
    return [run["run"] for run in found.runs]


def aged(path: Path, seconds: float) -> None:
    for entry in [path, *path.rglob("*")]:
        os.utime(entry, (time.time() - seconds, time.time() - seconds))


def test_without_a_rule_no_run_goes(runs: GoldenRuns, tmp_path: Path):
    runs.add_as_of_now("success-matrix", ago=100 * DAY)
    found = garbage(tmp_path, Retention())
    assert not found
    assert (names(found), found.kept) == ([], 1)


def test_the_newest_of_each_pipeline_stay_and_what_is_young_and_what_is_driven(
    runs: GoldenRuns, tmp_path: Path
):
    old = [runs.add_as_of_now("success-matrix", ago=days * DAY) for days in (40, 30, 20)]
    runs.add_as_of_now("success-matrix", ago=DAY)
    other = runs.add_as_of_now("cancelled", ago=50 * DAY)
    runs.add_as_of_now("success-matrix", lines=9, ago=60 * DAY, driven=True)

    def going(**rule: object) -> list[str]:
        return names(garbage(tmp_path, Retention(**rule)))  # type: ignore[arg-type]

    pipelines = {run["run"]: run["pipeline"] for run in bootstrap.queries(tmp_path).runs()}
    same = pipelines[other] == pipelines[old[0]]
    assert set(going(keep=2)) == {*old[:2], *([other] if same else [])}
    assert set(going(older_than=timedelta(days=25))) == {*old[:2], other}
    assert set(going(keep=3, older_than=timedelta(days=35))) == {old[0], *([other] if same else [])}
    assert going(keep=0, pipelines=("nobody",)) == []


def test_what_is_tagged_stays(runs: GoldenRuns, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    run = runs.add_as_of_now("success-matrix", ago=40 * DAY)
    assert names(garbage(tmp_path, Retention(keep=0, keep_tags={"release": None}))) == [run]
    journal = runs.folder / run / "journal.jsonl"
    entries = read_journal(journal)
    tagged = entries[0].event.model_copy(update={"tags": {"release": "1.0"}})
    journal.write_bytes(
        b"".join(map(encode_line, [entries[0].model_copy(update={"event": tagged}), *entries[1:]]))
    )
    assert names(garbage(tmp_path, Retention(keep=0, keep_tags={"release": None}))) == []
    assert names(garbage(tmp_path, Retention(keep=0, keep_tags={"release": "2.0"}))) == [run]


def test_results_that_a_kept_run_refers_to_stay_and_others_go_with_their_contents(
    runs: GoldenRuns, tmp_path: Path
):
    runs.add_as_of_now("success-matrix", ago=DAY)
    needed = min(fingerprints("success-matrix"))
    assert needed
    cache = DirectoryCache(tmp_path / ".dagbook" / "cache")
    cache.store(make_result(tmp_path / "one", "one", needed))
    cache.store(make_result(tmp_path / "two", "two", FP))
    aged(tmp_path / ".dagbook" / "cache", 10 * DAY)
    cache.store(make_result(tmp_path / "three", "three", OTHER))

    found = garbage(tmp_path, Retention(older_than=timedelta(days=5)))

    assert names(found) == []
    assert [path.stem for path in found.cache.results] == [FP]
    assert found.bytes > 0
    assert gc(tmp_path, found) == []
    assert cache.known(FP) is None
    for kept in (needed, OTHER):
        assert cache.fetch(kept, tmp_path / kept[:5]) is not None
    assert not garbage(tmp_path, Retention(older_than=timedelta(days=5)))


def test_what_was_of_use_lately_is_not_old(runs: GoldenRuns, tmp_path: Path):
    cache = DirectoryCache(tmp_path / ".dagbook" / "cache")
    cache.store(make_result(tmp_path / "one", "one"))
    aged(tmp_path / ".dagbook" / "cache", 10 * DAY)
    assert cache.fetch(FP, tmp_path / "into") is not None
    assert not garbage(tmp_path, Retention(older_than=timedelta(days=5)))


def test_contents_that_a_run_keeps_at_this_moment_stay(runs: GoldenRuns, tmp_path: Path):
    cache = DirectoryCache(tmp_path / ".dagbook" / "cache")
    result = make_result(tmp_path / "one", "one")
    cache.store(result)
    aged(tmp_path / ".dagbook" / "cache", 10 * DAY)
    found = garbage(tmp_path, Retention(keep=0))
    assert found.cache.objects
    # Somebody publishes the same once more, between the look and the removal.
    cache.store(CachedResult(**{**vars(result), "fingerprint": OTHER}))
    found.cache.remove()
    assert cache.fetch(OTHER, tmp_path / "into") is not None


def test_remains_of_a_removal_that_was_cut_off_go_without_a_rule(runs: GoldenRuns, tmp_path: Path):
    run = runs.add_as_of_now("success-matrix", ago=DAY)
    folder = runs.folder / run
    folder.rename(gone_folder(folder))
    found = garbage(tmp_path, Retention())
    assert found
    assert found.bytes > 0
    gc(tmp_path, found)
    assert list(runs.folder.iterdir()) == []


def test_a_run_that_is_taken_up_meanwhile_stays_with_all_results(runs: GoldenRuns, tmp_path: Path):
    run = runs.add_as_of_now("cancelled", ago=40 * DAY)
    cache = DirectoryCache(tmp_path / ".dagbook" / "cache")
    cache.store(make_result(tmp_path / "one", "one"))
    aged(tmp_path / ".dagbook" / "cache", 10 * DAY)
    found = garbage(tmp_path, Retention(keep=0))
    lock = DriverLock(runs.folder / run)
    lock.acquire()
    try:
        assert gc(tmp_path, found) == [run]
    finally:
        lock.release()
    assert (runs.folder / run).is_dir()
    assert cache.known(FP) is not None
