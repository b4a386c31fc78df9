"""The other side of a fork server: starting one, and asking it for processes."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .blas import ALONE
from .child import limits
from .marks import room
from .wire import hear, say

_HERE = Path(__file__).parent
_BOOT = (
    "import importlib.util as u,sys;h=sys.argv[1];"
    "s=u.spec_from_file_location('dagbook_zygote',h+'/__init__.py',submodule_search_locations=[h]);"
    "m=sys.modules['dagbook_zygote']=u.module_from_spec(s);s.loader.exec_module(m);"
    "from dagbook_zygote.server import main;main(sys.argv[2])"
)
KERNEL = "dagbook_zygote.kernel"
"""What a server is to become that forks kernels."""

LOST = 255
"""The exit code of a process that nobody is left to know of."""


class NotForked(Exception):
    """There is no process; the message says why. Whoever asked starts one of its own."""


class ForkServer:
    """A fork server that lives as long as we want it to, and no longer than we live.

    Args:
        python: the interpreter and its options.
        become: a module with `warm_up()` and `become(request)`.
        preload: modules to be imported before the first fork; refused where one cannot be.
        learnt: modules that are likely to be wanted; passed over where one cannot be.
        env: the environment that it is started with.
        folder: where local modules among `preload` are looked for.
    """

    def __init__(
        self,
        python: Sequence[str] = (sys.executable,),
        *,
        become: str = KERNEL,
        preload: Sequence[str] = (),
        learnt: Sequence[str] = (),
        env: Mapping[str, str] | None = None,
        folder: str = "",
    ) -> None:
        self._place = tempfile.mkdtemp(prefix=f"dagbook-{os.getpid()}-z")
        self.socket = os.path.join(self._place, "s")  # noqa: PTH118  # as short as it can be
        # Listened at from now on: whoever asks before it is ready waits for it.
        listening = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        listening.bind(self.socket)
        listening.listen(128)
        asked = {
            "listen": listening.fileno(), "become": become, "preload": list(preload), "learnt": list(learnt),
            "folder": folder,
        }  # fmt: skip
        self._said = b""
        self._answer: dict[str, Any] | None = None
        self._process = subprocess.Popen(
            [*python, "-c", _BOOT, str(_HERE), json.dumps(asked)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**(os.environ if env is None else env), **ALONE, **room()},
            start_new_session=True,
            pass_fds=[listening.fileno()],
        )
        listening.close()

    @property
    def pid(self) -> int:
        """Of the server."""
        return self._process.pid

    def answer(self, seconds: float = 0.0) -> dict[str, Any] | None:
        """`ready`, or `refused` and the `module` that is the reason; None when it has not answered yet."""
        until = time.monotonic() + seconds
        out = self._process.stdout
        while self._answer is None and out is not None:
            left = until - time.monotonic()
            if not select.select([out], [], [], max(left, 0))[0]:
                break
            read = os.read(out.fileno(), 65536)
            self._said += read
            if b"\n" in self._said:
                self._answer = json.loads(self._said.split(b"\n")[-2])
            elif not read:
                self._answer = {"refused": "the fork server ended before it was ready", "module": ""}
        return self._answer

    def close(self) -> None:
        """End it. What it forked goes on, and ends with whoever asked for it."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        if self._process.stdout is not None:
            self._process.stdout.close()
        try:
            self._process.wait(2)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        Path(self.socket).unlink(missing_ok=True)
        Path(self._place).rmdir()


class Line:
    """A connection to a fork server. Its processes get a signal when the holder of the line is gone.

    Raises:
        NotForked: nobody listens at `path`.
    """

    def __init__(self, path: str) -> None:
        self._connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            self._connection.connect(path)
        except OSError as error:
            self._connection.close()
            raise NotForked(f"no fork server answers ({error.strerror})") from error
        self._codes: dict[int, int] = {}
        self._pipe, self._life = os.pipe()
        self.is_open = True

    def fork(  # noqa: PLR0913  # a process has many things
        self,
        *,
        env: Mapping[str, str],
        cwd: str,
        outputs: tuple[int, int],
        orphaned: signal.Signals = signal.SIGKILL,
        more: Mapping[str, Any] | None = None,
        descriptors: Sequence[int] = (),
        seconds: float = 30.0,
    ) -> Forked:
        """Ask for a process.

        Args:
            env: its whole environment.
            cwd: its working directory.
            outputs: its stdout and stderr.
            orphaned: the signal that it gets when we are gone.
            more: what it is to become.
            descriptors: others for it to have; it finds their numbers in `request["descriptors"]`.
            seconds: that the server may take, which counts from its own start.

        Raises:
            NotForked: the server is gone, or says why it does not do it.
        """
        request = {
            "env": dict(env), "cwd": cwd, "limits": limits(), "umask": _umask(),
            "orphaned": int(orphaned), **(more or {}),
        }  # fmt: skip
        # An end of its own for each: what is set on a shared one holds for all.
        reading = os.open(f"/proc/self/fd/{self._pipe}", os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            say(self._connection, request, [*outputs, reading, *descriptors])
        except OSError as error:
            raise NotForked(f"the fork server is gone ({error.strerror})") from error
        finally:
            os.close(reading)
        until = time.monotonic() + seconds
        while self.is_open:
            if not select.select([self._connection], [], [], max(until - time.monotonic(), 0))[0]:
                self.close()
                raise NotForked(f"the fork server did not answer within {seconds:g} s")
            message, fds = self._next()
            if message is not None and "forked" in message:
                return Forked(message["forked"], fds[0], self)
            if message is not None and "refused" in message:
                raise NotForked(message["refused"])
        raise NotForked("the fork server was ended while it was asked")

    def code(self, pid: int) -> int | None:
        """The exit code of a process that is over, as far as it is known."""
        while self.is_open and pid not in self._codes and select.select([self._connection], [], [], 0)[0]:
            self._next()
        return self._codes.get(pid)

    def close(self) -> None:
        """Let go: whatever still runs gets its signal."""
        if not self.is_open and self._connection.fileno() < 0:
            return
        self.is_open = False
        self._connection.close()
        for end in (self._pipe, self._life):
            os.close(end)

    def _next(self) -> tuple[dict[str, Any] | None, list[int]]:
        message, fds = hear(self._connection)
        if message is None:
            self.is_open = False
        elif "exit" in message:
            self._codes[message["exit"]] = message["code"]
        return message, fds


class Forked:
    """A forked process, with what `subprocess.Popen` has of it."""

    stdin = stdout = stderr = None

    def __init__(self, pid: int, handle: int, line: Line) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self.handle = handle
        self._line = line

    def poll(self) -> int | None:
        """Its exit code (negative: a signal); None while it runs."""
        if self.returncode is None and select.select([self.handle], [], [], 0)[0]:
            self.returncode = self._code()
            os.close(self.handle)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end. Raises TimeoutExpired."""
        if self.poll() is None:
            select.select([self.handle], [], [], timeout)
        code = self.poll()
        if code is None:
            raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
        return code

    def send_signal(self, number: int) -> None:
        """Send it a signal, unless it is over."""
        if self.poll() is None:
            signal.pidfd_send_signal(self.handle, number)  # type: ignore[attr-defined,unused-ignore]

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)

    def _code(self) -> int:
        # The server reaps it a moment after it is over.
        until = time.monotonic() + 1.0
        while (code := self._line.code(self.pid)) is None and self._line.is_open:
            if time.monotonic() > until:
                break
            time.sleep(0.001)
        return LOST if code is None else code


def _umask() -> int:
    """Of this process; there is no way to ask but to set it."""
    now = os.umask(0o077)
    os.umask(now)
    return now
