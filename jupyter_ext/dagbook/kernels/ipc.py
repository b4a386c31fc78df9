"""A kernel that talks over sockets in a folder of its own, where no port clashes and nobody else listens.

Knows how a kernel is started and found ready, nothing of what is executed in it.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import zmq
import zmq.asyncio
from jupyter_client.manager import AsyncKernelManager

_PATH_LIMIT = 80
"""Bytes; a socket's path may have 107 at most, and some systems allow fewer."""

_SOCKETS = 5

_LOOK = 0.002
"""Seconds between two looks for the sockets of a kernel that starts; a forked one has them after 25 ms."""

_STALE_AFTER = 3600
"""Seconds. In a container, a process whose number does not exist may be well alive outside of it."""


class IpcKernel(AsyncKernelManager):
    """One kernel, in one private folder that is removed with it. Uses TCP where there are no such sockets."""

    def __init__(self, **kwargs: Any) -> None:
        self.folder = private_folder()
        if self.folder is not None:
            kwargs.setdefault("connection_file", str(self.folder / "kernel.json"))
            if has_ipc(self.folder):
                kwargs.update(transport="ipc", ip=str(self.folder / "k"))
            elif "transport_encryption" in self.trait_names():
                kwargs.setdefault("transport_encryption", "auto")
        super().__init__(**kwargs)

    def listening(self) -> bool:
        """Whether the kernel has opened its sockets, as far as this can be seen from outside."""
        if self.transport != "ipc":
            return True
        return all(Path(f"{self.ip}-{port}").exists() for port in range(1, _SOCKETS + 1))

    async def _async_cleanup_resources(self, restart: bool = False) -> None:  # noqa: FBT001, FBT002
        await super()._async_cleanup_resources(restart=restart)
        if not restart:
            self.remove_folder()

    cleanup_resources = _async_cleanup_resources

    def remove_folder(self) -> None:
        """Remove the private folder; for whoever could not clean up properly."""
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)


def private_folder() -> Path | None:
    """A new folder that only this user can enter, with a short path; None if there is no place for it."""
    for parent in (os.environ.get("XDG_RUNTIME_DIR"), "/tmp" if os.name == "posix" else None, None):  # noqa: S108
        if parent is not None and not os.access(parent, os.W_OK | os.X_OK):
            continue
        try:
            made = Path(tempfile.mkdtemp(prefix=f"dagbook-{os.getpid()}-", dir=parent)).resolve()
        except OSError:
            continue
        remove_stale(made.parent)
        return made
    return None


def remove_stale(parent: Path) -> None:
    """Remove such folders of processes that were killed, when they are an hour old or more."""
    for folder in parent.glob("dagbook-*-*"):
        owner = folder.name.split("-")[1]
        with suppress(OSError):
            is_old = time.time() - folder.stat().st_mtime > _STALE_AFTER
            if owner.isdigit() and is_old and not psutil.pid_exists(int(owner)):
                shutil.rmtree(folder, ignore_errors=True)


def has_ipc(folder: Path) -> bool:
    """Whether sockets can be made in `folder`: not on Windows, and not below a long path."""
    return sys.platform != "win32" and bool(zmq.has("ipc")) and len(os.fsencode(folder / "k-5")) < _PATH_LIMIT


def roomy_client(kernel: AsyncKernelManager) -> Any:
    """A client that never drops what the kernel prints, however far it is behind."""
    sockets = zmq.asyncio.Context()
    # The usual limit of 1,000 messages loses output silently, and with it the word that a cell is done.
    sockets.setsockopt(zmq.RCVHWM, 0)
    client = kernel.client(context=sockets)
    client.allow_stdin = False
    return client


async def until_ready(kernel: IpcKernel, client: Any, *, timeout: float) -> dict[str, Any]:
    """Wait for the first reply; returns the kernel's description of itself.

    Raises:
        ChildProcessError: the kernel died before it.
        TimeoutError: nothing came within `timeout` seconds.
    """
    async with asyncio.timeout(timeout):
        while not kernel.listening():
            await _check_alive(kernel)
            await asyncio.sleep(_LOOK)
        client.start_channels(stdin=False, hb=False)
        while True:
            asked = client.kernel_info()
            reply = await _reply_to(asked, kernel, client)
            # Output must be heard too, or the first lines of the first cell are lost.
            if reply is not None and await client.iopub_channel.socket.poll(200):
                return dict(reply["content"])


async def _reply_to(asked: str, kernel: IpcKernel, client: Any) -> dict[str, Any] | None:
    for _ in range(20):
        if await client.shell_channel.socket.poll(100):
            reply: dict[str, Any] = await client.shell_channel.get_msg(timeout=0)
            if reply["parent_header"].get("msg_id") == asked:
                return reply
        await _check_alive(kernel)
    return None


async def _check_alive(kernel: IpcKernel) -> None:
    if not await kernel.is_alive():
        raise ChildProcessError("the kernel died before its first reply")
