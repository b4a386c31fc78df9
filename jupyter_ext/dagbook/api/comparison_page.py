"""Two runs as one page: what differs, and what cells showed in one and not in the other, side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from itertools import zip_longest
from pathlib import Path
from typing import Any

from markupsafe import Markup
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers.diff import DiffLexer

from dagbook.api.compare import HEADINGS, Difference, RunComparison
from dagbook.api.report.executed import PICTURE_FILES, Allowance, Part, ShownCell, picture_in, read_cells
from dagbook.api.report.page import MOST_BYTES, environment
from dagbook.version import __version__

_ALL = 10**12


@dataclass(frozen=True, kw_only=True)
class Pair:
    """One cell in the first run and in the second; None where a run has no such cell."""

    left: ShownCell | None
    right: ShownCell | None


@dataclass(frozen=True, kw_only=True)
class ComparedNotebook:
    """The cells of a step that showed something else."""

    step: str
    pairs: tuple[Pair, ...]


def write_comparison(found: RunComparison, left: Mapping[str, Any], right: Mapping[str, Any]) -> str:
    """The page as HTML, which needs neither a network nor a script.

    Args:
        found: what differs.
        left: the first run, in the shape of `dagbook show --json`.
        right: the second.
    """
    allowance = Allowance(left=MOST_BYTES)
    groups = [
        (heading, rows)
        for kind, heading in HEADINGS.items()
        if kind != "code" and (rows := found.of_kind(kind))
    ]
    return (
        environment()
        .get_template("comparison.html.j2")
        .render(
            left=left, right=right, groups=groups,
            code=[(row.where, _diff(row)) for row in found.of_kind("code")],
            notebooks=list(_notebooks(left, right, allowance)),
            figures=list(_figures(found, left, right, allowance)),
            left_out=allowance.left_out, version=__version__,
        )
    )  # fmt: skip


def _diff(row: Difference) -> Markup:
    # The first two lines name the runs, which stand above.
    change = "\n".join(row.change.splitlines()[2:])
    return Markup(highlight(change, DiffLexer(), HtmlFormatter(nowrap=True)))  # noqa: S704  # escaped by Pygments


def _figures(
    found: RunComparison, left: Mapping[str, Any], right: Mapping[str, Any], allowance: Allowance
) -> Iterator[tuple[str, Part, Part]]:
    """Published pictures that differ: what they are called, and both."""
    outputs = [{step["step"]: step["outputs"] for step in run["steps"]} for run in (left, right)]
    for row in found.of_kind("output"):
        paths = [Path(str(steps.get(row.where, {}).get(row.name, ""))) for steps in outputs]
        if all(path.suffix in PICTURE_FILES for path in paths):
            shown = [picture_in(path, allowance) for path in paths]
            yield f"{row.where}.{row.name}", shown[0], shown[1]


def _notebooks(
    left: Mapping[str, Any], right: Mapping[str, Any], allowance: Allowance
) -> Iterator[ComparedNotebook]:
    after = {step["step"]: step["notebook"] for step in right["steps"]}
    for step in left["steps"]:
        both = (step["notebook"], after.get(step["step"]))
        first, second = (path and read_cells(Path(path), Allowance(left=_ALL)) for path in both)
        pairs = [*_pairs(first, second)] if first and second else []
        if pairs:
            shown = tuple(pair if _fits(pair, allowance) else _without(pair) for pair in pairs)
            yield ComparedNotebook(step=step["step"], pairs=shown)


def _pairs(left: tuple[ShownCell, ...], right: tuple[ShownCell, ...]) -> Iterator[Pair]:
    """Cells that belong together, where they showed something else. What cells showed is all that counts."""
    first, second = ([cell for cell in cells if cell.kind == "code"] for cells in (left, right))
    matcher = SequenceMatcher(
        None, [cell.code for cell in first], [cell.code for cell in second], autojunk=False
    )
    for _, begin, end, start, stop in matcher.get_opcodes():
        for one, other in zip_longest(first[begin:end], second[start:stop]):
            if _parts(one) != _parts(other):
                yield Pair(left=one, right=other)


def _parts(cell: ShownCell | None) -> tuple[Part, ...]:
    return () if cell is None else cell.parts


def _fits(pair: Pair, allowance: Allowance) -> bool:
    return allowance.take(sum(len(part.html) for cell in (pair.left, pair.right) for part in _parts(cell)))


def _without(pair: Pair) -> Pair:
    note = (Part(kind="note", html=Markup("Left out. It is in the notebook.")),)
    left, right = (cell and replace(cell, parts=note) for cell in (pair.left, pair.right))
    return Pair(left=left, right=right)
