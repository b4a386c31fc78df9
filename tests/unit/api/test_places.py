"""Where steps run: whose word counts."""

from __future__ import annotations

from pathlib import Path

import pytest

from dagbook.api.places import WantedPlace, choose_place, jobs_at
from dagbook.errors import InvalidInput
from dagbook.pipeline.plan import Place
from dagbook.settings import read_settings
from tests.unit.pipeline.specs import spec


@pytest.mark.parametrize(
    ("written", "env", "asked", "expected"),
    [
        ({}, {}, {}, ("local", "")),
        ({"executor": "dask"}, {}, {}, ("dask", "")),
        ({"dask_address": "tcp://a:1"}, {}, {}, ("dask", "tcp://a:1")),
        ({"executor": "dask", "dask_address": "tcp://a:1"}, {}, {"executor": "local"}, ("local", "")),
        ({"executor": "dask"}, {"DAGBOOK_EXECUTOR": "local"}, {}, ("local", "")),
        ({}, {"DAGBOOK_DASK_ADDRESS": "tcp://b:1"}, {}, ("dask", "tcp://b:1")),
        (
            {"dask_address": "tcp://a:1"}, {"DAGBOOK_DASK_ADDRESS": "tcp://b:1"},
            {"dask_address": "tcp://c:1"}, ("dask", "tcp://c:1"),
        ),
        ({}, {"DAGBOOK_EXECUTOR": "local"}, {"dask_address": "tcp://c:1"}, ("dask", "tcp://c:1")),
    ],
)  # fmt: skip
def test_what_is_asked_for_wins_over_the_environment_and_that_over_the_file(
    tmp_path: Path, written: dict, env: dict, asked: dict, expected: tuple[str, str]
):
    place = choose_place(spec({"a": {}}, **written), WantedPlace(**asked), read_settings(tmp_path, env))
    assert (place.executor, place.address) == expected


@pytest.mark.parametrize(
    ("written", "env", "asked", "expected"),
    [
        ({"storage": "s3://a"}, {}, {}, ("local", "")),
        ({"executor": "dask"}, {}, {}, ("dask", "")),
        ({"executor": "dask", "storage": "s3://a"}, {}, {}, ("dask", "s3://a")),
        ({"executor": "dask", "storage": "s3://a"}, {"DAGBOOK_STORAGE": "/b"}, {}, ("dask", "/b")),
        ({"executor": "dask"}, {"DAGBOOK_STORAGE": "/b"}, {"storage": "gs://c"}, ("dask", "gs://c")),
    ],
)
def test_files_travel_only_to_a_cluster(
    tmp_path: Path, written: dict, env: dict, asked: dict, expected: tuple[str, str]
):
    place = choose_place(spec({"a": {}}, **written), WantedPlace(**asked), read_settings(tmp_path, env))
    assert (place.executor, place.storage) == expected


def test_a_storage_that_means_another_place_elsewhere_is_refused(tmp_path: Path):
    wanted = WantedPlace(executor="dask", storage="some/folder")
    with pytest.raises(InvalidInput, match=r"'some/folder' is neither.*whole path"):
        choose_place(spec({"a": {}}), wanted, read_settings(tmp_path, {}))


def test_an_executor_that_nobody_has_is_refused(tmp_path: Path):
    settings = read_settings(tmp_path, {"DAGBOOK_EXECUTOR": "dusk"})
    with pytest.raises(InvalidInput, match=r"no executor 'dusk'.*did you mean 'dask'"):
        choose_place(spec({"a": {}}), WantedPlace(), settings)


def test_a_cluster_decides_itself_how_much_runs_at_once(tmp_path: Path):
    settings = read_settings(tmp_path, {"DAGBOOK_JOBS": "3"})
    assert jobs_at(Place(executor="dask"), settings) == 3
    assert jobs_at(Place(executor="dask", address="tcp://a:1"), settings) == 100
