"""How a worker begins: forked from a process that has imported all it needs, else spawned."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Protocol

from dagbook.engine.leftovers import RUN, STEP
from dagbook.engine.request import NodeRequest
from dagbook.zygote.asking import ForkServer, Line, NotForked


class Process(Protocol):
    """A worker's process, as `subprocess.Popen` has it."""

    pid: int
    returncode: int | None

    def poll(self) -> int | None:
        """Its exit code; None while it runs."""

    def terminate(self) -> None:
        """Ask it to end."""

    def kill(self) -> None:
        """End it."""


class Workers:
    """Begins workers, each a process of its own.

    Args:
        command: what begins the command line of a worker; the request's path follows.
        mark: added to the environment of workers, and so of all that they start.
        forks: the fork server that workers come from; all are spawned when None.
        zygote: the fork server that warm kernels come from; all kernels start cold when None.
    """

    def __init__(
        self,
        command: Sequence[str] | None = None,
        *,
        mark: Mapping[str, str] | None = None,
        forks: ForkServer | None = None,
        zygote: ForkServer | None = None,
    ) -> None:
        self._command = list(command or [sys.executable, "-m", "dagbook", "node", "run"])
        self._mark = dict(mark or {})
        self._forks = forks
        self._zygote = zygote
        self._line: Line | None = None

    def refusal(self) -> str:
        """Why warm kernels are refused, if they just were: said once."""
        refused = (self._zygote.answer() or {}).get("refused") if self._zygote is not None else None
        if self._zygote is None or refused is None:
            return ""
        self._zygote.close()
        self._zygote = None
        return str(refused)

    def begin(self, request: NodeRequest, path: Path, log: IO[bytes], report_fd: int) -> Process:
        """Begin the attempt whose request is in the file `path`.

        To be called from the main thread: a worker that is spawned asks to die with the thread that made it.

        Raises:
            OSError: no process could be made.
        """
        env = {**os.environ, **self._mark, RUN: request.run, STEP: request.step}
        zygote = self._zygote.socket if self._zygote is not None and request.warm else ""
        if self._forks is not None:
            try:
                self._line = self._line or Line(self._forks.socket)
                return self._line.fork(
                    env=env,
                    cwd=str(Path.cwd()),
                    outputs=(log.fileno(), log.fileno()),
                    orphaned=signal.SIGTERM,
                    more={"request": str(path), "zygote": zygote},
                    descriptors=[report_fd],
                )
            except NotForked:
                # It costs a second, and changes nothing that anybody could see.
                self._let_go()
        return subprocess.Popen(
            [
                *self._command,
                str(path),
                "--report-fd",
                str(report_fd),
                *(["--zygote", zygote] if zygote else []),
            ],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=(report_fd,),
            env=env,
            # Ctrl-C in the terminal is for the driver alone; it decides who is told.
            start_new_session=True,
        )

    def close(self) -> None:
        """No more are to begin, and none is left."""
        self._let_go()
        if self._line is not None:
            self._line.close()
        if self._zygote is not None:
            self._zygote.close()

    def _let_go(self) -> None:
        """No more forks; those that were forked before go on, and are still heard of by their line."""
        if self._forks is not None:
            self._forks.close()
            self._forks = None
