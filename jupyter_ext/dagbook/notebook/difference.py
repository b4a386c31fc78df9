"""Two notebooks cell by cell: which belong together, and what differs in source and outputs."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Final

from dagbook.notebook.cells import Cell, cells, source_of

_ALIKE: Final = 0.5
"""From this ratio on, a cell that stands in another's place is that one changed, and not another."""

_LONGEST: Final = 4_000
_COLOURS: Final = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_ADDRESS: Final = re.compile(r"\bat 0x[0-9a-f]+")


@dataclass(frozen=True, kw_only=True)
class CellChange:
    """A cell of the one notebook, of the other, or of both.

    Attributes:
        left: its position among the cells of the first notebook, from 1; None where it has none such.
        right: likewise in the second.
        kind: code, markdown or raw.
        lines: of the source, each with a sign: in both (a space), in the first alone (-), in the second (+).
        outputs: what the cell left, as text, in the first and in the second; pictures by a digest.
    """

    left: int | None
    right: int | None
    kind: str
    lines: tuple[tuple[str, str], ...]
    outputs: tuple[tuple[str, ...], tuple[str, ...]]

    @property
    def change(self) -> str:
        """`added`, `removed`, `source`, `outputs` (and the source is the same), or `same`."""
        if self.left is None:
            return "added"
        if self.right is None:
            return "removed"
        if any(sign != " " for sign, _ in self.lines):
            return "source"
        return "same" if self.outputs[0] == self.outputs[1] else "outputs"

    def to_json(self) -> dict[str, Any]:
        """The shape of the REST route."""
        return {
            "change": self.change, "left": self.left, "right": self.right, "kind": self.kind,
            "lines": [list(line) for line in self.lines],
            "outputs": {"left": list(self.outputs[0]), "right": list(self.outputs[1])},
        }  # fmt: skip


def cell_changes(left: Mapping[str, Any], right: Mapping[str, Any]) -> tuple[CellChange, ...]:
    """Every cell of both notebooks, in the order of reading. How often one ran is no difference."""
    first, second = cells(left), cells(right)
    shared = {cell.get("id") for cell in first} & {cell.get("id") for cell in second} - {None}
    keys = [[_key(cell, shared) for cell in some] for some in (first, second)]
    found: list[CellChange] = []
    matcher = SequenceMatcher(None, keys[0], keys[1], autojunk=False)
    for tag, start, end, begin, stop in matcher.get_opcodes():
        if tag == "equal":
            pairs: Iterator[tuple[int | None, int | None]] = zip(
                range(start, end), range(begin, stop), strict=True
            )
        else:
            pairs = _paired(first, second, (start, end), (begin, stop))
        found += [_change(first, second, one, other) for one, other in pairs]
    return tuple(found)


def _key(cell: Cell, shared: set[object]) -> tuple[str, str]:
    """By what a cell is known again: its id where both notebooks have it, else its text."""
    known = cell.get("id")
    return ("id", str(known)) if known in shared else (str(cell.get("cell_type")), source_of(cell))


def _paired(
    first: Sequence[Cell], second: Sequence[Cell], of_first: tuple[int, int], of_second: tuple[int, int]
) -> Iterator[tuple[int | None, int | None]]:
    """Cells of two stretches that are not the same: each with the next that is like it, else alone."""
    open_ones = list(range(*of_second))
    for one in range(*of_first):
        like = next((other for other in open_ones if _is_like(first[one], second[other])), None)
        if like is None:
            yield one, None
            continue
        while open_ones[0] != like:
            yield None, open_ones.pop(0)
        yield one, open_ones.pop(0)
    for other in open_ones:
        yield None, other


def _is_like(one: Cell, other: Cell) -> bool:
    if one.get("cell_type") != other.get("cell_type"):
        return False
    matcher = SequenceMatcher(
        None, source_of(one).splitlines(), source_of(other).splitlines(), autojunk=False
    )
    if matcher.ratio() >= _ALIKE:
        return True
    texts = SequenceMatcher(None, source_of(one)[:_LONGEST], source_of(other)[:_LONGEST], autojunk=False)
    return texts.quick_ratio() >= _ALIKE and texts.ratio() >= _ALIKE


def _change(first: Sequence[Cell], second: Sequence[Cell], one: int | None, other: int | None) -> CellChange:
    left = {} if one is None else first[one]
    right = {} if other is None else second[other]
    return CellChange(
        left=None if one is None else one + 1,
        right=None if other is None else other + 1,
        kind=str((left or right).get("cell_type", "raw")),
        lines=tuple(_lines(source_of(left).splitlines(), source_of(right).splitlines())),
        outputs=(_outputs(left), _outputs(right)),
    )


def _lines(left: Sequence[str], right: Sequence[str]) -> Iterator[tuple[str, str]]:
    for tag, start, end, begin, stop in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        if tag == "equal":
            yield from ((" ", line) for line in left[start:end])
            continue
        yield from (("-", line) for line in left[start:end])
        yield from (("+", line) for line in right[begin:stop])


def _outputs(cell: Mapping[str, Any]) -> tuple[str, ...]:
    said = cell.get("outputs")
    return tuple(_output(one) for one in said if isinstance(one, dict)) if isinstance(said, list) else ()


def _output(output: Mapping[str, Any]) -> str:
    if output.get("output_type") == "error":
        return f"{output.get('ename', '')}: {output.get('evalue', '')}"[:_LONGEST]
    if output.get("output_type") == "stream":
        return _plain(output.get("text", ""))
    data = output.get("data")
    given = data if isinstance(data, dict) else {}
    pictures = [_digest(kind, value) for kind, value in given.items() if kind.startswith("image/")]
    if pictures:
        return ", ".join(pictures)
    return _plain(given["text/plain"]) if "text/plain" in given else ", ".join(map(str, given))


def _digest(kind: str, value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return f"{kind}, {len(text)} characters, {hashlib.sha256(text.encode()).hexdigest()[:8]}"


def _plain(value: object) -> str:
    """Text without colours, and without addresses, which no two runs have in common."""
    text = value if isinstance(value, str) else "".join(map(str, value)) if isinstance(value, list) else ""
    return _ADDRESS.sub("at 0x…", _COLOURS.sub("", text))[:_LONGEST]
