"""The fork server itself: waits for requests, forks, and tells who asked how each child ended.

It holds no thread and no connection but its own, for a child shares whatever there is when it is forked.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import select
import signal
import socket
import sys
import traceback
from collections.abc import Sequence
from types import ModuleType
from typing import Any

from .blas import ALONE
from .blas import find as find_blas
from .child import leave, settle
from .marks import find_room
from .marks import room as new_room
from .preload import Origin, Refused, preload, preload_learnt, require_alone
from .wire import hear, say

_AT_START = (
    "PYTHON",
    "LD_",
    "MALLOC_",
    "OMP_",
    "MKL_",
    "KMP_",
    "GOMP_",
    "NUMEXPR_",
    "LANG",
    "LC_",
    "MPLBACKEND",
)
"""Beginnings of variables that are read once, when a program or a library starts."""


def main(asked: str) -> None:
    """Be the server that the JSON `asked` describes, until standard input ends.

    Keys: `listen` (descriptor of a socket that listens), `become` (module; see `kernel` for what it has),
    `preload`, `learnt`, `folder` (where local modules are looked for). One line on standard output says that
    it is ready, or what was refused.
    """
    wanted = json.loads(asked)
    if sys.path and not sys.path[0]:
        del sys.path[0]
    started_with = dict(os.environ)
    room = find_room()
    started_with.pop("DAGBOOK_ROOM", None)
    gc.disable()  # what is imported stays
    become = importlib.import_module(wanted["become"])
    folder = wanted["folder"]
    try:
        become.warm_up()
        with become.surroundings():
            _preload_asked(wanted["preload"], folder)
            _preload_learnt(wanted, started_with)
        require_alone(frozenset({0, 1, 2, wanted["listen"]}))
    except Refused as refused:
        _answer({"refused": str(refused), "module": refused.module})
        return
    origin = Origin(folder)
    find_blas(started_with)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    server = _Server(socket.socket(fileno=wanted["listen"]), become, origin, started_with, room)
    # What is there now stays as it is, and its memory shared.
    gc.collect()
    gc.freeze()
    _answer({"ready": os.getpid()})
    server.serve()


def _preload_asked(modules: Sequence[str], folder: str) -> None:
    if folder:
        sys.path.insert(0, folder)
    try:
        preload(modules)
    finally:
        if folder:
            sys.path.remove(folder)


def _preload_learnt(wanted: dict[str, Any], started_with: dict[str, str]) -> None:
    """Import what notebooks will; where that leaves something behind, begin anew without it."""
    try:
        preload_learnt(wanted["learnt"])
    except Refused as refused:
        wanted["learnt"] = [module for module in wanted["learnt"] if module != refused.module]
        os.execve(  # noqa: S606
            sys.executable, [*sys.orig_argv[:-1], json.dumps(wanted)], {**started_with, **ALONE, **new_room()}
        )


def _answer(message: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


class _Server:
    def __init__(
        self,
        listening: socket.socket,
        become: ModuleType,
        origin: Origin,
        started_with: dict[str, str],
        room: int,
    ) -> None:
        self._become = become
        self._origin = origin
        self._started_with = started_with
        self._room = room
        self._imported = {name: value for name, value in os.environ.items() if name not in started_with}
        self._listening = listening
        self._woken, self._wakes = os.pipe()
        for end in (self._woken, self._wakes):
            os.set_blocking(end, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._wakes, warn_on_full_buffer=False)
        self._askers: dict[int, socket.socket] = {}
        self._asker_of: dict[int, int] = {}
        self._poll = select.poll()
        for descriptor in (0, self._listening.fileno(), self._woken):
            self._poll.register(descriptor, select.POLLIN)

    def serve(self) -> None:
        """Until whoever started us closes our standard input, or is gone."""
        while True:
            for descriptor, _ in self._poll.poll():
                if descriptor == 0:
                    return
                if descriptor == self._woken:
                    self._reap()
                elif descriptor == self._listening.fileno():
                    asker, _ = self._listening.accept()
                    self._askers[asker.fileno()] = asker
                    self._poll.register(asker, select.POLLIN)
                else:
                    self._hear(descriptor)

    def _reap(self) -> None:
        try:
            while os.read(self._woken, 4096):
                pass
        except BlockingIOError:
            pass
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if not pid:
                return
            asker = self._asker_of.pop(pid, -1)
            self._tell(asker, {"exit": pid, "code": os.waitstatus_to_exitcode(status)})

    def _hear(self, descriptor: int) -> None:
        request, fds = hear(self._askers[descriptor])
        if request is None:
            self._poll.unregister(descriptor)
            self._askers.pop(descriptor).close()
            # Its children have heard of its end by their own pipe.
            self._asker_of = {pid: asker for pid, asker in self._asker_of.items() if asker != descriptor}
            return
        try:
            refused = self._objection(request)
            pid = 0 if refused else self._fork(request, fds)
            if refused:
                self._tell(descriptor, {"refused": refused})
                return
        except OSError as error:
            self._tell(descriptor, {"refused": f"no process could be forked: {error.strerror}"})
            return
        finally:
            for spent in fds:
                os.close(spent)
        self._asker_of[pid] = descriptor
        handle = os.pidfd_open(pid)
        self._tell(descriptor, {"forked": pid}, [handle])
        os.close(handle)

    def _tell(self, descriptor: int, message: dict[str, Any], fds: Sequence[int] = ()) -> None:
        asker = self._askers.get(descriptor)
        if asker is not None:
            try:
                say(asker, message, fds)
            except OSError:
                return  # it is gone, and its end will be heard of

    def _objection(self, request: dict[str, Any]) -> str:
        changed = self._origin.changed()
        if changed:
            return changed
        env = request["env"]
        for name in sorted({*env, *self._started_with}):
            if name.startswith(_AT_START) and env.get(name) != self._started_with.get(name):
                return f"its environment has another {name}, which counts when a program starts"
        if self._origin.has_local and os.path.realpath(request["cwd"]) != self._origin.folder:
            return f"a preloaded module is local to {self._origin.folder}, where this notebook is not"
        return ""

    def _fork(self, request: dict[str, Any], fds: Sequence[int]) -> int:
        pid = os.fork()
        if pid:
            return pid
        code = 1
        try:
            signal.set_wakeup_fd(-1)
            self._listening.close()
            for asker in self._askers.values():
                asker.close()
            os.close(self._woken)
            os.close(self._wakes)
            settle(request, fds, self._room, self._imported)
            request["descriptors"] = fds[3:]
            code = self._become.become(request)
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
        except BaseException:  # noqa: BLE001
            # The last thing between an error and the server's own loop, in a process that is not the server.
            traceback.print_exc()
        leave(code)
        return 0
