"""Follows a run inside a cell: a display that is replaced as the run goes on, or plain lines in a terminal.

Interrupting the cell asks the run to end in order; a second time ends it at once.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final

from dagbook.api.run import Run
from dagbook.errors import EnvironmentFault, Finding
from dagbook.magics.pipeline_display import failure_text, run_html, run_text, step_line
from dagbook.magics.screen import PLAIN, RICH, in_kernel, say, show_bundle, updates_in_place
from dagbook.run.state import BAD, FINAL, RunState

_SHORTEST_PAUSE: Final = 0.25
_LONGEST_PAUSE: Final = 1.0


def follow(run: Run, start: RunState, ip: Any) -> RunState:
    """Follow a run to its end and show it; `start` is what is shown before the driver speaks.

    Raises:
        EnvironmentFault: the driver died.
    """
    look = _Display(run.id, start).look if in_kernel() and updates_in_place(ip) else _Lines(run.id).look
    seen = _attend(run, look)
    if seen.state in {"running", "interrupted"}:
        raise _driver_died(run)
    look(seen)
    return seen


def _attend(run: Run, look: Callable[[RunState], None]) -> RunState:
    interrupts = 0
    while True:
        try:
            for seen in run.follow():
                if seen.state == "running":
                    look(seen)
        except KeyboardInterrupt:
            interrupts += 1
            if interrupts > 1:
                run.kill()
            else:
                run.cancel(by="SIGINT")
        else:
            return seen


class _Display:
    """One display that is replaced: at once when the run has changed, each second while it goes on."""

    def __init__(self, run_id: str, start: RunState) -> None:
        self._run_id = run_id
        self._display_id = f"dagbook-{run_id}"
        self._shown = time.monotonic()
        self._seq = -1
        self._show(start, update=False)

    def look(self, seen: RunState) -> None:
        """Show the state, unless it was shown a moment ago."""
        pause = time.monotonic() - self._shown
        least = _SHORTEST_PAUSE if seen.seq != self._seq else _LONGEST_PAUSE
        if pause >= least or seen.state != "running":
            self._shown, self._seq = time.monotonic(), seen.seq
            self._show(seen, update=True)

    def _show(self, seen: RunState, *, update: bool) -> None:
        bundle = {PLAIN: run_text(self._run_id, seen), RICH: run_html(self._run_id, seen)}
        show_bundle(bundle, self._display_id, update=update)


class _Lines:
    """A line for each step that is over, then how the run ended."""

    def __init__(self, run_id: str) -> None:
        self._run_id = run_id
        self._said: set[str] = set()
        say(f"▶ started {run_id}")

    def look(self, seen: RunState) -> None:
        """Say what is new."""
        for name, step in seen.steps.items():
            if step.state in FINAL and name not in self._said:
                self._said.add(name)
                say(step_line(step))
        if seen.state == "running":
            return
        for step in seen.steps.values():
            if step.state in BAD and step.error:
                say(failure_text(step))
        say(run_text(self._run_id, seen).splitlines()[0])


def _driver_died(run: Run) -> EnvironmentFault:
    said = run.driver_said().splitlines()
    return EnvironmentFault(
        Finding(
            code="driver-died",
            message=f"the driver of run {run.id} died: {said[-1] if said else 'it left no word'}",
            remedy="what was published is kept; run again, and finished steps are reused",
        )
    )
