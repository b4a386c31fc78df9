"""What every executor does; and what the local one makes of workers that crash, hang or talk nonsense."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import distributed
import psutil
import pytest

from dagbook.engine.ports import Ended, Executor
from dagbook.engine.request import NodeRequest
from dagbook.executors import local
from dagbook.executors.dask.cluster import connect
from dagbook.executors.dask.executor import DaskExecutor
from dagbook.executors.local import LocalExecutor
from dagbook.executors.workers import Workers
from dagbook.run.events import CellStarted, Event, OutputSeen, StepWarned
from dagbook.testing import FakeExecutor, FakeRunner, Outcome, failed, values
from tests.docs.extending import on_the_page

# Speaks the protocol of `dagbook node run`, and does what the name of the node says.
WORKER = """
import json, os, signal, subprocess, sys, time
from pathlib import Path

path, pipe = Path(sys.argv[1]), int(sys.argv[3])
request = json.loads(path.read_text())
node, folder = request["node"], path.parent

def tell(text):
    os.write(pipe, text.encode() + b"\\n")

def event(kind, **fields):
    tell(json.dumps({"kind": kind, "step": request["step"], "attempt": request["attempt"], **fields}))

def finish(**result):
    (folder / "result.json").write_text(json.dumps(result))

event("cell_started", cell=1, total=1)
if node == "ok":
    event("output_seen", line="größe ✓")
    event("step_warned", message="careful")
    finish(state="succeeded", seconds=0.5)
elif node == "fails":
    finish(state="failed", error={"name": "ValueError", "value": "boom", "cell": 1})
    sys.exit(1)
elif node == "crashes":
    print("Traceback: it went wrong here", file=sys.stderr)
    sys.exit(70)
elif node in ("cannot", "environment"):
    print("there is no kernel named x", file=sys.stderr)
    sys.exit(2 if node == "cannot" else 3)
elif node == "killed":
    os.kill(os.getpid(), signal.SIGKILL)
elif node == "babbles":
    for line in ("", "{", "null", "[]", "5", "\\x00", "[" * 100_000, '{"kind": []}',
                 '{"kind": "cell_started"}', '{"kind": "step_teleported"}',
                 '{"kind": "run_finished", "state": "failed", "seconds": 1}',
                 '{"kind": "cell_started", "step": "other", "attempt": 1, "cell": 1, "total": 1}'):
        tell(line)
    os.write(pipe, b"\\xff\\xfe\\n")
    event("step_succeeded", seconds=1)
    event("step_failed", seconds=1, error={"name": "x", "value": "y"}, **{"as": "failed"})
    finish(state="succeeded")
elif node == "torn":
    os.write(pipe, b'{"kind": "cell_sta')
    (folder / "result.json").write_text('{"state": "succ')
elif node == "loud":
    for number in range(5000):
        event("output_seen", line=f"line {number} " + "x" * 200)
    finish(state="succeeded")
elif node == "child":
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True)
    (folder / "child").write_text(str(child.pid))
    os.kill(os.getpid(), signal.SIGKILL)
elif node == "hangs":
    def stop(*_):
        finish(state="killed", error={"name": "Cancelled", "value": "told to stop"})
        sys.exit(1)
    signal.signal(signal.SIGTERM, stop)
    event("cell_started", cell=2, total=2)
    time.sleep(60)
elif node == "deaf":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    event("cell_started", cell=2, total=2)
    time.sleep(60)
elif node == "closes":
    os.close(pipe)
    time.sleep(0.3)
    finish(state="succeeded")
