"""Runs on a Dask cluster of real processes: what is killed there, and what becomes of the run."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.acceptance.dask_cluster import DaskCluster, dask_cluster
from tests.acceptance.project import Project, finish, wait_until

pytestmark = pytest.mark.kernel

# Counts its executions; the first one sleeps until it is killed.
COUNTS = """
import os, time
from pathlib import Path
with open('executions', 'a') as file:
    file.write(os.environ['DAGBOOK_STEP'] + '#' + os.environ['DAGBOOK_ATTEMPT'] + '\\n')
"""
SLEEPS = """
if not os.path.exists('go'):
    Path('worker').write_text(str(os.getppid()))
    Path('kernel.pid').write_text(str(os.getpid()))
    print('here', flush=True)
    time.sleep(600)
"""


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[DaskCluster]:
    with dask_cluster(tmp_path / "cluster") as made:
        yield made


@pytest.fixture
def counting(project: Project) -> Project:
    """`a` publishes, `b` sleeps unless there is a file `go`, and then publishes what it was given."""
    project.notebook("a.ipynb", COUNTS, "import dagbook", "dagbook.output(total=42)")
    project.notebook("b.ipynb", {"source": "x = 0", "metadata": {"tags": ["parameters"]}, "cell_type": "code",
                                 "outputs": [], "execution_count": None},
                     COUNTS, SLEEPS, "import dagbook", "dagbook.output(got=x)")  # fmt: skip
    project.pipeline(
        "pipeline: p\nexecutor: dask\nnodes:\n  a: {notebook: a.ipynb}\n"
        "  b: {notebook: b.ipynb, params: {x: '${a.total}'}}\n"
    )
    return project


def executions(project: Project) -> list[str]:
    return (project.folder / "executions").read_text().split()


def where(pid: int, cluster: DaskCluster, names: tuple[str, ...]) -> str:
    """Which worker a process runs below."""
    above = {parent.pid for parent in psutil.Process(pid).parents()}
    (found,) = [name for name in names if cluster.pid(name) in above]
    return found


def nothing_runs(project: Project) -> None:
    wait_until(lambda: not project.leftovers(), 30)


def test_a_killed_worker_costs_one_execution_more_and_leaves_nothing_running(
    counting: Project, cluster: DaskCluster
):
    names = ("one", "two")
    for name in names:
        cluster.add_worker(name)
    process = counting.start("run", "p.pipeline.yaml", "--dask-address", cluster.address, "--json")
    kernel = counting.kernel_pid()
    counting.seen(counting.the_run(), "here")
    # Before it dies: whoever is tried next goes through.
    (counting.folder / "go").touch()
    cluster.kill(where(kernel, cluster, names))
    answer = finish(process, 240)
    assert answer.code == 0, answer
    assert executions(counting) == ["a#1", "b#1", "b#2"]
    assert answer.step("b")["outputs"] == {"got": 42}
    journal = (counting.runs / counting.the_run() / "journal.jsonl").read_text("utf-8")
    assert journal.count('"step_started"') == 3
    assert "was lost" in journal
    wait_until(lambda: not psutil.pid_exists(kernel), 30)
    nothing_runs(counting)


def test_a_killed_driver_leaves_nothing_running_on_workers(counting: Project, cluster: DaskCluster):
    cluster.add_worker("one")
    process = counting.start("run", "p.pipeline.yaml", "--dask-address", cluster.address)
    kernel = counting.kernel_pid()
    run = counting.the_run()
    # Its guardian too: on the workers' machines there is none of the driver's.
    driver = counting.driver(run)
    for child in driver.children():
        child.kill()
    driver.kill()
    finish(process, 120)
    wait_until(lambda: not psutil.pid_exists(kernel), 60)
    nothing_runs(counting)
    (counting.folder / "go").touch()
    answer = counting.dagbook("resume", run, "--json", timeout=240)
    assert answer.code == 0, answer
    assert executions(counting) == ["a#1", "b#1", "b#2"]


def test_a_cancelled_run_ends_its_notebook_and_keeps_what_ran(counting: Project, cluster: DaskCluster):
    cluster.add_worker("one")
    process = counting.start("run", "p.pipeline.yaml", "--dask-address", cluster.address, "--json")
    kernel = counting.kernel_pid()
    counting.seen(counting.the_run(), "here")
    process.send_signal(signal.SIGINT)
    answer = finish(process, 120)
    assert answer.code == 130, answer
    step = answer.step("b")
    assert step["state"] == "cancelled"
    assert "here" in Path(step["notebook"]).read_text("utf-8")
    wait_until(lambda: not psutil.pid_exists(kernel), 30)
    nothing_runs(counting)


def test_a_scheduler_that_dies_fails_the_run_in_words_and_leaves_nothing_running(
    counting: Project, cluster: DaskCluster
):
    cluster.add_worker("one")
    process = counting.start("run", "p.pipeline.yaml", "--dask-address", cluster.address, "--json")
    kernel = counting.kernel_pid()
    cluster.kill("scheduler")
    answer = finish(process, 240)
    assert answer.code == 1, answer
    assert f"the Dask cluster at {cluster.address} went away" in answer.step("b")["error"]["value"]
    os.kill(cluster.pid("one"), signal.SIGKILL)
    wait_until(lambda: not psutil.pid_exists(kernel), 60)
    nothing_runs(counting)


def test_without_a_cluster_nothing_is_run(counting: Project):
    answer = counting.dagbook("run", "p.pipeline.yaml", "--dask-address", "tcp://127.0.0.1:1")
    assert answer.code == 3
    assert "the Dask cluster at tcp://127.0.0.1:1 cannot be reached" in answer.err
    assert "Fix: " in answer.err
    assert not (counting.folder / "executions").exists()
