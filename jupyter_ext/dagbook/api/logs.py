"""What the steps of a run print: all of it so far, or as it comes."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from dagbook.api.run import Run
from dagbook.engine.folders import LOG, NOTEBOOK, attempt_folder
from dagbook.engine.followed import TOUCH_EVERY, say_followed
from dagbook.engine.submission import is_submitted
from dagbook.errors import Finding, NotFound, did_you_mean
from dagbook.notebook.cells import cells
from dagbook.pipeline.groups import nodes_meant
from dagbook.run.state import FINAL, RunState, StepState

_PAUSE: Final = 0.3
_MOST_SHOWN: Final = 100_000


@dataclass(frozen=True, kw_only=True)
class Printed:
    """What a cell printed, or what was new of it.

    `cell` counts all cells of the executed notebook from 1; 0 is what a step printed elsewhere.
    """

    step: str
    attempt: int
    cell: int
    text: str


@dataclass(frozen=True, kw_only=True)
class StepOver:
    """A step has ended."""

    step: StepState


def chosen_steps(run: Run, step: str | None) -> list[str] | None:
    """The steps that are meant by the name of a step or a node; None for all.

    Raises:
        NotFound: the run has none of that name.
    """
    if step is None:
        return None
    known = run.state.steps
    nodes = nodes_meant(step, {state.outline.node for state in known.values()})
    found = [name for name, state in known.items() if step == name or state.outline.node in nodes]
    if not found:
        raise _unknown_step(run, step)
    return found


def printed_in(notebook: Path) -> list[tuple[int, str]]:
    """Cell → what it printed, for each cell of an executed notebook that printed something."""
    found = []
    for position, cell in enumerate(cells(_document(notebook)), 1):
        text = "".join(_text(output) for output in cell.get("outputs", []))
        if text.strip():
            found.append((position, text))
    return found


def described_log(run: Run, step: str) -> dict[str, Any]:
    """What the newest attempt of a step has printed so far: `{"step", "attempt", "cells", "cut"}`.

    Each of `cells` is `{"cell", "text"}`; `cut` says that only the end is given, because there is too much.

    Raises:
        NotFound: the run has no such step.
    """
    state = run.state.steps.get(step)
    if state is None:
        raise _unknown_step(run, step)
    place = run.folder / state.folder if state.folder else None
    if place is not None and state.state == "running":
        say_followed(place)
    notebook = run.folder / state.notebook if state.notebook else place and place / NOTEBOOK
    printed = printed_in(notebook) if notebook else []
    if place is not None and is_submitted(run.folder):
        printed = _pod_log(place)
    kept: list[dict[str, Any]] = []
    room = _MOST_SHOWN
    for cell, text in reversed(printed):
        if room <= 0:
            break
        kept.insert(0, {"cell": cell, "text": text[-room:]})
        room -= len(text)
    return {
        "step": step,
        "attempt": state.attempt,
        "cells": kept,
        "cut": room < 0 or len(kept) < len(printed),
    }


def follow_logs(run: Run, steps: Sequence[str] | None = None) -> Iterator[Printed | StepOver]:
    """What steps print, as it comes, until the run is over; first what they have printed already.

    Args:
        run: going on, or over.
        steps: which; all when None. What a `foreach` becomes counts as its own.
    """
    follower = _Follower(run.folder, is_submitted(run.folder))
    ended: set[str] = set()
    for state in run.follow():
        for name, step in _of(state, steps):
            if name in ended:
                continue
            yield from follower.news(step)
            if step.state in FINAL:
                ended.add(name)
                yield StepOver(step=step)
        time.sleep(_PAUSE)


def _unknown_step(run: Run, step: str) -> NotFound:
    known = run.state.steps
    names = {*known, *(state.outline.node for state in known.values())}
    return NotFound(
        Finding(
            code="unknown-step",
            message=f"run {run.id} has no step '{step}'",
            remedy=did_you_mean(step, names),
        )
    )


def _of(state: RunState, steps: Sequence[str] | None) -> Iterator[tuple[str, StepState]]:
    for name, step in state.steps.items():
        if steps is None or name in steps or step.outline.group in steps:
            yield name, step


@dataclass
class _Follower:
    """Remembers what was said of each attempt."""

    folder: Path
    submitted: bool = False
    said: dict[tuple[str, int, int], str] = field(default_factory=dict)
    seen: dict[Path, int] = field(default_factory=dict)
    touched: dict[Path, float] = field(default_factory=dict)

    def news(self, step: StepState) -> Iterator[Printed]:
        name, attempt = step.outline.step, step.attempt
        if not attempt:
            return
        for number in range(1, attempt + 1):
            place = self.folder / attempt_folder(name, number)
            if number == attempt and step.state == "running":
                self._tell(place)
            if self.submitted and self._grew(place / LOG):
                yield from self._printed(name, number, _pod_log(place))
            elif self._grew(place / NOTEBOOK):
                yield from self._printed(name, number, printed_in(place / NOTEBOOK))

    def _tell(self, place: Path) -> None:
        now = time.monotonic()
        if now - self.touched.get(place, -TOUCH_EVERY) >= TOUCH_EVERY:
            self.touched[place] = now
            say_followed(place)

    def _grew(self, path: Path) -> bool:
        try:
            changed = path.stat().st_mtime_ns
        except OSError:
            return False
        known, self.seen[path] = self.seen.get(path), changed
        return known != changed

    def _printed(self, step: str, attempt: int, printed: list[tuple[int, str]]) -> Iterator[Printed]:
        for cell, text in printed:
            before = self.said.get((step, attempt, cell), "")
            new = text[len(_common(before, text)) :]
            self.said[step, attempt, cell] = text
            if new.strip("\n"):
                yield Printed(step=step, attempt=attempt, cell=cell, text=new)


def _pod_log(attempt: Path) -> list[tuple[int, str]]:
    """What an attempt printed at another scheduler; which cell did is not known here."""
    try:
        text = (attempt / LOG).read_text("utf-8", "replace")
    except OSError:
        return []
    return [(0, text)] if text.strip() else []


def _common(before: str, now: str) -> str:
    """What both begin with; where they differ whole lines only: one that was drawn over is said anew."""
    if now.startswith(before):
        return before
    same = 0
    for old, new in zip(before.splitlines(keepends=True), now.splitlines(keepends=True), strict=False):
        if old != new:
            break
        same += len(old)
    return before[:same]


def _document(notebook: Path) -> dict[str, Any]:
    try:
        document: dict[str, Any] = json.loads(notebook.read_text("utf-8", "replace"))
    except (OSError, ValueError):
        return {}
    return document


def _text(output: dict[str, Any]) -> str:
    if output["output_type"] == "stream":
        return _joined(output.get("text", ""))
    plain = _joined(output.get("data", {}).get("text/plain", ""))
    return f"{plain}\n" if plain else ""


def _joined(text: str | list[str]) -> str:
    return text if isinstance(text, str) else "".join(text)