"""

OUTCOMES: dict[str, Outcome] = {
    "ok": values(), "fails": failed(), "crashes": "dies", "killed": "dies", "hangs": "hangs",
}  # fmt: skip


@pytest.fixture
def worker(tmp_path: Path) -> list[str]:
    script = tmp_path / "worker.py"
    script.write_text(WORKER, "utf-8")
    return [sys.executable, "-S", str(script)]


@pytest.fixture(params=["fake", "local", "dask", "documented"])
def executor(request: pytest.FixtureRequest) -> Iterator[Executor]:
    if request.param == "fake":
        made: Executor = FakeExecutor(FakeRunner(OUTCOMES))
    elif request.param == "local":
        made = LocalExecutor(Workers(request.getfixturevalue("worker")))
    elif request.param == "documented":
        made = on_the_page("executors/threads.py")["ThreadExecutor"](request.getfixturevalue("worker"))
    else:
        address = request.getfixturevalue("dask_cluster")
        made = DaskExecutor(connect(address, 2), request.getfixturevalue("worker"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def dask_cluster() -> Iterator[str]:
    """The address of a cluster with two worker processes."""
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=2, dashboard_address=None, memory_limit=0
    ) as made:
        yield made.scheduler_address


@pytest.fixture
def local_executor(worker: list[str]) -> Iterator[LocalExecutor]:
    made = LocalExecutor(Workers(worker))
    yield made
    made.close()


Ask = Callable[[str], NodeRequest]


@pytest.fixture
def ask(tmp_path: Path) -> Ask:
    """A request for an attempt that does what its name says; `ok[3]` is one of several."""

    def make(step: str) -> NodeRequest:
        folder = tmp_path / "run" / step / "1"
        return NodeRequest(
            run=f"r-{os.getpid()}-{tmp_path.name}", step=step, node=step.partition("[")[0], attempt=1,
            notebook=str(tmp_path / "n.ipynb"), folder=str(folder), cwd=str(tmp_path),
        )  # fmt: skip

    return make


def until(
    executor: Executor, enough: Callable[[Sequence[Event | Ended]], bool], seconds: float = 90
) -> list[Event | Ended]:
    """Everything that happens until it is enough."""
    happened: list[Event | Ended] = []
    deadline = time.monotonic() + seconds
    while not enough(happened):
        assert time.monotonic() < deadline, f"only this happened: {happened}"
        happened += executor.wait(0.2)
    return happened


def ends(happened: Sequence[Event | Ended]) -> list[Ended]:
    return [one for one in happened if isinstance(one, Ended)]


def run(executor: Executor, *requests: NodeRequest) -> list[Event | Ended]:
    for request in requests:
        executor.start(request)
    return until(executor, lambda happened: len(ends(happened)) == len(requests))


def test_nothing_happens_while_nothing_runs(executor: Executor):
    assert list(executor.wait(0)) == []


def test_a_success_comes_with_its_result_after_its_events(executor: Executor, ask: Ask):
    happened = run(executor, ask("ok"))
    end = happened[-1]
    assert isinstance(end, Ended)
    assert (end.step, end.attempt) == ("ok", 1)
    assert end.result is not None
    assert end.result.state == "succeeded"
    assert isinstance(happened[0], CellStarted)


def test_a_failure_is_a_result(executor: Executor, ask: Ask):
    (end,) = ends(run(executor, ask("fails")))
    assert end.result is not None
    assert end.result.error is not None
    assert (end.result.state, end.result.error.value) == ("failed", "boom")


@pytest.mark.parametrize("how", ["crashes", "killed"])
def test_an_attempt_that_leaves_no_result_says_why(executor: Executor, ask: Ask, how: str):
    (end,) = ends(run(executor, ask(how)))
    assert end.result is None
    assert end.reason


def test_many_run_at_once_and_each_ends_once(executor: Executor, ask: Ask):
    steps = [f"{what}[{number}]" for number in range(4) for what in ("ok", "fails", "killed")]
    happened = run(executor, *(ask(step) for step in steps))
    assert sorted(end.step for end in ends(happened)) == sorted(steps)
    for end in ends(happened):
        state = end.result.state if end.result else None
        assert state == {"ok": "succeeded", "fails": "failed", "killed": None}[end.step.partition("[")[0]]


def test_what_is_told_to_stop_ends(executor: Executor, ask: Ask):
    executor.start(ask("hangs"))
    until(executor, lambda happened: any(isinstance(one, CellStarted) for one in happened))
    executor.stop("hangs")
    (end,) = ends(until(executor, ends))
    assert end.step == "hangs"
    assert end.result is None or end.result.state == "killed"


def test_stopping_what_does_not_run_is_no_matter(executor: Executor, ask: Ask):
    executor.stop("nobody")
    run(executor, ask("ok"))
    executor.stop("ok")
    assert ends(list(executor.wait(0))) == []


def test_closing_stops_what_runs(executor: Executor, ask: Ask):
    executor.start(ask("hangs"))
    executor.close()


# --- the local one --------------------------------------------------------------------------------------


def test_the_request_is_beside_the_result_and_the_log(local_executor: LocalExecutor, ask: Ask):
    request = ask("crashes")
    run(local_executor, request)
    folder = Path(request.folder)
    assert NodeRequest.model_validate_json((folder / "request.json").read_bytes()) == request
    assert "it went wrong here" in (folder / "log").read_text()


def test_every_event_of_a_worker_arrives_in_order(local_executor: LocalExecutor, ask: Ask):
    happened = run(local_executor, ask("ok"))
    assert [type(one) for one in happened] == [CellStarted, OutputSeen, StepWarned, Ended]
    assert isinstance(happened[1], OutputSeen)
    assert happened[1].line == "größe ✓"


def test_a_lot_of_events_neither_block_the_worker_nor_get_lost(local_executor: LocalExecutor, ask: Ask):
    happened = run(local_executor, ask("loud"))
    assert len(happened) == 5002
    assert ends(happened)[0].result is not None


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("killed", "signal 9 (SIGKILL)"),
        ("crashes", "code 70 and left no result: Traceback: it went wrong here"),
    ],
)
def test_the_end_of_a_worker_is_told_in_words(local_executor: LocalExecutor, ask: Ask, how: str, said: str):
    (end,) = ends(run(local_executor, ask(how)))
    assert said in end.reason


@pytest.mark.parametrize("how", ["cannot", "environment"])
def test_a_worker_that_cannot_start_its_notebook_has_failed(
    local_executor: LocalExecutor, ask: Ask, how: str
):
    (end,) = ends(run(local_executor, ask(how)))
    assert end.result is not None
    assert end.result.error is not None
    assert (end.result.state, end.result.error.value) == ("failed", "there is no kernel named x")


def test_nonsense_on_the_pipe_is_passed_over(local_executor: LocalExecutor, ask: Ask):
    happened = run(local_executor, ask("babbles"))
    assert [type(one) for one in happened] == [CellStarted, Ended]
    assert ends(happened)[0].result is not None


def test_a_torn_event_and_a_torn_result_are_none(local_executor: LocalExecutor, ask: Ask):
    happened = run(local_executor, ask("torn"))
    assert [type(one) for one in happened] == [CellStarted, Ended]
    assert ends(happened)[0].result is None


def test_a_worker_that_closes_its_pipe_is_still_waited_for(local_executor: LocalExecutor, ask: Ask):
    (end,) = ends(run(local_executor, ask("closes")))
    assert end.result is not None


def test_a_command_that_does_not_exist_ends_at_once(ask: Ask):
    executor = LocalExecutor(Workers(["/nonexistent/dagbook"]))
    (end,) = ends(run(executor, ask("ok")))
    executor.close()
    assert "No such file" in end.reason


def test_a_folder_that_cannot_be_made_ends_at_once(local_executor: LocalExecutor, ask: Ask, tmp_path: Path):
    (tmp_path / "run").write_text("a file where the run's folder should be")
    (end,) = ends(run(local_executor, ask("ok")))
    assert end.result is None
    assert "could not be started" in end.reason


def test_whoever_is_deaf_to_stop_is_killed_after_its_grace(
    local_executor: LocalExecutor, ask: Ask, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(local, "_GRACE", 0.3)
    local_executor.start(ask("deaf"))
    until(local_executor, lambda seen: any(isinstance(one, CellStarted) and one.cell == 2 for one in seen))
    began = time.monotonic()
    local_executor.stop("deaf")
    (end,) = ends(until(local_executor, ends))
    assert "SIGKILL" in end.reason
    assert time.monotonic() - began < 60


def test_stopping_one_leaves_the_others_alone(local_executor: LocalExecutor, ask: Ask):
    local_executor.start(ask("hangs[0]"))
    local_executor.start(ask("hangs[1]"))
    until(
        local_executor, lambda seen: sum(isinstance(one, CellStarted) and one.cell == 2 for one in seen) == 2
    )
    local_executor.stop("hangs[0]")
    assert [end.step for end in ends(until(local_executor, ends))] == ["hangs[0]"]
    assert ends(list(local_executor.wait(0.1))) == []


def test_a_child_that_a_killed_worker_left_is_ended(local_executor: LocalExecutor, ask: Ask):
    request = ask("child")
    run(local_executor, request)
    child = int((Path(request.folder) / "child").read_text())
    assert not psutil.pid_exists(child) or psutil.Process(child).status() == psutil.STATUS_ZOMBIE


def workers_now() -> list[psutil.Process]:
    """The processes that execute attempts for this one."""
    found = []
    for child in psutil.Process().children():
        # One that has ended and was not waited for yet has no command line.
        with suppress(psutil.ZombieProcess):
            if "worker.py" in " ".join(child.cmdline()):
                found.append(child)
    return found


def test_a_closed_executor_leaves_no_process(local_executor: LocalExecutor, ask: Ask):
    for step in ("hangs[0]", "hangs[1]"):
        local_executor.start(ask(step))
    until(
        local_executor, lambda seen: sum(isinstance(one, CellStarted) and one.cell == 2 for one in seen) == 2
    )
    workers = workers_now()
    assert len(workers) == 2
    local_executor.close()
    assert not any(child.is_running() for child in workers)


def test_workers_do_not_hear_the_terminals_interrupt(local_executor: LocalExecutor, ask: Ask):
    local_executor.start(ask("hangs"))
    until(local_executor, lambda seen: any(isinstance(one, CellStarted) for one in seen))
    (worker,) = workers_now()
    assert os.getpgid(worker.pid) != os.getpgid(0)
