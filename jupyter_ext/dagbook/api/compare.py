"""What differs between two runs of pipelines: parameters, code, steps, outputs, and their surroundings."""

from __future__ import annotations

import difflib
import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path
from typing import Any, Final

from dagbook.api.phrases import value_text
from dagbook.api.run import Run
from dagbook.api.table_facts import table_facts
from dagbook.engine.folders import frozen_notebook
from dagbook.engine.surroundings import MadeIn, read_surroundings
from dagbook.notebook.outputs import Output
from dagbook.run.state import RunState, StepState

_ABSENT: Final = ""
_LONGEST: Final = 60
HEADINGS: Final = {
    "parameter": "Parameters",
    "code": "Code",
    "state": "Steps",
    "output": "Outputs",
    "metric": "Metrics",
    "data": "Data",
    "source": "Made with",
    "package": "Packages",
}
"""Kind of difference → what people call them, in the order in which they are shown."""


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One thing that two runs do not have in common.

    Attributes:
        kind: parameter, state, output, code, source or package.
        where: the step, or the node for code; empty for the run as a whole.
        name: of the parameter, output, …; empty where `where` says it all.
        left: in the first run; empty when it has none.
        right: in the second run; likewise.
        change: from the first to the second in words or as a number; for code a unified diff.
    """

    kind: str
    where: str = ""
    name: str = ""
    left: str = _ABSENT
    right: str = _ABSENT
    change: str = ""


@dataclass(frozen=True, kw_only=True)
class RunComparison:
    """Two runs, and everything that was recorded of them and is not the same."""

    left: str
    right: str
    differences: tuple[Difference, ...]

    def of_kind(self, *kinds: str) -> tuple[Difference, ...]:
        """Those of some kinds, in their order."""
        return tuple(one for one in self.differences if one.kind in kinds)

    def to_json(self) -> dict[str, Any]:
        """In the shape of `dagbook compare --json`."""
        return {
            "left": self.left,
            "right": self.right,
            "differences": [asdict(one) for one in self.differences],
        }


def compare_runs(left: Run, right: Run) -> RunComparison:
    """Compare two runs by what lies in their folders. Durations are no difference: they always differ."""
    states = (left.state, right.state)
    made_in = (read_surroundings(left.folder), read_surroundings(right.folder))
    found = chain(
        _params(*states),
        _code(left, right),
        _steps((left, right), states),
        _sources(*made_in),
        _packages(*made_in),
    )
    return RunComparison(left=left.id, right=right.id, differences=tuple(found))


def _params(left: RunState, right: RunState) -> Iterator[Difference]:
    for name in dict.fromkeys((*left.params, *right.params)):
        yield from _unequal("parameter", "", name, left.params.get(name), right.params.get(name))


def _steps(runs: tuple[Run, Run], states: tuple[RunState, RunState]) -> Iterator[Difference]:
    left, right = (state.steps for state in states)
    for name in dict.fromkeys((*left, *right)):
        first, second = left.get(name), right.get(name)
        if _ending(first) != _ending(second):
            yield Difference(kind="state", where=name, left=_ending(first), right=_ending(second))
        if first is not None and second is not None:
            folders = (runs[0].folder, runs[1].folder)
            for output in dict.fromkeys((*first.outputs, *second.outputs)):
                yield from _outputs(name, first.outputs.get(output), second.outputs.get(output), folders)


def _ending(step: StepState | None) -> str:
    """A reused result is as good as a new one: that alone is no difference."""
    if step is None:
        return "not in this run"
    ending = "succeeded" if step.state == "reused" else step.state
    return f"{ending}, {step.error.name}: {value_text(step.error.value, _LONGEST)}" if step.error else ending


def _outputs(
    step: str, left: Output | None, right: Output | None, folders: tuple[Path, Path]
) -> Iterator[Difference]:
    either = left or right
    if either is None:
        return
    if left is None or right is None or {left.kind, right.kind} == {"value", "file"}:
        yield Difference(kind="output", where=step, name=either.name, left=_told(left), right=_told(right))
    elif left.kind == "value":
        yield from _unequal("output", step, either.name, left.value, right.value)
    elif left.sha256 != right.sha256:
        yield Difference(
            kind="output",
            where=step,
            name=either.name,
            left=_told(left),
            right=_told(right),
            change=table_facts(folders[0] / left.path, folders[1] / right.path) or "other content",
        )


def _told(output: Output | None) -> str:
    if output is None:
        return "not published"
    if output.kind == "value":
        return value_text(output.value, _LONGEST)
    return f"{output.format or 'file'}, {(output.bytes or 0) / 1000:,.1f} kB"


def _code(left: Run, right: Run) -> Iterator[Difference]:
    """The notebooks as they were frozen: the code alone, since text and outputs change nothing."""
    nodes = ([step.outline.node for step in run.state.steps.values()] for run in (left, right))
    for node in dict.fromkeys(chain(*nodes)):
        first, second = (_source(run.folder / frozen_notebook(node)) for run in (left, right))
        if first is None or second is None or first == second:
            continue
        lines = difflib.unified_diff(
            first.splitlines(), second.splitlines(), left.id, right.id, lineterm="", n=2
        )
        yield Difference(kind="code", where=node, change="\n".join(lines))


def _source(path: Path) -> str | None:
    try:
        cells = json.loads(path.read_text("utf-8"))["cells"]
        code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return "\n".join(f"# %% code cell {number}\n{source}" for number, source in enumerate(code, 1))


def _sources(left: MadeIn, right: MadeIn) -> Iterator[Difference]:
    if left.facts and right.facts:
        yield from _unequal_of("source", left.facts, right.facts)
        if left.patch != right.patch:
            told = [
                f"{len(made.patch.splitlines())} lines" if made.patch else "none" for made in (left, right)
            ]
            yield Difference(kind="source", name="changes since the commit", left=told[0], right=told[1])


def _packages(left: MadeIn, right: MadeIn) -> Iterator[Difference]:
    if left.packages and right.packages:
        yield from _unequal_of("package", versions_of(left.packages), versions_of(right.packages))


def versions_of(packages: Iterable[str]) -> dict[str, str]:
    """Package → version, of lines `name==version`; names as PEP 503 has them, however they are written."""
    pairs = (package.partition("==") for package in packages)
    return {re.sub(r"[-_.]+", "-", name).lower(): version for name, _, version in pairs}


def _unequal_of(kind: str, left: Mapping[str, str], right: Mapping[str, str]) -> Iterator[Difference]:
    for name in dict.fromkeys((*left, *right)):
        yield from _unequal(kind, "", name, left.get(name), right.get(name))


def _unequal(kind: str, where: str, name: str, left: Any, right: Any) -> Iterator[Difference]:
    if left == right or _both_nan((left, right)):
        return
    told = ["" if value is None else value_text(value, _LONGEST) for value in (left, right)]
    change = _numeric_change(left, right)
    if not change and told[0] == told[1]:
        change = "differs further on"
    yield Difference(kind=kind, where=where, name=name, left=told[0], right=told[1], change=change)


def _numeric_change(left: Any, right: Any) -> str:
    if not all(isinstance(value, int | float) and not isinstance(value, bool) for value in (left, right)):
        return ""
    change = f"{right - left:+.4g}"
    if left and math.isfinite(left) and math.isfinite(right):
        change += f" ({(right - left) / abs(left):+.1%})"
    return change


def _both_nan(values: Sequence[Any]) -> bool:
    return all(isinstance(value, float) and math.isnan(value) for value in values)
