"""A graph as text, Mermaid, DOT or SVG. Pure: a drawing is a string."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape
from types import MappingProxyType
from typing import Final

from dagbook.pipeline.graph import Graph

Labels = Mapping[str, str]
Tones = Mapping[str, str]

_WIDTH, _HEIGHT, _GAP_X, _GAP_Y, _MARGIN = 168, 44, 56, 24, 16


def as_text(graph: Graph, labels: Labels) -> str:
    """One line a node in an order that can be run, with what it needs."""
    width = max((len(node) for node in graph.upstream), default=0)
    lines = []
    for node in graph.order():
        needs = ", ".join(graph.upstream[node])
        lines.append(f"{node:<{width}}  {labels[node]}{f'  ← {needs}' if needs else ''}")
    return "\n".join(lines)


def as_mermaid(graph: Graph, labels: Labels) -> str:
    """A Mermaid flowchart, as GitHub and JupyterLab draw it."""
    # Ids of our own: `end` is a word of Mermaid's.
    ids = {node: f"n{index}" for index, node in enumerate(graph.upstream)}
    boxes = [f'  {ids[node]}["{_mermaid(node)}<br/>{_mermaid(labels[node])}"]' for node in graph.order()]
    arrows = [f"  {ids[up]} --> {ids[node]}" for node in graph.order() for up in graph.upstream[node]]
    return "\n".join(["flowchart LR", *boxes, *arrows])


def as_dot(graph: Graph, labels: Labels) -> str:
    """Graphviz' language."""
    boxes = [
        f"  {_quoted(node)} [label={_quoted(f'{node}' + chr(10) + labels[node])}];" for node in graph.order()
    ]
    arrows = [f"  {_quoted(up)} -> {_quoted(node)};" for node in graph.order() for up in graph.upstream[node]]
    lines = [
        "digraph pipeline {",
        '  rankdir="LR";',
        '  node [shape="box", style="rounded"];',
        *boxes,
        *arrows,
        "}",
    ]
    return "\n".join(lines)


def as_svg(graph: Graph, labels: Labels, tones: Tones = MappingProxyType({})) -> str:
    """A picture: columns by distance from the start, readable on light and dark pages.

    A node's tone (good, bad, warn, busy) colours its edge; its label must say the same in words.
    """
    places = _places(graph)
    width = max((x for x, _ in places.values()), default=0) + _WIDTH + _MARGIN
    height = max((y for _, y in places.values()), default=0) + _HEIGHT + _MARGIN
    arrows = [_arrow(places[up], places[node]) for node in graph.order() for up in graph.upstream[node]]
    boxes = [_box(places[node], node, labels[node], tones.get(node, "")) for node in graph.order()]
    style = (
        "text{font:13px system-ui,sans-serif;fill:#24292f}.s{font-size:11px;fill:#57606a}"
        "rect{fill:#f6f8fa;stroke:#8c959f}.good rect{stroke:#2da44e}.bad rect{stroke:#cf222e;stroke-width:2}"
        ".warn rect{stroke:#bf8700}.busy rect{stroke:#0969da}path{fill:none;stroke:#8c959f;stroke-width:1.5}"
        "@media(prefers-color-scheme:dark){text{fill:#e6edf3}.s{fill:#9198a1}rect{fill:#21262d;stroke:#6e7681}}"
    )
    # For those who do not see it: the graph in one sentence.
    told = "; ".join(f"{node}: {labels[node]}" for node in graph.order())
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" role="img" aria-label="{escape(_visible(told))}">'
    )
    tip = (
        '<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
        'orient="auto"><path d="M0 0 8 4 0 8z" style="fill:#8c959f;stroke:none"/></marker></defs>'
    )
    return "\n".join([head, f"<style>{style}</style>", tip, *arrows, *boxes, "</svg>"])


FORMATS: Final[dict[str, Callable[[Graph, Labels], str]]] = {
    "text": as_text,
    "mermaid": as_mermaid,
    "dot": as_dot,
    "svg": as_svg,
}


def grid(graph: Graph) -> dict[str, tuple[int, int]]:
    """Each node's column (its distance from the start) and its row in it, both from 0."""
    column: dict[str, int] = {}
    rows: dict[int, int] = {}
    found: dict[str, tuple[int, int]] = {}
    for node in graph.order():
        column[node] = max((column[up] + 1 for up in graph.upstream[node]), default=0)
        row = rows.get(column[node], 0)
        rows[column[node]] = row + 1
        found[node] = (column[node], row)
    return found


def _places(graph: Graph) -> dict[str, tuple[int, int]]:
    return {
        node: (_MARGIN + column * (_WIDTH + _GAP_X), _MARGIN + row * (_HEIGHT + _GAP_Y))
        for node, (column, row) in grid(graph).items()
    }


def _box(place: tuple[int, int], node: str, label: str, tone: str) -> str:
    x, y = place
    group = f'<g class="{tone}">' if tone else "<g>"
    return (
        f'{group}<rect x="{x}" y="{y}" width="{_WIDTH}" height="{_HEIGHT}" rx="8"/>'
        f'<text x="{x + 12}" y="{y + 19}">{escape(_short(node))}</text>'
        f'<text class="s" x="{x + 12}" y="{y + 35}">{escape(_short(label))}</text></g>'
    )


def _arrow(start: tuple[int, int], end: tuple[int, int]) -> str:
    x1, y1 = start[0] + _WIDTH, start[1] + _HEIGHT // 2
    x2, y2 = end[0], end[1] + _HEIGHT // 2
    middle = (x1 + x2) // 2
    return f'<path d="M{x1} {y1}C{middle} {y1} {middle} {y2} {x2} {y2}" marker-end="url(#head)"/>'


def _short(text: str, longest: int = 22) -> str:
    return _visible(text if len(text) <= longest else text[: longest - 1] + "…")


def _visible(text: str) -> str:
    """A file's name may hold anything; XML and a line of text may not."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def _mermaid(text: str) -> str:
    return escape(_visible(text)).replace("&quot;", "#quot;").replace("&#x27;", "'").replace("&amp;", "#amp;")
