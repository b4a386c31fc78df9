"""What was logged survives: a killed kernel, a tracking server that goes away, a sender that is killed."""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from tests.acceptance.live_kernel import LiveKernel, Store, closed, jupyter_server, mlflow_server, no_senders
from tests.acceptance.project import Project, wait_until

pytestmark = pytest.mark.kernel


@pytest.fixture
def server(tmp_path: Path, database: Path, quiet_home: Path) -> Server:
    """A real MLflow server, which is not started yet."""
    folder = tmp_path / "server"
    folder.mkdir()
    (folder / "server.db").write_bytes(database.read_bytes())
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return Server(folder, probe.getsockname()[1], {"HOME": str(quiet_home)})


@dataclass(frozen=True)
class Server:
    """A tracking server with a place, a port and a store of its own."""

    folder: Path
    port: int
    env: dict[str, str]

    @contextmanager
    def running(self) -> Iterator[str]:
        """The process, from its first answer to its end."""
        with mlflow_server(self.folder, self.port, self.env) as uri:
            wait_until(partial(answers, self.port), 180)
            yield uri


def answers(port: int) -> bool:
    import urllib.request

    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=2) as reply:
            return bool(reply.status == 200)
    except OSError:
        return False


def started(kernel: LiveKernel, project: Project) -> None:
    """Load the extension, and wait until the first record got through: what follows is no start-up."""
    kernel.run("%load_ext dagbook")
    kernel.run("import os, dagbook\nfrom dagbook.magics.logbook import logbook\n%metric warm=1")
    done = kernel.run("print(logbook().wait_until_sent(120))", timeout=130)
    assert done.text == "True\n", done


def test_a_killed_kernel_loses_nothing_and_its_run_ends_as_killed(project: Project):
    kernel = LiveKernel(project.folder, project.env)
    try:
        started(kernel, project)
        kernel.run("%track start doomed")
        asked = kernel.send("for i in range(3000): dagbook.metric(loss=i)\nprint('logged', flush=True)\n"
                            "import time; time.sleep(60)")  # fmt: skip
        assert asked
        outbox = project.folder / ".dagbook" / "outbox"
        wait_until(
            lambda: sum(path.read_bytes().count(b'"loss"') for path in outbox.glob("*/records.jsonl")) == 3000
        )
        kernel.kill()
        killed = time.monotonic()
        said = project.dagbook("doctor")
        assert "records" in said.out
        wait_until(lambda: closed(project.folder / ".dagbook" / "mlflow.db"), 60)
        took = time.monotonic() - killed
    finally:
        kernel.shutdown()
    no_senders(project.folder)
    store = Store(f"sqlite:///{project.folder}/.dagbook/mlflow.db")
    run = store.runs()["doomed"]
    assert run.info.status == "KILLED"
    assert run.data.tags["dagbook.ended"] == "its kernel went away"
    assert store.points(run, "loss") == [(i, float(i)) for i in range(3000)]
    print(f"true status {took:.1f} s after the kill (with a `dagbook doctor` in between)")


def test_kernel_and_sender_killed_the_next_look_sends_and_ends_all(project: Project):
    from dagbook.engine.sending import holder

    root = project.folder / ".dagbook" / "outbox"
    kernel = LiveKernel(project.folder, project.env)
    try:
        started(kernel, project)
        sender = holder(root)
        assert sender is not None
        os.kill(sender, 9)
        kernel.run("%track start doomed\nfor i in range(100): dagbook.metric(loss=i)", timeout=200)
        kernel.kill()
        second = holder(root)
        if second is not None:
            os.kill(second, 9)
    finally:
        kernel.shutdown()
    looked = time.monotonic()
    synced = project.dagbook("sync")
    took = time.monotonic() - looked
    assert (synced.code, synced.out.strip()) == (0, "everything is in MLflow"), synced
    store = Store(f"sqlite:///{project.folder}/.dagbook/mlflow.db")
    run = store.runs()["doomed"]
    assert run.info.status == "KILLED"
    assert store.points(run, "loss") == [(i, float(i)) for i in range(100)]
    print(f"true status {took:.1f} s after the look")


