"""`%runs`: the runs of this notebook, and what differs between them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from dagbook.api.phrases import SIGNS, seconds_text, since_text, value_text
from dagbook.errors import EnvironmentFault
from dagbook.magics.completion import Typed, complete
from dagbook.magics.markup import Cell, Number, named, page, quiet, state, table
from dagbook.magics.place import notebook_path, told_by
from dagbook.magics.screen import Shown, plain_errors, say
from dagbook.magics.text_table import text_table
from dagbook.magics.words import LineParser, count

if TYPE_CHECKING:
    from dagbook.magics.tracked_runs import TrackedRun

USAGE: Final = "%runs [FILTER] [-n N] [--all]"
_MOST_COLUMNS: Final = 8
_LONGEST: Final = 24
# Recorded of every tracked cell, always different: %compare shows them.
_OF_EVERY_RUN: Final = frozenset({"duration_seconds", "peak_memory_bytes"})
_WORDS: Final = re.compile(r"""(?:'[^']*'|"[^"]*"|`[^`]*`|[^\s'"`])+""")
_OPTION: Final = re.compile(r"--?[A-Za-z]")

_seen: list[TrackedRun] = []


def register(ip: Any) -> None:
    """Add `%runs` to the shell."""

    def runs(line: str) -> RunsTable | None:
        """Show this notebook's tracked runs, newest first, with the parameters and metrics that differ.

        %runs                                 the newest 20: what you tracked here, and what pipelines ran
        %runs -n 50                           more of them
        %runs --all                           of every notebook in the project
        %runs metrics.acc > 0.9               those that fit; this is MLflow's filter language
        %runs params.model = 'rf' and attributes.status = 'FINISHED'

        The result can be kept (`t = %runs`): `t.runs` are the runs, `t.frame()` is a DataFrame.
        Compare two of them with %compare.
        """
        return show_runs(line, ip)

    ip.register_magic_function(runs, "line", "runs")
    complete(ip, "runs", _offers)


@dataclass(frozen=True, kw_only=True)
class Column:
    """A parameter, a metric or a data set; `kind` is `params`, `metrics` or `inputs`."""

    kind: str
    name: str


class RunsTable(Shown):
    """A table of runs, newest first, as it is shown."""

    def __init__(self, runs: Sequence[TrackedRun], subject: str, links: Mapping[str, str]) -> None:
        self.runs = tuple(runs)
        self._subject = subject
        self._links = links
        self._columns = differing(self.runs)

    def __len__(self) -> int:
        return len(self.runs)

    def __getitem__(self, index: int) -> TrackedRun:
        return self.runs[index]

    def frame(self) -> Any:
        """The runs as a DataFrame of pandas: one row a run, all parameters and metrics."""
        import pandas as pd

        rows = [
            {"run": run.id, "name": run.name, "status": run.status, "started": run.started,
             "seconds": run.seconds, **run.params, **run.metrics}
            for run in self.runs
        ]  # fmt: skip
        return pd.DataFrame(rows)

    def html(self) -> str:
        """For a notebook."""
        columns = self._columns[:_MOST_COLUMNS]
        header: list[Cell] = ["run", "", "started", "took", *self._origin_title()]
        header += [_side(column, title) for column, title in zip(columns, self._titles(), strict=True)]
        rows = [self._html_row(run, columns) for run in self.runs]
        label = f"Runs of {self._subject}"
        return page(table(header, rows, label), f'<p class="q">{escape(self._remark())}</p>')

    def text(self) -> str:
        """For a terminal."""
        columns = self._columns[:_MOST_COLUMNS]
        header = ["run", "", "status", "started", "took", *self._origin_title(), *self._titles()]
        rows = [
            [run.id[:8], run.name, f"{SIGNS.get(run.status, '•')} {run.status}", since_text(run.started),
             seconds_text(run.seconds), *self._origin(run), *(_value(run, column) for column in columns)]
            for run in self.runs
        ]  # fmt: skip
        start = len(header) - len(columns)
        right = [start + index for index, column in enumerate(columns) if column.kind == "metrics"]
        return f"{text_table(header, rows, right)}\n{self._remark()}"

    def _html_row(self, run: TrackedRun, columns: Sequence[Column]) -> list[Cell]:
        return [
            named(run.name, run.id[:8], self._links.get(run.id)),
            state(run.status),
            quiet(since_text(run.started)),
            quiet(seconds_text(run.seconds)),
            *(quiet(origin) for origin in self._origin(run)),
            *(_side(column, _value(run, column)) for column in columns),
        ]

    def _titles(self) -> list[str]:
        names = [column.name for column in self._columns]
        return [
            f"{column.name} (param)"
            if column.kind == "params" and names.count(column.name) > 1
            else column.name
            for column in self._columns[:_MOST_COLUMNS]
        ]

    def _origin_title(self) -> list[str]:
        return ["pipeline"] if any(run.pipeline for run in self.runs) else []

    def _origin(self, run: TrackedRun) -> list[str]:
        return [run.pipeline] if self._origin_title() else []

    def _remark(self) -> str:
        number = len(self.runs)
        said = f"{number} run{'' if number == 1 else 's'} of {self._subject}"
        hidden = [column.name for column in self._columns[_MOST_COLUMNS:]]
        if hidden:
            said += f"; also different: {', '.join(hidden[:6])}{', …' if len(hidden) > 6 else ''}"  # noqa: PLR2004
        if number > 1:
            said += f". What differs in full:  %compare {self.runs[1].id[:8]} {self.runs[0].id[:8]}"
        return said


