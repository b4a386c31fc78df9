"""The kernels of this machine, as a runner uses them: choose one, start it, be sure that it answers."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import IO, Any

from dagbook.errors import EnvironmentFault, Finding
from dagbook.kernels import installed as specs

_NO_HISTORY = ["--HistoryManager.enabled=False", "--HistoryManager.hist_file=:memory:"]


class LocalKernels:
    """Which kernels there are, and the one that a runner asks for, started.

    Args:
        zygote: socket of a fork server that IPython kernels are taken from; all start cold when empty.
    """

    def __init__(self, zygote: str = "") -> None:
        self._zygote = zygote

    def installed(self) -> Mapping[str, str]:
        """Kernel name → language."""
        return self._installed

    @functools.cached_property
    def _installed(self) -> Mapping[str, str]:
        return specs.installed()

    def choose(self, wanted: str | None, language: str) -> tuple[str, str | None]:
        """The kernel to use and a warning; see `kernels.installed.choose`."""
        return specs.choose(wanted, language, self._installed)

    async def start(
        self,
        name: str,
        *,
        cwd: str,
        env: Mapping[str, str],
        log: IO[bytes] | int,
        timeout: float,
        python: str | None = None,
    ) -> tuple[Any, Any, dict[str, Any]]:
        """Start kernel `name`; returns its manager, a connected client and what it says of itself.

        A kernel that dies before its first reply gets a second try, with fresh sockets.

        Args:
            name: as in `installed`.
            cwd: the kernel's working directory.
            env: the kernel's whole environment.
            log: where what the kernel writes past Jupyter goes.
            timeout: seconds until the first reply, for each try.
            python: that runs the kernel in place of the kernel's own; has ipykernel.

        Raises:
            EnvironmentFault: `kernel-start`: it died twice, or it does not answer.
        """
        died = None
        for _ in range(2):
            manager, client = await self._launch(name, cwd=cwd, env=env, log=log, python=python)
            from dagbook.kernels.ipc import until_ready

            try:
                return manager, client, await until_ready(manager, client, timeout=timeout)
            except ChildProcessError:
                died = manager.provisioner.process.poll() if manager.provisioner else None
                await self._clear(manager, client)
            except TimeoutError:
                await self._clear(manager, client)
                raise EnvironmentFault(_does_not_answer(name, timeout)) from None
            except BaseException:
                await self._clear(manager, client)
                raise
        raise EnvironmentFault(_died_at_start(name, died))

    async def _launch(
        self, name: str, *, cwd: str, env: Mapping[str, str], log: IO[bytes] | int, python: str | None
    ) -> tuple[Any, Any]:
        from dagbook.kernels.ipc import IpcKernel, roomy_client  # zmq, jupyter_client

        manager = IpcKernel(kernel_name=name)
        if python is not None:
            spec = manager.kernel_spec
            assert spec is not None  # it was chosen from those that are installed
            spec.argv = [python, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        elif self._zygote and self._installed.get(name) == "python":
            self._take_warm(manager)
        try:
            await manager.start_kernel(
                extra_arguments=self._arguments(name, manager),
                cwd=cwd,
                env=dict(env),
                stdout=log,
                stderr=log,
            )
        except OSError as error:
            manager.remove_folder()
            raise EnvironmentFault(_cannot_start(name, cwd, error)) from error
        return manager, roomy_client(manager)

    def _take_warm(self, manager: Any) -> None:
        """Have the kernel forked, unless its author wants it to be started in a way of its own."""
        from dagbook.kernels.warm import NAME, register

        register()
        manager.kernel_spec.metadata.setdefault(
            "kernel_provisioner", {"provisioner_name": NAME, "config": {"zygote": self._zygote}}
        )

    def _arguments(self, name: str, manager: Any) -> list[str]:
        """No history file: kernels that share one lock each other out. It is python3's only by default."""
        command = " ".join(manager.kernel_spec.argv)
        is_ipykernel = self._installed.get(name) == "python" and "xpython" not in command
        return list(_NO_HISTORY) if is_ipykernel else []

    @staticmethod
    async def _clear(manager: Any, client: Any) -> None:
        if manager.has_kernel and await manager.is_alive():
            await manager.provisioner.kill()
        client.stop_channels()
        client.context.destroy(linger=0)
        await manager.cleanup_resources()


def _died_at_start(name: str, code: int | None) -> Finding:
    return Finding(
        code="kernel-start",
        message=f"kernel '{name}' died before its first reply, twice (exit code {code})",
        remedy="the attempt's log holds what it wrote; `jupyter console --kernel …` tries it by hand",
    )


def _does_not_answer(name: str, timeout: float) -> Finding:
    return Finding(
        code="kernel-start",
        message=f"kernel '{name}' did not answer within {timeout:g} s",
        remedy="start fewer at a time, or look into the attempt's log for what it waits for",
    )


def _cannot_start(name: str, cwd: str, error: OSError) -> Finding:
    return Finding(
        code="kernel-start",
        message=f"kernel '{name}' cannot be started in {cwd}: {error.strerror or error}",
        remedy="the kernel's program and that folder must exist: `jupyter kernelspec list` shows the former",
    )