def test_a_look_at_jupyters_server_ends_the_runs_of_kernels_that_are_gone(project: Project):
    from dagbook.engine.sending import holder

    root = project.folder / ".dagbook" / "outbox"
    kernel = LiveKernel(project.folder, project.env)
    try:
        started(kernel, project)
        sender = holder(root)
        assert sender is not None
        os.kill(sender, 9)  # the machine was short of memory: nobody is left who knows
        kernel.run("%track start doomed")
        asked = kernel.send("for i in range(500): dagbook.metric(loss=i)\nos.kill(os.getpid(), 9)")
        assert asked
        wait_until(lambda: holder(root) is not None or not alive(kernel.pid), 60)
        second = holder(root)
        if second is not None:
            os.kill(second, 9)
        wait_until(lambda: not alive(kernel.pid), 60)
    finally:
        kernel.shutdown()
    assert not closed(project.folder / ".dagbook" / "mlflow.db")
    with jupyter_server(project.folder, project.env) as ask:
        ask("dagbook/api/runs")
        looked = time.monotonic()
        wait_until(lambda: closed(project.folder / ".dagbook" / "mlflow.db"), 90)
        took = time.monotonic() - looked
    no_senders(project.folder)
    store = Store(f"sqlite:///{project.folder}/.dagbook/mlflow.db")
    run = store.runs()["doomed"]
    assert (run.info.status, run.data.tags["dagbook.ended"]) == ("KILLED", "its kernel went away")
    assert store.points(run, "loss") == [(i, float(i)) for i in range(500)]
    print(f"true status {took:.1f} s after the look")


def alive(pid: int) -> bool:
    from dagbook.engine.writer import start_of

    return start_of(pid) is not None


def test_a_server_that_is_stopped_in_the_middle_of_a_cell_and_started_again_gets_every_point_once(
    project: Project, server: Server
):
    project.env["MLFLOW_TRACKING_URI"] = f"http://127.0.0.1:{server.port}"
    with server.running():
        kernel = LiveKernel(project.folder, project.env)
        started(kernel, project)
        asked = kernel.send(
            "%%track through\nimport time\nfrom pathlib import Path\nslowest = 0\n"
            "for i in range(3000):\n"
            "    at = time.perf_counter(); dagbook.metric(loss=i)\n"
            "    slowest = max(slowest, time.perf_counter() - at)\n"
            "    if i == 1000: Path('half').touch()\n"
            "    while i == 1000 and not Path('stopped').exists(): time.sleep(0.05)\n"
            "%param p=1\nPath('f.txt').write_text('kept')\n%artifact f.txt\nprint('slowest', slowest < 1)"
        )
        wait_until((project.folder / "half").exists, 60)
    (project.folder / "stopped").touch()
    try:
        shown = kernel.answer(asked)
        assert shown.status == "ok", shown.traceback
        assert "slowest True" in shown.text
        assert "MLflow is away" in shown.text or "on its way to MLflow" in shown.text
        left = project.dagbook("sync", "--json", timeout=120)
        assert (left.code, left.json[0]["waiting"] > 0) == (3, True), left
        with server.running() as uri:
            assert project.dagbook("sync", timeout=120).code == 0
            kernel.shutdown()
            no_senders(project.folder)
            store = Store(uri)
            run = store.runs()["through"]
            history = store.client.get_metric_history(run.info.run_id, "loss")
            kept = store.text(run, "f.txt")
    finally:
        kernel.shutdown()
    assert sorted((point.step, point.value) for point in history) == [(i, float(i)) for i in range(3000)]
    assert (run.info.status, run.data.params["p"], kept) == ("FINISHED", "1", "kept")


