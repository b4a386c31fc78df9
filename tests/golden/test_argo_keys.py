"""What Argo is told of each key. After a change that is meant: python -m tests.golden.test_argo_keys."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dagbook.compilers.argo.compiler import ArgoCompiler
from tests.unit.compilers.deployments import deployment

GOLDEN = Path(__file__).parent / "manifests" / "keys.argo.txt"
NODES = {
    "load": {
        "retries": {"limit": 3, "backoff": "10s", "max_backoff": "5m", "on": ["OSError", "killed"]},
        "timeout": "10m",
        "cell_timeout": "2m",
        "resources": {"cpu": "500m", "memory": "2Gi"},
    },
    "train": {
        "matrix": {"depth": [2, 4]},
        "params": {"table": "${load.table}"},
        "concurrency": 1,
        "mutex": "gpu",
        "semaphore": {"licences": 2},
        "retries": 1,
    },
    "publish": {"needs": ["train"], "when": "load.rows > 100", "approve": "Publish it?"},
    "mend": {"needs": ["publish"], "run_if": "failure"},
}


def manifest() -> str:
    """A CronWorkflow in which every key is written that Argo is told of."""
    compiler = ArgoCompiler()
    options = {"image": "registry.example/project:1", "kind": "cron", "semaphores": "locks"}
    schedule = {"cron": "0 6 * * 1-5", "timezone": "Europe/Oslo"}
    made = compiler.compile(deployment(compiler, NODES, options, concurrency=4, on={"schedule": schedule}))
    assert not made.is_refused, made.problems
    return re.sub(r"\b[0-9a-f]{64}\b", "DIGEST", made.text)


def test_the_manifest_of_all_keys_is_as_it_was():
    pytest.importorskip("hera", reason="the extra `argo` is not installed")
    assert manifest() == GOLDEN.read_text("utf-8")


if __name__ == "__main__":
    GOLDEN.write_text(manifest(), "utf-8")
