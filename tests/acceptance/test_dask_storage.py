"""Runs whose workers have no folder in common with the driver: all goes by a real S3 server."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import boto3
import psutil
import pytest
from moto.server import ThreadedMotoServer

from dagbook.engine.content import digest_of
from tests.acceptance.dask_cluster import DaskCluster, dask_cluster
from tests.acceptance.hidden import need_namespaces, without
from tests.acceptance.project import Project, finish, wait_until
from tests.acceptance.test_tracking_truth import tree
from tests.architecture.sources import ROOT

pytestmark = pytest.mark.kernel

STORAGE = "s3://team/dagbook"
KEYS = {"AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": "s", "AWS_DEFAULT_REGION": "us-east-1"}


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    monkeypatch.setenv("FSSPEC_S3_ENDPOINT_URL", url)
    boto3.client("s3", endpoint_url=url).create_bucket(Bucket="team")
    yield url
    server.stop()


def objects(endpoint: str) -> list[str]:
    listed = boto3.client("s3", endpoint_url=endpoint).list_objects_v2(Bucket="team")
    return [entry["Key"] for entry in listed.get("Contents", ())]


@pytest.fixture
def cluster(tmp_path: Path, endpoint: str) -> Iterator[DaskCluster]:
    """A scheduler; its folder is beside the projects', which workers do not see."""
    need_namespaces()
    with dask_cluster(tmp_path / "cluster") as made:
        yield made


def hide(cluster: DaskCluster, project: Project, *names: str) -> None:
    for name in names:
        cluster.add_worker(name, prefix=without(project.folder))


def asked(cluster: DaskCluster, file: str = "p.pipeline.yaml") -> list[str]:
    return ["run", file, "--dask-address", cluster.address, "--storage", STORAGE, "--json"]


@pytest.mark.slow
def test_the_digits_come_out_as_they_do_here(
    make_project: Callable[[Path], Project], cluster: DaskCluster, endpoint: str, tmp_path: Path
):
    here, there = (make_project(tmp_path / name) for name in ("here", "there"))
    for project in (here, there):
        shutil.copytree(ROOT / "examples" / "digits", project.folder, dirs_exist_ok=True)
    hide(cluster, there, "one", "two")
    local = here.dagbook("run", "digits.pipeline.yaml", "-p", "rows=300", "--json", timeout=400)
    away = there.dagbook(*asked(cluster, "digits.pipeline.yaml"), "-p", "rows=300", timeout=400)
    assert away.code == local.code == 0, away
    assert comparable(away.json, there) == comparable(local.json, here)
    assert objects(endpoint) == []
    run = there.the_run()
    for step in there.show(run).json["steps"]:
        notebook = Path(step["notebook"])
        assert notebook.is_relative_to(there.runs / run)
        assert notebook.is_file()
        assert "dagbook-room-" not in notebook.read_text("utf-8")
    # What was made there is found again here, by its fingerprint.
    again = there.dagbook("run", "digits.pipeline.yaml", "-p", "rows=300", "--json", timeout=200)
    assert {step["state"] for step in again.json["steps"]} == {"reused"}, again


def comparable(answer: dict, project: Project) -> dict:
    """State and outputs of each step; a file by its place in the run, and a table by its content too."""
    runs = project.runs

    def of(value: object) -> object:
        path = Path(str(value))
        if not path.is_relative_to(runs):
            return value
        content = digest_of(path) if path.suffix in {".parquet", ".csv", ".json"} else path.exists()
        return path.relative_to(runs).parts[1:], content

    return {
        step["step"]: (step["state"], {name: of(value) for name, value in step["outputs"].items()})
        for step in answer["steps"]
    }


def test_what_is_recorded_is_what_a_local_run_records(
    make_project: Callable[[Path], Project], cluster: DaskCluster, tmp_path: Path
):
    recorded = []
    for name in ("here", "there"):
        project = make_project(tmp_path / name)
        project.single(
            "%load_ext dagbook\n%metric loss=0.5 --step 1\n%metric loss=0.25 --step 2\n%output y=3"
        )
        words = ["run", "p.pipeline.yaml", "--json"]
        if name == "there":
            hide(cluster, project, "one")
            words = asked(cluster)
        answer = project.dagbook(*words, timeout=200)
        assert answer.code == 0, answer
        recorded.append(tree(answer.json, f"sqlite:///{project.folder}/.dagbook/mlflow.db")["n"])
    here, there = recorded
    assert here["metrics"]["loss"] == [(1, 0.5), (2, 0.25)]
    for what in ("status", "params", "metrics", "artifacts"):
        assert there[what] == here[what]