def test_a_hundred_thousand_points_are_all_there_in_order(project: Project):
    kernel = LiveKernel(project.folder, project.env)
    try:
        started(kernel, project)
        shown = kernel.run("%%track many\nfor i in range(100_000): dagbook.metric(loss=i)\nprint('ran')")
        assert shown.text.startswith("ran"), shown
        done = kernel.run("print(logbook().wait_until_sent(400))", timeout=420)
        assert done.text == "True\n", done
    finally:
        kernel.shutdown()
    no_senders(project.folder)
    store = Store(f"sqlite:///{project.folder}/.dagbook/mlflow.db")
    assert store.points(store.runs()["many"], "loss") == [(i, float(i)) for i in range(100_000)]


def test_a_store_that_can_only_be_read_is_said_in_one_line_and_what_was_logged_waits(project: Project):
    path = project.folder / ".dagbook" / "mlflow.db"
    kernel = LiveKernel(
        project.folder, {**project.env, "MLFLOW_TRACKING_URI": f"sqlite:///file:{path}?mode=ro&uri=true"}
    )
    try:
        kernel.run("%load_ext dagbook\nfrom dagbook.magics.logbook import logbook")
        kernel.run("%metric x=1")
        kernel.run("logbook().wait_until_sent(60)", timeout=90)
        shown = kernel.run("%%track kept -m y\ny = 2\nprint('ran')")
    finally:
        kernel.shutdown()
    end_sender(project)
    assert "ran" in shown.text
    assert "readonly database" in shown.text
    assert "Traceback" not in shown.text
    (waiting,) = (project.folder / ".dagbook" / "outbox").glob("*/records.jsonl")
    assert '"y":2.0' in waiting.read_text()
    said = project.dagbook("sync", timeout=120)
    assert (said.code, "readonly database" in said.said) == (3, True), said


def test_a_store_that_never_was_there_costs_the_cell_little_and_keeps_all(project: Project):
    with socket.create_server(("127.0.0.1", 0)) as probe:
        nowhere = f"http://127.0.0.1:{probe.getsockname()[1]}"
    kernel = LiveKernel(project.folder, {**project.env, "MLFLOW_TRACKING_URI": nowhere})
    try:
        kernel.run("%load_ext dagbook")
        began = time.monotonic()
        shown = kernel.run("%%track lonely -m x\nx = 1\nprint('ran')")
        took = time.monotonic() - began
    finally:
        kernel.shutdown()
    assert "ran" in shown.text
    assert "Traceback" not in shown.text
    assert took < 15
    (waiting,) = (project.folder / ".dagbook" / "outbox").glob("*/records.jsonl")
    kinds = [json.loads(line)["kind"] for line in waiting.read_text().splitlines()]
    assert kinds[0] == "open"
    assert kinds[-1] == "close"
    end_sender(project)


def test_a_database_of_an_older_mlflow_is_said_in_one_line(project: Project):
    import sqlite3

    with sqlite3.connect(project.folder / ".dagbook" / "mlflow.db") as database:
        database.execute("update alembic_version set version_num = '0a8213491aaa'")
    kernel = LiveKernel(project.folder, project.env)
    try:
        kernel.run("%load_ext dagbook")
        kernel.run("%metric x=1")
        kernel.run("from dagbook.magics.logbook import logbook\nlogbook().wait_until_sent(60)")
        shown = kernel.run("%%track old\nprint('ran')")
    finally:
        kernel.shutdown()
    assert "ran" in shown.text
    assert "out-of-date database schema" in shown.text
    assert "Traceback" not in shown.text
    end_sender(project)


def end_sender(project: Project) -> None:
    """A sender whose store is away waits for it; the test does not."""
    from dagbook.engine.sending import holder

    pid = holder(project.folder / ".dagbook" / "outbox")
    if pid is not None:
        os.kill(pid, 15)
    no_senders(project.folder)
