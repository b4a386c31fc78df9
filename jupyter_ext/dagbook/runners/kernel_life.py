"""One kernel's life as its runner sees it: how it is asked to end, and what it died of."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
from typing import Any

from dagbook.runners.ending import death, oom_kills
from dagbook.runners.memory import INTERVAL, Memory

_POLITE = 2.5
_ENOUGH = 1.0
# ipykernel's control thread, which hears `shutdown_request`, stops the main thread's loop and then flushes
# what was printed, to sockets that the main thread closes meanwhile: each waits for the other. One kernel in
# three took 2.5 s, and a signal, to end. Asked on the shell's channel, the main thread ends by itself.
_EXIT = (
    "(lambda shell: (shell.ask_exit(), shell.kernel.io_loop.call_later(0.003, shell.kernel.io_loop.stop)))"
    "(__import__('IPython').get_ipython())"
)
_TERMINATED = 1.5
_SHORTEST, _LONGEST = 0.002, 0.02


class KernelLife:
    """A started kernel: `manager` and `client` are jupyter_client's, `info` is what it says of itself."""

    memory_limit: int | None = None

    def __init__(self, manager: Any, client: Any, info: dict[str, Any]) -> None:
        self.manager = manager
        self.client = client
        self.info = info
        self.cold_because: str = getattr(manager.provisioner, "cold_because", "")
        # The provisioner forgets its process once it has waited for it.
        self._process = getattr(manager.provisioner, "process", None)
        self._oom_kills = oom_kills()
        self._memory = Memory(self._process.pid) if self._process is not None else None
        self._next_look = 0.0
        self.look_at_memory()

    @property
    def peak_memory(self) -> int | None:
        """Bytes; None when it is not known."""
        return self._memory.peak if self._memory else None

    @property
    def memory_now(self) -> int:
        """Bytes at the last look, of the kernel and all that it started; 0 when it is not known."""
        return self._memory.now if self._memory else 0

    def look_at_memory(self) -> None:
        """Take a sample if it is time for one."""
        if self._memory is not None and time.monotonic() >= self._next_look:
            self._memory.look(self.memory_limit)
            self._next_look = time.monotonic() + INTERVAL

    async def is_alive(self) -> bool:
        """Whether its process runs."""
        if self._process is not None:
            return self._process.poll() is None
        return bool(await self.manager.is_alive())

    def cause_of_death(self) -> str:
        """What it died of, for a person."""
        return death(self._process.poll() if self._process is not None else None, self._oom_kills)

    async def interrupt(self) -> None:
        """Ask the cell that runs to end."""
        with contextlib.suppress(OSError, RuntimeError):
            await self.manager.interrupt_kernel()

    async def send(self, number: signal.Signals) -> None:
        """Send a signal to the kernel and to what it started."""
        with contextlib.suppress(OSError, RuntimeError):
            await self.manager.signal_kernel(number)

    async def end(self, *, politely: bool) -> None:
        """See to it that the process is gone: by request, then by SIGTERM, then by SIGKILL; 6 s at most."""
        if self._memory is not None:
            self._memory.look()
        try:
            if politely and await self.is_alive():
                await self._ask_to_end()
            if await self.is_alive():
                await self.send(signal.SIGTERM)
                await self._gone_within(_TERMINATED)
            if await self.is_alive():
                await self.send(signal.SIGKILL)
                await self._gone_within(_TERMINATED)
        finally:
            self.client.stop_channels()
            self.client.context.destroy(linger=0)
            await self.manager.cleanup_resources()

    async def _ask_to_end(self) -> None:
        """By Jupyter's request; an IPython kernel by a silent cell before, see `_EXIT`."""
        began = time.monotonic()
        with contextlib.suppress(OSError, RuntimeError):
            if self.info.get("implementation") == "ipython":
                self.client.execute(_EXIT, silent=True, store_history=False)
                await self._gone_within(_ENOUGH)
            if await self.is_alive():
                await self.manager.request_shutdown()
        await self._gone_within(_POLITE - (time.monotonic() - began))

    async def _gone_within(self, seconds: float) -> None:
        began = time.monotonic()
        while await self.is_alive() and (waited := time.monotonic() - began) < seconds:
            await asyncio.sleep(min(max(waited / 10, _SHORTEST), _LONGEST))
