"""What scheduling costs per node: a graph whose nodes do nothing, by Dagbook, Luigi and Dask, in one run.

Dagbook's driver is the real one, with its journal on the disk, synced at each change of state, and a runner
that executes nothing. Luigi's and Dask's schedulers run in this process, with workers that do nothing; they
keep no journal.

    pip install -e '.[bench]' && python benchmarks/scheduling.py --nodes 1000
"""

from __future__ import annotations

import argparse
import logging
import shutil
import tempfile
import time
import uuid
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness import Ways, comparison, machine, measure

if TYPE_CHECKING:
    from dagbook.engine.loop import Driver

NODES, WIDTH = 1000, 20
EMPTY: dict[str, Any] = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []}


def graph(nodes: int) -> dict[str, tuple[str, ...]]:
    """Layers of WIDTH nodes; each needs the two above it."""
    return {
        f"n{number}": tuple(
            f"n{up}" for up in (number - WIDTH, number - WIDTH + 1) if 0 <= up < number - number % WIDTH
        )
        for number in range(nodes)
    }


def instant_driver(folder: Path, nodes: int, *, synced: bool = True) -> Driver:
    """The real driver, of a graph whose nodes are over at once."""
    from dagbook.engine.loop import Driver
    from dagbook.engine.ports import Ports
    from dagbook.journals.jsonl import JsonlJournal
    from dagbook.testing import (
        FakeRunner,
        MemoryCache,
        MemoryJournal,
        MemoryLocks,
        MemoryTracker,
        plan_of,
    )

    plan = plan_of(graph(nodes), folder=folder, jobs=WIDTH)
    kept = {name: node.model_copy(update={"cache": False}) for name, node in plan.nodes.items()}
    ports = Ports(
        journal=JsonlJournal(folder / "journal.jsonl") if synced else MemoryJournal(),
        executor=_Instant(FakeRunner()), cache=MemoryCache(folder / "cache"), tracker=MemoryTracker(),
        locks=MemoryLocks(), read_notebook=lambda _path: EMPTY,
    )  # fmt: skip
    return Driver(plan.model_copy(update={"nodes": kept}), folder.name, folder, ports, lambda: None)


def dagbook_per_node(nodes: int, *, synced: bool = True) -> float:
    """Milliseconds per node of a whole run, from its first event to its last."""
    folder = Path(tempfile.mkdtemp(prefix="dagbook-bench-"))
    try:
        driver = instant_driver(folder, nodes, synced=synced)
        began = time.perf_counter()
        state = driver.drive()
        taken = time.perf_counter() - began
        assert state.state == "succeeded"
        return taken / nodes * 1000
    finally:
        shutil.rmtree(folder)


class _Instant:
    """An executor whose attempts are over as soon as somebody looks."""

    def __init__(self, runner: Any) -> None:
        self._runner = runner
        self._open: list[Any] = []

    def start(self, request: Any) -> None:
        self._open.append(request)

    def stop(self, step: str) -> None:
        """Nothing runs for long."""

    def wait(self, _seconds: float) -> Sequence[Any]:
        from dagbook.engine.ports import Ended

        happened: list[Any] = []
        for request in self._open:
            result = self._runner.run(request, happened.append)
            happened.append(Ended(step=request.step, attempt=request.attempt, result=result))
        self._open.clear()
        return happened

    def close(self) -> None:
        """Nothing runs."""


def luigi_per_node(nodes: int) -> float:
    """The same graph as Luigi tasks that are complete once they ran."""
    import luigi

    logging.getLogger("luigi").setLevel(logging.CRITICAL)
    logging.getLogger("luigi-interface").setLevel(logging.CRITICAL)
    wanted, done = graph(nodes), set()

    class Node(luigi.Task):
        name = luigi.Parameter()
        run_of = luigi.Parameter()

        def requires(self) -> Sequence[luigi.Task]:
            return [Node(name=up, run_of=self.run_of) for up in wanted[self.name]]

        def complete(self) -> bool:
            return self.name in done

        def run(self) -> None:
            done.add(self.name)

    run = uuid.uuid4().hex
    tasks = [Node(name=name, run_of=run) for name in wanted]
    began = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert luigi.build(tasks, local_scheduler=True, workers=1, no_lock=True, log_level="CRITICAL")
    taken = time.perf_counter() - began
    assert len(done) == nodes
    return taken / nodes * 1000


def dask_per_node(client: Any, nodes: int) -> float:
    """The same graph as futures that depend on each other."""
    wanted, futures, run = graph(nodes), {}, uuid.uuid4().hex
    began = time.perf_counter()
    for name, ups in wanted.items():
        futures[name] = client.submit(_nothing, *(futures[up] for up in ups), key=f"{name}-{run}", pure=False)
    client.gather(list(futures.values()))
    return (time.perf_counter() - began) / nodes * 1000


def _nothing(*_: Any) -> None:
    """What each node does."""


@comparison(
    "Scheduling",
    ours="dagbook, journal synced",
    unit="ms per node",
    note=(
        f"A graph of {NODES:,} nodes that do nothing, {WIDTH} side by side. Dagbook syncs its journal to the "
        "disk at each change of state; Luigi and Dask (`distributed`, one thread) keep none. Lower is better."
    ),
    rounds=3,
)
def scheduling() -> Iterator[Ways]:
    """Every way with the same graph."""
    yield from ways(NODES)


def ways(nodes: int) -> Iterator[Ways]:
    """The ways, with a Dask cluster that lives as long as they are used."""
    from distributed import Client, LocalCluster

    for noisy in ("distributed", "bokeh", "tornado"):
        logging.getLogger(noisy).setLevel(logging.CRITICAL)
    cluster = LocalCluster(n_workers=1, threads_per_worker=1, processes=False, dashboard_address=":0")
    with cluster, Client(cluster) as client:
        yield {
            "dagbook, journal synced": lambda: dagbook_per_node(nodes),
            "dagbook, journal in memory": lambda: dagbook_per_node(nodes, synced=False),
            "luigi": lambda: luigi_per_node(nodes),
            "dask distributed": lambda: dask_per_node(client, nodes),
        }


def main() -> None:
    """Measure this alone, and how the cost of a node goes with the size of the graph."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    asked.add_argument("--rounds", type=int, default=5)
    given = asked.parse_args()
    print(machine(), "\n")
    print(measure(scheduling, given.rounds).markdown())
    for nodes in (250, 1000, 4000, 10_000):
        print(f"dagbook, {nodes:>5} nodes: {dagbook_per_node(nodes, synced=False):.3f} ms per node")


if __name__ == "__main__":
    main()
