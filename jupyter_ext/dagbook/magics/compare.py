"""`%compare A B`: what differs between two runs, and, folded away, what is the same."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from dagbook.api.phrases import SIGNS, seconds_text, since_text, value_text
from dagbook.errors import EnvironmentFault, Finding, NotFound, did_you_mean
from dagbook.magics.completion import Typed, complete
from dagbook.magics.markup import Cell, Markup, folded, named, page, quiet, state, table
from dagbook.magics.place import notebook_path, told_by
from dagbook.magics.runs_table import seen
from dagbook.magics.screen import Shown, plain_errors, say
from dagbook.magics.text_table import text_table
from dagbook.magics.words import LineParser

if TYPE_CHECKING:
    from dagbook.magics.tracked_runs import TrackedRun, TrackedRuns

USAGE: Final = "%compare A B (the beginnings of two ids, names, or -1, -2, … for the newest)"
_LOOKED_AT: Final = 500
_LONGEST: Final = 48
_NOTHING: Final = "Nothing that was recorded differs."
_WHOLE_ID: Final = 32
# Tags that say where a run came from; the other tags of MLflow's and of ours say what the rows above say.
_TAGS: Final = {
    "experiment": "experiment",
    "mlflow.source.name": "source",
    "mlflow.source.git.commit": "git commit",
    "mlflow.user": "user",
    "mlflow.note.content": "note",
    "dagbook.pipeline": "pipeline",
    "dagbook.run": "pipeline run",
}
_TELLING: Final = ("dagbook.input.", "dagbook.item.", "dagbook.git.")


def register(ip: Any) -> None:
    """Add `%compare` to the shell."""

    def compare(line: str) -> Comparison | None:
        """Show what differs between two runs: parameters, metrics with their change, data sets, source.

        %compare -2 -1            the newest run with the one before it (also: %compare)
        %compare 3f2a             the run whose id begins like this, with the newest
        %compare 3f2a 9c01        two runs by their ids, as %runs shows them
        %compare baseline wide    two runs by their names

        The change is that from the first to the second. What is the same is folded away below.
        """
        return show_comparison(line, ip)

    ip.register_magic_function(compare, "line", "compare")
    complete(ip, "compare", _offers)


@dataclass(frozen=True, kw_only=True)
class Row:
    """One thing that two runs have, or one of them has."""

    kind: str
    name: str
    left: str
    right: str
    change: str = ""

    @property
    def same(self) -> bool:
        """Whether both have the same."""
        return self.left == self.right and not self.change


class Comparison(Shown):
    """Two runs side by side."""

    def __init__(self, left: TrackedRun, right: TrackedRun) -> None:
        self.left = left
        self.right = right
        self.rows = compare_runs(left, right)

    @property
    def different(self) -> list[Row]:
        """What is not the same."""
        return [row for row in self.rows if not row.same]

    @property
    def equal(self) -> list[Row]:
        """What is."""
        return [row for row in self.rows if row.same]

    def html(self) -> str:
        """For a notebook."""
        runs = (self.left, self.right)
        header: list[Cell] = ["", *(named(run.name, run.id[:8]) for run in runs), "change"]
        rows: list[list[Cell]] = [
            ["status", *(state(run.status) for run in runs), ""],
            ["started", *(quiet(_when(run)) for run in runs), ""],
        ]
        rows += [
            [Markup(f"{escape(row.name)} {quiet(row.kind).html}"), row.left, row.right, quiet(row.change)]
            for row in self.different
            if row.kind
        ]
        parts = [table(header, rows, "What differs")]
        if len(rows) == 2:  # noqa: PLR2004
            parts.append(f"<p>{_NOTHING}</p>")
        if equal := [row for row in self.equal if row.kind]:
            same: list[list[Cell]] = [[row.name, row.left, quiet(row.kind)] for row in equal]
            parts.append(folded(f"{len(equal)} the same", table(["", "both", ""], same, "What is the same")))
        return page(*parts)

    def text(self) -> str:
        """For a terminal."""
        heads = [
            f"{run.id[:8]}  {run.name}  {SIGNS.get(run.status, '•')} {run.status}  {_when(run)}"
            for run in (self.left, self.right)
        ]
        rows = [[row.kind, row.name, row.left, row.right, row.change] for row in self.different]
        header = ["", "", self.left.id[:8], self.right.id[:8], "change"]
        told = text_table(header, rows) if rows else _NOTHING
        return "\n".join([*heads, "", told, f"{len(self.equal)} the same"])


def compare_runs(left: TrackedRun, right: TrackedRun) -> tuple[Row, ...]:
    """Every parameter, metric, data set and telling tag of two runs, and how each changed."""
    params, metrics, inputs, tags = (
        sorted({*getattr(left, kind), *getattr(right, kind)})
        for kind in ("params", "metrics", "inputs", "tags")
    )
    return (
        *(_row("param", name, left.params.get(name), right.params.get(name)) for name in params),
        *(_metric(name, left.metrics.get(name), right.metrics.get(name)) for name in metrics),
        *(_row("data set", name, left.inputs.get(name), right.inputs.get(name)) for name in inputs),
        *(
            _row("tag", said, left.tags.get(tag), right.tags.get(tag))
            for tag in tags
            if (said := _tag_name(tag))
        ),
        _row("", "status", left.status, right.status),
    )


def show_comparison(line: str, ip: Any) -> Comparison | None:
    """Do what `%compare` was told."""
    parser = LineParser("%compare", USAGE)
    words = line.split() if not set(line) & set("'\"") else None
    if words is None:
        parser.add_argument("runs", nargs="*")
        words = list(parser.read(line).runs)
    if len(words) > 2:  # noqa: PLR2004
        parser.error("two runs can be compared")
    asked = {0: ["-2", "-1"], 1: [*words, "-1"]}.get(len(words), words)
    from dagbook.magics.tracked_runs import runs_of

    store = runs_of(Path.cwd())
    notebook = notebook_path(session=told_by(ip))
    with plain_errors("%compare"):
        try:
            left, right = (find_run(name, store, notebook) for name in asked)
        except EnvironmentFault as fault:
            say(str(fault))
            return None
    made = Comparison(left, right)
    made.show()
    return made


def find_run(name: str, store: TrackedRuns, notebook: Path | None) -> TrackedRun:
    """The run that is meant: `-1` is the notebook's newest; else a name, or the beginning of an id.

    Runs of the notebook come before others of the project.

    Raises:
        NotFound: none is, or more than one.
    """
    known: list[TrackedRun] = []
    for scope in dict.fromkeys((notebook, None)):
        known = store.find("", scope, _LOOKED_AT)
        if name[:1] == "-" and name[1:].isdecimal():
            if 0 < int(name) * -1 <= len(known):
                return known[-int(name) - 1]
            continue
        if found := _meant(name, known):
            return found
    if len(name) == _WHOLE_ID and (run := store.get(name)):
        return run
    if name[:1] == "-" and name[1:].isdecimal():
        remedy = f"there {_are(len(known))}: track one with %%track, or name another"
        raise NotFound(Finding(code="unknown-run", message=f"there is no run {name}", remedy=remedy))
    names = [*(run.name for run in known), *(run.id[:8] for run in known)]
    raise NotFound(
        Finding(
            code="unknown-run",
            message=f"there is no run '{name}'",
            remedy=did_you_mean(name, names, "%%track at the top of a cell tracks one"),
        )
    )


def _meant(name: str, known: Sequence[TrackedRun]) -> TrackedRun | None:
    for fits in (_is_called(name), _begins(name)):
        found = [run for run in known if fits(run)]
        if len(found) == 1:
            return found[0]
        if found:
            told = ", ".join(f"{run.id[:8]} ({since_text(run.started)})" for run in found[:5])
            raise NotFound(
                Finding(
                    code="ambiguous-run",
                    message=f"{len(found)} runs are called or begin with '{name}'",
                    remedy=f"say the beginning of an id: {told}",
                )
            )
    return None


def _is_called(name: str) -> Callable[[TrackedRun], bool]:
    return lambda run: run.name == name


def _begins(name: str) -> Callable[[TrackedRun], bool]:
    return lambda run: bool(name) and run.id.startswith(name)


def _are(number: int) -> str:
    return "is 1 run" if number == 1 else f"are {number} runs"


def _metric(name: str, left: float | None, right: float | None) -> Row:
    same = left == right or (
        left is not None and right is not None and math.isnan(left) and math.isnan(right)
    )
    change = ""
    if left is not None and right is not None and not same:
        change = f"{right - left:+.4g}"
        if left and math.isfinite(left) and math.isfinite(right):
            change += f" ({(right - left) / abs(left):+.1%})"
    if name in _MEASURED and left is not None and right is not None and left:
        change = f"{(right - left) / abs(left):+.0%}" if not same else ""
    told = _MEASURED.get(name, _shown)
    return Row(kind="metric", name=name, left=told(left), right=told(right), change=change)


def _row(kind: str, name: str, left: str | None, right: str | None) -> Row:
    # Long values that differ only behind what is shown still differ.
    differ = "differs further on" if left != right and _shown(left) == _shown(right) else ""
    return Row(kind=kind, name=name, left=_shown(left), right=_shown(right), change=differ)


def _shown(value: str | float | None) -> str:
    return "" if value is None else value_text(value, _LONGEST)


def _memory(size: float | None) -> str:
    return "" if size is None else f"{size / 1e6:,.0f} MB"


_MEASURED: Final[dict[str, Callable[[float | None], str]]] = {
    "duration_seconds": seconds_text,
    "peak_memory_bytes": _memory,
}
"""Recorded of every cell, in units that people read."""


def _when(run: TrackedRun) -> str:
    took = seconds_text(run.seconds)
    return f"{since_text(run.started)}{f', took {took}' if took else ''}"


def _tag_name(tag: str) -> str:
    """How a tag is called here; nothing for those that say nothing new."""
    if tag in _TAGS:
        return _TAGS[tag]
    if tag.startswith(_TELLING):
        return tag.removeprefix("dagbook.").replace(".", " ", 1)
    return "" if tag.startswith(("mlflow.", "dagbook.")) else tag


def _offers(typed: Typed) -> list[str]:
    if len(typed.words) > 1:
        return []
    runs = seen()
    newest = [f"-{number + 1}" for number in range(min(len(runs), 5) or 2)]
    return [*newest, *(run.id[:8] for run in runs), *(run.name for run in runs if " " not in run.name)]