def show_runs(line: str, ip: Any) -> RunsTable | None:
    """Do what `%runs` was told."""
    parser = LineParser("%runs", USAGE)
    parser.add_argument("-n", type=count, default=20)
    parser.add_argument("--all", action="store_true", dest="everything")
    line, filter_string = _apart(line)
    asked = parser.read(line)
    from dagbook.api.tracking import tend
    from dagbook.magics.tracked_runs import runs_of

    store = runs_of(Path.cwd())
    notebook = None if asked.everything else notebook_path(session=told_by(ip))
    with plain_errors("%runs"):
        try:
            with suppress(OSError):  # where nothing can be written nothing can be sent either
                tend(Path.cwd())
            found = store.find(filter_string, notebook, asked.n)
        except EnvironmentFault as fault:
            say(str(fault))
            return None
    subject = notebook.name if notebook else "this project"
    if not found:
        say(_nothing(subject, filter_string))
        return None
    _seen[:] = found
    links = {run.id: link for run in found if (link := store.link(run))}
    made = RunsTable(found, subject, links)
    made.show()
    return made


def differing(runs: Sequence[TrackedRun]) -> list[Column]:
    """Parameters, metrics, data sets that are not the same in all runs; of one run all that it logged."""
    found: list[Column] = []
    for kind in ("params", "metrics", "inputs"):
        values = [getattr(run, kind) for run in runs]
        names = sorted({name for held in values for name in held} - _OF_EVERY_RUN)
        found += [
            Column(kind=kind, name=name)
            for name in names
            if len(runs) == 1 or len({repr(held.get(name)) for held in values}) > 1
        ]
    return found


def seen() -> tuple[TrackedRun, ...]:
    """What the last table showed: completion asks no store."""
    return tuple(_seen)


def _apart(line: str) -> tuple[str, str]:
    """Options, and the filter, which is MLflow's to read: its quotes stay as they are."""
    options: list[str] = []
    rest: list[str] = []
    words = [match[0] for match in _WORDS.finditer(line)]
    for index, word in enumerate(words):
        belongs = index and words[index - 1] == "-n"
        (options if belongs or _OPTION.match(word) else rest).append(word)
    return " ".join(options), " ".join(rest)


def _nothing(subject: str, filter_string: str) -> str:
    if filter_string:
        return f"no run of {subject} fits the filter"
    more = "" if subject == "this project" else "; %runs --all shows those of the project"
    return f"no runs of {subject} yet: %%track at the top of a cell tracks it{more}"


def _value(run: TrackedRun, column: Column) -> str:
    held = getattr(run, column.kind)
    return value_text(held[column.name], _LONGEST) if column.name in held else ""


def _side(column: Column, text: str) -> Cell:
    return Number(text) if column.kind == "metrics" else text


def _offers(_typed: Typed) -> list[str]:
    names = {f"metrics.{name}" for run in _seen for name in run.metrics}
    names |= {f"params.{name}" for run in _seen for name in run.params}
    return ["-n", "--all", *sorted(names), "attributes.status"]
