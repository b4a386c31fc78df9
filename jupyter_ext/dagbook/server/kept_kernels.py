"""Kernels that runs keep for a person, as kernels of the Jupyter server: JupyterLab connects by their ids."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from jupyter_client.session import Session
from jupyter_server.services.kernels.kernelmanager import MappingKernelManager, ServerKernelManager
from tornado.ioloop import PeriodicCallback

from dagbook.errors import EnvironmentFault, Finding

_LOOK_EVERY: Final = 1000
"""Milliseconds."""


class KeptKernel(ServerKernelManager):
    """One such kernel. It is its run's: nobody here ends it or starts it again."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(owns_kernel=False, **kwargs)
        self._callbacks: dict[str, list[Callable[[], None]]] = defaultdict(list)

    async def interrupt_kernel(self) -> None:  # type: ignore[override]  # takes what it ignores
        """Ask by message, for its process is somebody else's child."""
        self._connect_control_socket()
        self.session.send(self._control_socket, self.session.msg("interrupt_request", content={}))

    def add_restart_callback(self, callback: Callable[[], None], event: str = "restart") -> None:
        """Whoever is connected wants to hear of its end."""
        self._callbacks[event].append(callback)

    def remove_restart_callback(self, callback: Callable[[], None], event: str = "restart") -> None:
        """Not any more."""
        if callback in self._callbacks[event]:
            self._callbacks[event].remove(callback)

    def tell_end(self) -> None:
        """It is gone: tell whoever is connected."""
        self.execution_state = "dead"
        for callback in list(self._callbacks["dead"]):
            callback()


class KeptKernels:
    """Those of one server.

    Args:
        manager: the server's kernels.
    """

    def __init__(self, manager: Any) -> None:
        self._manager = manager
        self._ids: dict[Path, str] = {}
        self._looking = PeriodicCallback(self._forget_gone, _LOOK_EVERY)

    def adopt(self, connection: Path) -> str:
        """The id of the kernel that listens as the file says; asked again, it is the same.

        Raises:
            EnvironmentFault: the file is gone, or this server's kernels run elsewhere.
        """
        manager = self._manager
        if not isinstance(manager, MappingKernelManager):
            raise _not_here(connection, "this server's kernels run on another machine")
        known = self._ids.get(connection)
        if known is not None and known in manager:
            return known
        try:
            info = json.loads(connection.read_bytes())
            kernel = KeptKernel(
                parent=manager, log=manager.log, session=Session(parent=manager),
                kernel_name=info.get("kernel_name") or "python3",
            )  # fmt: skip
            kernel.load_connection_info(info)
        except (OSError, ValueError, AttributeError) as error:
            raise _not_here(connection, "the kernel is gone") from error
        kernel_id = kernel.kernel_id = str(uuid4())
        kernel.ready.set_result(None)
        # Jupyter adopts kernels by itself only where it was started with --allow-external-kernels, and then
        # has no way to interrupt them.
        manager._kernels[kernel_id] = kernel  # noqa: SLF001
        manager._kernel_connections[kernel_id] = 0  # noqa: SLF001
        manager.start_watching_activity(kernel_id)  # type: ignore[no-untyped-call]
        kernel.execution_state = "idle"
        self._ids[connection] = kernel_id
        if not self._looking.is_running():
            self._looking.start()
        return kernel_id

    def _forget_gone(self) -> None:
        for file, kernel_id in list(self._ids.items()):
            if file.exists():
                continue
            del self._ids[file]
            if kernel_id in self._manager:
                kernel = self._manager.get_kernel(kernel_id)
                kernel.tell_end()
                self._manager.stop_watching_activity(kernel_id)
                self._manager.stop_buffering(kernel_id)
                self._manager.remove_kernel(kernel_id)
        if not self._ids:
            self._looking.stop()

    def stop(self) -> None:
        """Look no more."""
        self._looking.stop()


def _not_here(connection: Path, why: str) -> EnvironmentFault:
    return EnvironmentFault(
        Finding(
            code="kernel-elsewhere",
            message=f"JupyterLab cannot be connected to the kept kernel: {why}",
            remedy=f"in a terminal of the run's machine: jupyter console --existing {connection}",
        )
    )
