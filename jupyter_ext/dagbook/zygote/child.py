"""What every forked child does first: it becomes a process of its own, as if it had been started anew."""

from __future__ import annotations

import atexit
import fcntl
import gc
import os
import resource
import signal
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any

from .blas import set_threads
from .marks import show

MARKS = ("DAGBOOK_RUN", "DAGBOOK_STEP", "DAGBOOK_ATTEMPT", "DAGBOOK_ATTEMPT_ID")
_LIMITS = [name for name in dir(resource) if name.startswith("RLIMIT_")]
_F_SETSIG = 10


def limits() -> dict[str, tuple[int, int]]:
    """The resource limits of this process, for a child to be under the same."""
    return {name: resource.getrlimit(getattr(resource, name)) for name in _LIMITS}


def settle(request: dict[str, Any], fds: Sequence[int], room: int, imported: Mapping[str, str]) -> None:
    """Take on what the request says.

    Args:
        request: `env`, `cwd`, `limits`, `umask` and `orphaned` (the signal to get when the asker dies).
        fds: stdout, stderr, and the end of a pipe whose other end the asker holds for life.
        room: see `marks`.
        imported: variables that imports have set.
    """
    os.setsid()
    for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    # A pipe that nobody writes to, as jupyter_client gives it to a kernel.
    nothing, end = os.pipe()
    os.close(end)
    for target, source in enumerate((nothing, *fds[:2])):
        os.dup2(source, target)
    for spent in {nothing, *fds[:2]} - {0, 1, 2}:
        os.close(spent)
    _die_with(fds[2], signal.Signals(request["orphaned"]))
    env = request["env"]
    os.environ.clear()
    os.environ.update({**imported, **env})
    time.tzset()
    show(room, {name: env[name] for name in MARKS if name in env})
    for name, (soft, hard) in request["limits"].items():
        try:
            resource.setrlimit(getattr(resource, name), (soft, hard))
        except (OSError, ValueError):
            continue  # higher than ours are: nobody may have that
    os.umask(request["umask"])
    os.chdir(request["cwd"])
    sys.dont_write_bytecode = bool(env.get("PYTHONDONTWRITEBYTECODE"))
    _forget()
    set_threads(env)
    gc.enable()


def leave(code: int) -> None:
    """End as a Python program does, but for tidying up memory that is gone a moment later anyway."""
    try:
        threading._shutdown()  # type: ignore[attr-defined]  # noqa: SLF001  # waits for threads, as at any end
        atexit._run_exitfuncs()  # noqa: SLF001
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)


def _die_with(pipe: int, number: signal.Signals) -> None:
    """Get `number` when the other end of `pipe` is closed, however its holder ends. Needs no thread."""
    fcntl.fcntl(pipe, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(pipe, _F_SETSIG, int(number))
    fcntl.fcntl(pipe, fcntl.F_SETFL, fcntl.fcntl(pipe, fcntl.F_GETFL) | os.O_ASYNC | os.O_NONBLOCK)
    try:
        # It may have ended before we asked.
        if os.read(pipe, 1) == b"":
            os.kill(os.getpid(), number)
    except BlockingIOError:
        pass


def _forget() -> None:
    """Have nothing random in common with brothers and sisters. `random` sees to itself."""
    numpy = sys.modules.get("numpy.random")
    if numpy is not None:
        numpy.seed()
    uuid = sys.modules.get("uuid")
    if uuid is not None:
        uuid._last_timestamp = None  # type: ignore[attr-defined]  # noqa: SLF001
    tempfile = sys.modules.get("tempfile")
    if tempfile is not None:
        # It was looked for in another environment.
        tempfile.tempdir = None  # type: ignore[attr-defined]
