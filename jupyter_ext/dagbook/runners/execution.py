"""What one execution is given, and what is learnt in the course of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from dagbook.runners.deadline import Bounds
from dagbook.runners.ending import Ending
from dagbook.runners.holding import Holding
from dagbook.runners.masking import Mask
from dagbook.runners.notebook_file import NotebookFile
from dagbook.runners.progress import Progress
from dagbook.runners.streams import OUTPUT_LIMIT

StartKernel: TypeAlias = Callable[[], Awaitable[tuple[Any, Any, dict[str, Any]]]]
"""Starts a kernel: its manager, a connected client, and what the kernel says of itself."""


@dataclass(kw_only=True)
class Execution:
    """One notebook, once.

    Attributes:
        start: begins the kernel's life.
        file: where the executed notebook is saved.
        metadata: goes into the notebook's `metadata.papermill`.
        bounds: what it may take of time and memory.
        stop_asked: whether somebody wants it to end now.
        holding: keeps the kernel for a person when a cell fails; None to let it go.
        nb: the notebook as executed.
        ending: what ended it early; None when it came to its last cell.
        peak_memory: bytes.
        by_hand: who finished it after a cell had failed; empty when nobody did.
        cold_because: why the kernel was not forked from a warm process, where that was wanted.
    """

    start: StartKernel
    progress: Progress
    mask: Mask
    file: NotebookFile
    metadata: dict[str, Any]
    bounds: Bounds = field(default_factory=Bounds)
    stop_asked: Callable[[], bool] = lambda: False
    output_limit: int = OUTPUT_LIMIT
    holding: Holding | None = None

    nb: Any = field(default=None, init=False)
    ending: Ending | None = field(default=None, init=False)
    peak_memory: int | None = field(default=None, init=False)
    by_hand: str = field(default="", init=False)
    cold_because: str = field(default="", init=False)
