"""The graph of a run as SVG, each node in its state; in the colours of the theme around it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Final

from dagbook.api.phrases import SIGNS
from dagbook.magics.markup import TONES
from dagbook.pipeline.drawing import grid
from dagbook.pipeline.graph import Graph
from dagbook.run.state import BAD, FINAL, GOOD, StepState

_WIDTH, _HEIGHT, _GAP_X, _GAP_Y, _MARGIN = 150, 32, 34, 10, 3
_LONGEST: Final = 17
_MOST_NODES: Final = 40

STYLE: Final = (
    "<style>.dagbook svg{display:block;margin:4px 0;max-width:none}"
    ".dagbook svg text{font-size:12px;fill:currentColor}.dagbook svg .quiet{fill:var(--db-quiet)}"
    ".dagbook svg rect{fill:var(--db-box);stroke:var(--db-edge);stroke-width:1}"
    ".dagbook svg path{fill:none;stroke:var(--db-quiet);stroke-opacity:.6;stroke-width:1.2}"
    ".dagbook svg .is-busy rect{stroke:var(--db-busy);stroke-width:1.5}"
    ".dagbook svg .is-good rect{stroke:var(--db-good)}"
    ".dagbook svg .is-bad rect{stroke:var(--db-bad);stroke-width:1.5}"
    ".dagbook svg .is-warn rect{stroke:var(--db-warn)}"
    ".dagbook svg .is-busy .sign{fill:var(--db-busy)}.dagbook svg .is-good .sign{fill:var(--db-good)}"
    ".dagbook svg .is-bad .sign{fill:var(--db-bad)}.dagbook svg .is-warn .sign{fill:var(--db-warn)}</style>"
)


def graph_html(steps: Sequence[StepState]) -> str:
    """The drawing; nothing for a single node, which needs none, and for more than can be seen at once."""
    by_node: dict[str, list[StepState]] = {}
    for step in steps:
        by_node.setdefault(step.outline.node, []).append(step)
    if not 1 < len(by_node) <= _MOST_NODES:
        return ""
    graph = Graph(upstream=_needs(by_node))
    places = {
        node: (_MARGIN + column * (_WIDTH + _GAP_X), _MARGIN + row * (_HEIGHT + _GAP_Y))
        for node, (column, row) in grid(graph).items()
    }
    width = max(x for x, _ in places.values()) + _WIDTH + _MARGIN
    height = max(y for _, y in places.values()) + _HEIGHT + _MARGIN
    arrows = [_arrow(places[up], places[node]) for node in places for up in graph.upstream[node]]
    boxes = [_box(places[node], node, by_node[node]) for node in places]
    said = "; ".join(f"{node}: {node_state(by_node[node])}" for node in places)
    head = f'<svg width="{width}" height="{height}" role="img" aria-label="{escape(said)}">'
    return f"{STYLE}{head}{''.join(arrows)}{''.join(boxes)}</svg>"


def node_state(steps: Sequence[StepState]) -> str:
    """The state of a node's steps as one: what went wrong before what runs before what waits."""
    states = [step.state for step in steps]
    for group in (BAD, {"running"}):
        found = next((state for state in states if state in group), None)
        if found:
            return found
    if "pending" in states:
        return "running" if any(state in FINAL for state in states) else "pending"
    if all(state in GOOD for state in states):
        return "reused" if set(states) == {"reused"} else "succeeded"
    return next(state for state in states if state not in GOOD)


def _needs(by_node: Mapping[str, Sequence[StepState]]) -> dict[str, tuple[str, ...]]:
    home = {step.outline.step: node for node, steps in by_node.items() for step in steps}
    return {
        node: tuple(
            dict.fromkeys(home[need] for step in steps for need in step.outline.needs if need in home)
        )
        for node, steps in by_node.items()
    }


def _box(place: tuple[int, int], node: str, steps: Sequence[StepState]) -> str:
    x, y = place
    name = node_state(steps)
    done = sum(step.state in GOOD for step in steps)
    counted = f"{done}/{len(steps)}" if len(steps) > 1 else ""
    longest = _LONGEST - len(counted)
    shown = node if len(node) <= longest else f"{node[: longest - 1]}…"
    return (
        f'<g class="is-{TONES.get(name, "quiet")}">'
        f"<title>{escape(f'{node}: {name} {counted}'.rstrip())}</title>"
        f'<rect x="{x}" y="{y}" width="{_WIDTH}" height="{_HEIGHT}" rx="4"/>'
        f'<text class="sign" x="{x + 9}" y="{y + 21}">{SIGNS.get(name, "•")}</text>'
        f'<text x="{x + 26}" y="{y + 21}">{escape(shown)}</text>'
        f'<text class="quiet" x="{x + _WIDTH - 9}" y="{y + 21}" text-anchor="end">{counted}</text></g>'
    )


def _arrow(start: tuple[int, int], end: tuple[int, int]) -> str:
    x1, y1 = start[0] + _WIDTH, start[1] + _HEIGHT // 2
    x2, y2 = end[0], end[1] + _HEIGHT // 2
    middle = (x1 + x2) // 2
    tip = f"M{x2 - 5} {y2 - 3}L{x2} {y2}L{x2 - 5} {y2 + 3}"
    return f'<path d="M{x1} {y1}C{middle} {y1} {middle} {y2} {x2} {y2}{tip}"/>'
