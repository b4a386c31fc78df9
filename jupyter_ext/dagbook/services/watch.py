"""Keeps one scoring server going: starts it, asks whether it is well, starts it again, and ends it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from dagbook.services.ask import is_healthy

State = Literal["starting", "ready", "restarting", "stopped", "failed"]

PAUSE: Final = 0.2
LOOK_EVERY: Final = 5.0
PATIENCE: Final = 180.0
"""Seconds that a model may take to load."""
MOST_RESTARTS: Final = 5
WELL_AFTER: Final = 60.0
"""A server that was well for so long begins to count its restarts anew."""
_UNWELL: Final = 3
_GRACE: Final = 5.0
_SHOWN_LINES: Final = 12


@dataclass(frozen=True, kw_only=True)
class Served:
    """What is to be served. `address` is `HOST:PORT` or `unix:PATH`."""

    model: Path
    address: str
    log: Path


class Watch:
    """One scoring server, watched.

    Args:
        served: model, address and log.
        tell: called with each new state, how often it was started again, and a sentence.
        stop: whether it is to end.
    """

    def __init__(
        self, served: Served, tell: Callable[[State, int, str], None], stop: Callable[[], bool]
    ) -> None:
        self._served = served
        self._tell = tell
        self._stop = stop
        self._process: subprocess.Popen[bytes] | None = None
        self._restarts = 0

    def run(self) -> State:
        """Serve until told to stop; `failed` when the server cannot be kept going."""
        why = ""
        while not self._stop():
            self._tell("restarting" if self._restarts else "starting", self._restarts, why)
            began = time.monotonic()
            self._start()
            try:
                why = self._keep()
            finally:
                self._end()
            if self._stop():
                break
            if time.monotonic() - began > WELL_AFTER:
                self._restarts = 0
            if not self._was_ready or self._restarts >= MOST_RESTARTS:
                # What never was ready fails the same way again.
                self._tell("failed", self._restarts, why)
                return "failed"
            self._restarts += 1
            self._rest(min(2.0 ** (self._restarts - 1) * 0.5, 10.0))
        self._tell("stopped", self._restarts, "")
        return "stopped"

    _was_ready = False

    def _keep(self) -> str:
        """Wait while all is well; why it is not any more."""
        process = self._process
        assert process is not None
        deadline = time.monotonic() + PATIENCE
        unwell, ready, next_look = 0, False, 0.0
        while not self._stop():
            if process.poll() is not None:
                return f"the server ended with code {process.returncode}: {self.last_words()}"
            if time.monotonic() >= next_look:
                well = is_healthy(self._served.address, 2.0 if ready else 1.0)
                unwell = 0 if well else unwell + 1
                if well and not ready:
                    ready = self._was_ready = True
                    self._tell("ready", self._restarts, "")
                if ready and unwell >= _UNWELL:
                    return "the server does not answer any more"
                if not ready and time.monotonic() > deadline:
                    return f"the model was not loaded within {PATIENCE:.0f} s: {self.last_words()}"
                next_look = time.monotonic() + (LOOK_EVERY if ready and well else PAUSE)
            time.sleep(PAUSE)
        return ""

    def last_words(self) -> str:
        """The end of what the server wrote."""
        try:
            lines = self._served.log.read_text("utf-8", "replace").strip().splitlines()
        except OSError:
            return ""
        errors = [line for line in lines[-_SHOWN_LINES:] if line.strip()]
        return errors[-1].strip()[:500] if errors else "it said nothing"

    def _start(self) -> None:
        from mlflow.pyfunc import scoring_server

        _command, env = scoring_server.get_cmd(str(self._served.model))
        # Models call programs, too: those of this environment come first, whatever PATH we were given.
        env["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{env.get('PATH', '')}"
        env["PYTHONUNBUFFERED"] = "1"
        if self._served.address.startswith("unix:"):
            Path(self._served.address.removeprefix("unix:")).unlink(missing_ok=True)
        with self._served.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "dagbook.services.scoring", self._served.address],
                env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip

    def _end(self) -> None:
        process = self._process
        if process is None or process.poll() is not None:
            return
        process.terminate()
        try:
            process.wait(_GRACE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _rest(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and not self._stop():
            time.sleep(PAUSE)
