"""Why a notebook ended before its last cell, and what is said of it. Knows nothing of how it was executed."""

from __future__ import annotations

import re
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from dagbook.run.facts import NodeError
from dagbook.runners.streams import without_ansi

_TRACEBACK_LIMIT = 8_000
_VALUE_LIMIT = 2_000
_CELL_LINE = re.compile(r"Cell In\[\s*(\d+)\],? line (\d+)")

_REMEDIES = {
    "StdinNotImplementedError": "use a parameter instead of input(): nobody is there to answer",
    "ModuleNotFoundError": "install the module where the kernel runs, or choose a kernel that has it",
    "MemoryLimit": "raise `resources.memory` of the node, or read less at a time",
    "TimedOut": "raise `timeout` or `cell_timeout` of the node, or give it less to do",
    "MemoryError": "give the node more memory, or read less at a time",
}


@dataclass(frozen=True, kw_only=True)
class Ending:
    """What ended a notebook early, at the cell with `index` (from 0; None before the first).

    `how`: it raised; it left by `sys.exit(0)` or `quit()`; time was up; its kernel died; it was stopped.
    """

    how: Literal["raised", "exited", "timed-out", "died", "stopped"]
    index: int | None
    name: str = ""
    value: str = ""
    traceback: Sequence[str] = ()


STATE_AFTER: dict[str, Literal["succeeded", "failed", "timed-out", "killed"]] = {
    "raised": "failed",
    "exited": "succeeded",
    "timed-out": "timed-out",
    "died": "killed",
    "stopped": "killed",
}


def is_exit(name: str, value: str) -> bool:
    """Whether an exception of this name and text means that the notebook wanted to end, and well."""
    return name == "SystemExit" and value in {"", "0", "None", "False"}


def error_of(ending: Ending, nb: dict[str, Any]) -> NodeError | None:
    """The error to report; None when there is none."""
    if ending.how == "exited":
        return None
    cell = nb["cells"][ending.index] if ending.index is not None else None
    traceback = without_ansi("\n".join(ending.traceback))
    return NodeError(
        name=ending.name,
        value=_cut(without_ansi(ending.value), _VALUE_LIMIT),
        cell=None if ending.index is None else ending.index + 1,
        cell_id=None if cell is None else cell.get("id"),
        line=_line_that_raised(traceback, nb),
        traceback=_cut(traceback, _TRACEBACK_LIMIT),
        remedy=_REMEDIES.get(ending.name, ""),
    )


def _line_that_raised(traceback: str, nb: dict[str, Any]) -> str | None:
    """The innermost line of the notebook's own code, which may stand in an earlier cell."""
    places = _CELL_LINE.findall(traceback)
    if not places:
        return None
    count, line = (int(number) for number in places[-1])
    for cell in nb["cells"]:
        if cell["cell_type"] == "code" and cell.get("execution_count") == count:
            lines = cell["source"].splitlines()
            return lines[line - 1].strip() if 0 < line <= len(lines) else None
    return None


def _cut(text: str, limit: int) -> str:
    """The text without its middle where it is longer than `limit`: the end of a traceback says most."""
    if len(text) <= limit:
        return text
    marker = "\n…\n"
    head = (limit - len(marker)) // 4
    return text[:head] + marker + text[-(limit - len(marker) - head) :]


def death(code: int | None, oom_kills_before: int) -> str:
    """What a kernel died of, from its exit code as Popen gives it (negative: a signal)."""
    if code is None:
        return "kernel died"
    if code >= 0:
        return f"kernel died: exit code {code}"
    try:
        name = f" ({signal.Signals(-code).name})"
    except ValueError:
        name = ""
    likely = code == -signal.SIGKILL and oom_kills() > oom_kills_before
    return f"kernel died: signal {-code}{name}{', likely out of memory' if likely else ''}"


def oom_kills() -> int:
    """How many processes this machine has killed for want of memory so far; 0 where it is not told."""
    try:
        counters = Path("/proc/vmstat").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in counters if line.startswith("oom_kill ")), 0)
