"""Fork servers, for real: what their children have, how they end, and what is refused."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from dagbook.zygote.asking import LOST, Forked, ForkServer, Line, NotForked

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forks on Linux only")

ROOT = Path(__file__).parents[3]
SECONDS = 60.0


@contextmanager
def server(folder: Path, env: dict[str, str] | None = None, **options: Any) -> Iterator[ForkServer]:
    path = os.pathsep.join([str(ROOT), str(folder / "site-packages")])
    started = ForkServer(
        become="tests.unit.zygote.runs_code",
        env={**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1", **(env or {})},
        folder=str(folder),
        **options,
    )
    try:
        yield started
    finally:
        started.close()


class Asker:
    """One connection, and what its children write."""

    def __init__(self, started: ForkServer, folder: Path) -> None:
        self.line = Line(started.socket)
        self.folder = folder
        self.env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(folder / "site-packages")])}
        self.env["PYTHONDONTWRITEBYTECODE"] = "1"

    def fork(self, code: str, cwd: Path | None = None, **env: str) -> Forked:
        self.out = self.folder / "out"
        with self.out.open("wb") as out:
            return self.line.fork(
                env={**self.env, **env},
                cwd=str(cwd or self.folder),
                outputs=(out.fileno(), out.fileno()),
                more={"code": code},
                orphaned=signal.SIGTERM,
            )

    def said(self, code: str, **env: str) -> str:
        assert self.fork(code, **env).wait(SECONDS) == 0, self.out.read_text()
        return self.out.read_text()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[ForkServer, Path]]:
    folder = tmp_path_factory.mktemp("zygote")
    with server(folder) as started:
        yield started, folder


@pytest.fixture
def asker(shared: tuple[ForkServer, Path]) -> Iterator[Asker]:
    made = Asker(*shared)
    yield made
    made.line.close()


def test_a_child_has_what_it_was_given(asker: Asker):
    os.umask(before := os.umask(0o027))
    try:
        os.umask(0o027)
        told = asker.said(
            "import json, os, resource, sys; print(json.dumps({'cwd': os.getcwd(), 'x': os.environ['X'],"
            "'umask': os.umask(0), 'session': os.getsid(0) == os.getpid(), 'in': sys.stdin.read(),"
            "'core': resource.getrlimit(resource.RLIMIT_CORE)[0]}))",
            X="given",
        )
    finally:
        os.umask(before)
    seen = json.loads(told)
    import resource

    assert seen == {
        "cwd": str(asker.folder), "x": "given", "umask": 0o027, "session": True, "in": "",
        "core": resource.getrlimit(resource.RLIMIT_CORE)[0],
    }  # fmt: skip


def test_marks_of_a_child_are_seen_from_outside(asker: Asker):
    child = asker.fork("import time; time.sleep(60)", DAGBOOK_RUN="r1", DAGBOOK_STEP="a")
    grandchild = asker.fork("import os, time; os.fork(); time.sleep(60)", DAGBOOK_RUN="r2")
    until = time.monotonic() + SECONDS
    while psutil.Process(child.pid).environ().get("DAGBOOK_STEP") != "a" and time.monotonic() < until:
        time.sleep(0.01)
    assert psutil.Process(child.pid).environ()["DAGBOOK_RUN"] == "r1"
    while not (below := psutil.Process(grandchild.pid).children()) and time.monotonic() < until:
        time.sleep(0.01)
    assert below[0].environ()["DAGBOOK_RUN"] == "r2"
    below[0].kill()
    for process in (child, grandchild):
        process.kill()
        assert process.wait(SECONDS) == -signal.SIGKILL


@pytest.mark.parametrize(
    ("code", "ended"),
    [("1", 0), ("raise SystemExit(3)", 3), ("1 / 0", 1), ("import os; os.kill(os.getpid(), 15)", -15)],
)
def test_the_exit_code_is_told(asker: Asker, code: str, ended: int):
    assert asker.fork(code).wait(SECONDS) == ended


def test_what_is_to_be_done_at_the_end_is_done(asker: Asker):
    code = (
        "import atexit, threading, time; atexit.register(print, 'last')\n"
        "threading.Thread(target=lambda: (time.sleep(0.1), print('thread'))).start()"
    )
    assert asker.said(code).split() == ["thread", "last"]


def test_children_have_no_chance_in_common(asker: Asker):
    code = "import random, uuid; print(random.random(), uuid.uuid4(), uuid.uuid1().hex[:12])"
    assert len({*asker.said(code).split(), *asker.said(code).split()}) == 6


def test_children_die_with_whoever_asked(shared: tuple[ForkServer, Path]):
    asker = Asker(*shared)
    child = asker.fork("import time; time.sleep(60)")
    asker.line.close()
    assert child.wait(SECONDS) == LOST  # nobody is left to know of its signal


def test_a_child_survives_the_server(tmp_path: Path):
    with server(tmp_path) as started:
        asker = Asker(started, tmp_path)
        child = asker.fork("import time; time.sleep(0.5); print('done')")
        os.kill(started.pid, signal.SIGKILL)
        child.wait(SECONDS)
        assert asker.out.read_text() == "done\n"
        with pytest.raises(NotForked, match="fork server"):
            asker.fork("1")
        asker.line.close()


def test_nothing_is_left_of_a_server(tmp_path: Path):
    with server(tmp_path) as started:
        assert started.answer(SECONDS) == {"ready": started.pid}
        folder = Path(started.socket).parent
    assert not psutil.pid_exists(started.pid)
    assert not folder.exists()


def test_a_server_dies_with_whoever_started_it(tmp_path: Path):
    code = (
        "import os, time; from dagbook.zygote.asking import ForkServer\n"
        f"e = dict(os.environ, PYTHONPATH={str(ROOT)!r})\n"
        "s = ForkServer(become='tests.unit.zygote.runs_code', env=e)\n"
        "s.answer(60); print(s.pid, flush=True); time.sleep(60)"
    )
    starter = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, cwd=ROOT)
    assert starter.stdout is not None
    pid = int(starter.stdout.readline())
    starter.kill()
    starter.communicate()
    psutil.wait_procs([psutil.Process(pid)] if psutil.pid_exists(pid) else [], timeout=SECONDS)
    assert not psutil.pid_exists(pid)


MODULES = {
    "fine": "VALUE = 1",
    "broken": "1 / 0",
    "leaves": "raise SystemExit",
    "threads": "import threading, time; threading.Thread(target=time.sleep, args=(60,), daemon=True).start()",
    "process": "import subprocess; p = subprocess.Popen(['sleep', '1'])",
    "connection": "import socket; s = socket.socket()",
    "database": "import sqlite3; c = sqlite3.connect('db'); c.execute('create table t (x)'); c.commit()",
}


def write_modules(folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    for name, source in MODULES.items():
        (folder / f"{name}_mod.py").write_text(source)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("absent", "does not import (ModuleNotFoundError: No module named 'absent_mod')"),
        ("broken", "does not import (ZeroDivisionError: division by zero)"),
        ("leaves", "does not import (SystemExit: )"),
        ("threads", "starts threads"),
        ("process", "starts a process"),
        ("connection", "opens a connection"),
        ("database", "opens a database"),
    ],
)
def test_what_no_child_can_share_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, why: str
):
    monkeypatch.chdir(tmp_path)
    write_modules(tmp_path)
    with server(tmp_path, preload=[f"{name}_mod"]) as started:
        answer = started.answer(SECONDS) or {}
        assert answer.get("refused", "").startswith(f"preload '{name}_mod' {why}")
        with pytest.raises(NotForked):
            Asker(started, tmp_path).fork("1")


def test_what_was_learnt_and_cannot_be_is_passed_over(tmp_path: Path):
    write_modules(tmp_path / "site-packages")
    learnt = ["broken_mod", "threads_mod", "fine_mod", "absent_mod"]
    with server(tmp_path, learnt=learnt) as started:
        assert "ready" in (started.answer(SECONDS) or {})
        asker = Asker(started, tmp_path)
        loaded = asker.said("import sys; print(*sorted(m for m in sys.modules if m.endswith('_mod')))")
        asker.line.close()
    assert loaded.split() == ["fine_mod"]


def test_a_local_module_that_changed_is_refused(tmp_path: Path):
    write_modules(tmp_path)
    with server(tmp_path, preload=["fine_mod"]) as started:
        asker = Asker(started, tmp_path)
        assert asker.said("import fine_mod; print(fine_mod.VALUE)") == "1\n"
        with pytest.raises(NotForked, match="local to"):
            asker.fork("1", cwd=tmp_path.parent)
        (tmp_path / "fine_mod.py").write_text("VALUE = 'changed'")
        with pytest.raises(NotForked, match=r"fine_mod\.py has changed"):
            asker.fork("1")
        asker.line.close()


def test_a_package_that_was_installed_meanwhile_is_noticed(tmp_path: Path):
    write_modules(tmp_path / "site-packages")
    with server(tmp_path) as started:
        asker = Asker(started, tmp_path)
        assert asker.fork("1").wait(SECONDS) == 0
        (tmp_path / "site-packages" / "new.py").touch()
        with pytest.raises(NotForked, match="site-packages has changed"):
            asker.fork("1")
        asker.line.close()


def test_a_variable_that_counts_at_the_start_must_be_the_same(asker: Asker):
    assert asker.said("print(1)", ANYTHING="else") == "1\n"
    with pytest.raises(NotForked, match="another PYTHONHASHSEED"):
        asker.fork("1", PYTHONHASHSEED="7")


def test_a_fork_that_fails_is_said(tmp_path: Path):
    with server(tmp_path, env={"FORK_FAILS": "1"}) as started:
        asker = Asker(started, tmp_path)
        with pytest.raises(NotForked, match="no process could be forked: Resource temporarily"):
            asker.fork("1")
        asker.line.close()


def test_nobody_listens():
    with pytest.raises(NotForked, match="no fork server answers"):
        Line("/nowhere/at/all")


_PRODUCT = """
import json, os, numpy
def threads():
    return len(os.listdir("/proc/self/task"))
before, a = threads(), numpy.ones((600, 600))
a @ a
print(json.dumps([before, threads()]))
"""


@pytest.mark.parametrize("wanted", [1, 3])
def test_linear_algebra_has_its_threads_from_its_first_product_on(tmp_path: Path, wanted: int):
    pytest.importorskip("numpy")
    with server(tmp_path, learnt=["numpy"]) as started:
        (said,) = Asker(started, tmp_path).said(_PRODUCT, OPENBLAS_NUM_THREADS=str(wanted)).splitlines()
    # New threads look for work, busily, while a kernel starts: there is none before it is wanted.
    assert json.loads(said) == [1, wanted]
