"""Kernels that are forked from a process which has imported everything already: a jupyter_client provisioner.

Where that cannot be, the kernel is started as it always was, and says why.
"""

from __future__ import annotations

import asyncio
import atexit
import functools
import os
import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning.factory import KernelProvisionerFactory
from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from traitlets import Unicode

from dagbook.zygote.asking import ForkServer, Line, NotForked

NAME = "dagbook-warm"

_OPTIONS = {"-Xfrozen_modules=off"}
"""Of the interpreter, which make no difference to what a notebook can see."""

_LAUNCHER = ["-m", "ipykernel_launcher"]


class WarmProvisioner(LocalProvisioner):
    """Forks an IPython kernel; starts it as usual where that is not possible, or for other kernels.

    Attributes:
        zygote: path of the socket that a fork server listens at; empty for one of this process's own.
        cold_because: why the kernel was not forked; empty when it was.
    """

    zygote = Unicode("", config=True, help="Path of a fork server's socket; one of our own when empty")
    cold_because = ""
    _line: Line | None = None

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Fork the kernel that `cmd` describes, or start it."""
        try:
            arguments = launcher_arguments(cmd)
            # Where the server is not ready yet, this waits for it.
            forked: Any = await asyncio.to_thread(self._fork, arguments, kwargs)
        except NotForked as error:
            self.cold_because = str(error)
            self.log.info("%s: the kernel starts cold, because %s", NAME, error)
            return await super().launch_kernel(cmd, **kwargs)
        self.process = forked
        self.pid = self.pgid = forked.pid
        return self.connection_info

    async def cleanup(self, restart: bool = False) -> None:  # noqa: FBT001, FBT002
        """Let go of the fork server."""
        if self._line is not None:
            self._line.close()
            self._line = None
        await super().cleanup(restart=restart)

    async def send_signal(self, signum: int) -> None:
        """Send it to the kernel and to what it started; nobody else may have its number yet."""
        if self.process is not None and self.process.poll() is None:
            await super().send_signal(signum)

    def _fork(self, arguments: list[str], kwargs: dict[str, Any]) -> Any:
        if kwargs.get("independent"):
            raise NotForked("it is to go on without whoever starts it")
        outputs = descriptors(kwargs.get("stdout"), kwargs.get("stderr"))
        if self._line is None:
            self._line = Line(self.zygote or own_server())
        return self._line.fork(
            # As jupyter_client's launcher says it.
            env={**kwargs["env"], "JPY_PARENT_PID": str(os.getpid())},
            cwd=kwargs.get("cwd") or os.getcwd(),  # noqa: PTH109  # as Popen does
            outputs=outputs,
            more={"argv": arguments},
        )


def launcher_arguments(cmd: list[str]) -> list[str]:
    """The arguments of ipykernel's launcher in a kernel's command line.

    Raises:
        NotForked: it is another program, or another Python than this one.
    """
    python, rest = cmd[0], cmd[1:]
    while rest and rest[0] in _OPTIONS:
        rest = rest[1:]
    if rest[:2] != _LAUNCHER:
        raise NotForked("it is no plain IPython kernel")
    ours = Path(sys.executable)
    if Path(python).parent != ours.parent or os.path.realpath(python) != os.path.realpath(ours):
        raise NotForked("it runs in another Python")
    return rest[2:]


def descriptors(stdout: Any, stderr: Any) -> tuple[int, int]:
    """Descriptors for what `Popen` takes as `stdout` and `stderr`. Raises NotForked for a pipe."""
    out = 1 if stdout is None else stdout if isinstance(stdout, int) else stdout.fileno()
    err = 2 if stderr is None else stderr if isinstance(stderr, int) else stderr.fileno()
    if err == subprocess.STDOUT:
        err = out
    if min(out, err) < 0:
        raise NotForked("its output is to go through a pipe")
    return out, err


@functools.cache
def own_server() -> str:
    """The socket of a fork server that is this process's own, started now and ended with it."""
    server = ForkServer()
    atexit.register(server.close)
    return server.socket


def register() -> None:
    """Make the provisioner known where the package is used without being installed."""
    known = KernelProvisionerFactory.instance().provisioners
    known.setdefault(
        NAME, EntryPoint(NAME, f"{__name__}:WarmProvisioner", KernelProvisionerFactory.GROUP_NAME)
    )