def sleeping(project: Project, flags: Path) -> None:
    """`a` publishes a file; `b` sleeps until it is killed, or reads it where there is a file `go`.

    The flags lie where both sides see them: they are the test's, and no part of the run.
    """
    counts = (
        "import os, time\nfrom pathlib import Path\n"
        f"flags = Path({str(flags)!r})\n"
        "with (flags / 'executions').open('a') as file:\n"
        "    file.write(os.environ['DAGBOOK_STEP'] + '#' + os.environ['DAGBOOK_ATTEMPT'] + '\\n')\n"
    )
    made = (
        "import helper, dagbook\nPath('made.csv').write_text(Path('data/in.csv').read_text() + helper.MORE)\n"
        "dagbook.output(table=Path('made.csv'))"
    )
    sleep = (
        "if not (flags / 'go').exists():\n"
        "    (flags / 'kernel.pid').write_text(str(os.getpid()))\n"
        "    print('here', flush=True)\n    time.sleep(600)\n"
    )
    read = "import dagbook\ndagbook.output(got=Path(table).read_text(), where=str(table))"
    (project.folder / "data").mkdir()
    (project.folder / "data" / "in.csv").write_text("x\n")
    (project.folder / "helper.py").write_text("MORE = '1\\n'\n")
    flags.mkdir()
    parameters = {"source": "table = None", "metadata": {"tags": ["parameters"]}, "cell_type": "code",
                  "outputs": [], "execution_count": None}  # fmt: skip
    project.notebook("a.ipynb", counts, made)
    project.notebook("b.ipynb", parameters, counts, sleep, read)
    project.pipeline(
        "pipeline: p\nnodes:\n  a: {notebook: a.ipynb, deps: [data/in.csv]}\n"
        "  b: {notebook: b.ipynb, params: {table: '${a.table}'}}\n"
    )


def pid_in(path: Path) -> int:
    return int(wait_until(lambda: path.exists() and path.read_text(), 120))


def test_a_killed_worker_costs_one_execution_more(
    project: Project, cluster: DaskCluster, endpoint: str, tmp_path: Path
):
    flags = tmp_path / "flags"
    sleeping(project, flags)
    names = ("one", "two")
    hide(cluster, project, *names)
    process = project.start(*asked(cluster))
    kernel = int(
        wait_until(lambda: (flags / "kernel.pid").exists() and (flags / "kernel.pid").read_text(), 120)
    )
    project.seen(project.the_run(), "here")
    (flags / "go").touch()
    above = {parent.pid for parent in psutil.Process(kernel).parents()}
    cluster.kill(next(name for name in names if cluster.pid(name) in above))
    answer = finish(process, 240)
    assert answer.code == 0, answer
    assert (flags / "executions").read_text().split() == ["a#1", "b#1", "b#2"]
    assert answer.step("b")["outputs"]["got"] == "x\n1\n"
    # The path that it was given there is the one that it has here.
    assert Path(answer.step("b")["outputs"]["where"]).read_text() == "x\n1\n"
    wait_until(lambda: not psutil.pid_exists(kernel), 30)
    wait_until(lambda: not project.leftovers(), 30)
    assert objects(endpoint) == []
    assert not (project.folder / "made.csv").exists()


def test_a_cancelled_run_keeps_what_ran_and_leaves_nothing(
    project: Project, cluster: DaskCluster, endpoint: str, tmp_path: Path
):
    flags = tmp_path / "flags"
    sleeping(project, flags)
    hide(cluster, project, "one")
    process = project.start(*asked(cluster))
    kernel = int(
        wait_until(lambda: (flags / "kernel.pid").exists() and (flags / "kernel.pid").read_text(), 120)
    )
    project.seen(project.the_run(), "here")
    process.send_signal(signal.SIGINT)
    answer = finish(process, 120)
    assert answer.code == 130, answer
    assert answer.step("b")["state"] == "cancelled"
    assert "here" in Path(answer.step("b")["notebook"]).read_text("utf-8")
    wait_until(lambda: not psutil.pid_exists(kernel), 30)
    assert objects(endpoint) == []


def test_a_storage_that_is_away_is_found_before_anything_runs(project: Project, tmp_path: Path):
    project.single("open('ran', 'w')")
    blocked = tmp_path / "file"
    blocked.write_text("no folder")
    answer = project.dagbook("run", "p.pipeline.yaml", "--executor", "dask", "--storage", f"{blocked}/below")
    assert answer.code == 3, answer
    assert "the storage cannot be used" in answer.err
    assert "Fix: " in answer.err
    assert "Traceback" not in answer.said
    assert not (project.folder / "ran").exists()


def test_workers_that_do_not_reach_the_storage_fail_the_step_in_words(project: Project, cluster: DaskCluster):
    project.single("x = 1")
    away = {"FSSPEC_S3_ENDPOINT_URL": "http://127.0.0.1:1"}
    cluster.add_worker("one", prefix=without(project.folder), env=away)
    answer = project.dagbook(*asked(cluster), timeout=200)
    assert answer.code == 1, answer
    error = answer.step("n")["error"]
    assert error["name"] == "StorageAway"
    assert "could not get what the step needs" in error["value"]
