"""What an attempt asks of a cluster's workers, by the names that these declare."""

from __future__ import annotations

import pytest

from dagbook.engine.request import NodeRequest
from dagbook.executors.dask.executor import wanted_resources


def request(cpu: float = 0, memory: int | None = None) -> NodeRequest:
    return NodeRequest(
        run="r", step="a", node="a", attempt=1, notebook="n", folder="f", cwd="c", cpu=cpu, memory=memory
    )


@pytest.mark.parametrize(
    ("declared", "cpu", "memory", "wanted"),
    [
        ({}, 4, 10, {}),
        ({"cpu": 8}, 4, 10, {"cpu": 4}),
        ({"CPU": 8, "MEMORY": 100}, 4, 10, {"CPU": 4, "MEMORY": 10}),
        ({"cpu": 8}, 0, None, {}),
        ({"GPU": 1}, 4, 10, {}),
    ],
)
def test_only_what_workers_declare_is_asked_of_them(declared: dict, cpu: float, memory: int, wanted: dict):
    assert wanted_resources(request(cpu, memory), declared) == (wanted, None)


def test_what_no_worker_has_fails_at_once_and_does_not_wait_for_ever():
    wanted, problem = wanted_resources(request(cpu=16), {"cpu": 8})
    assert wanted == {}
    assert problem is not None
    assert (problem.name, problem.value) == (
        "NoSuchWorker", "it asks for cpu 16, and no worker of the cluster has more than 8"
    )  # fmt: skip
