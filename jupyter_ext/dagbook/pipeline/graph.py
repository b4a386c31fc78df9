"""Nodes and edges: what depends on what, in which order, and a cycle named in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from heapq import heapify, heappop, heappush

from dagbook.pipeline.expressions import references
from dagbook.pipeline.spec import PipelineSpec


@dataclass(frozen=True, kw_only=True)
class Graph:
    """A directed graph of nodes, as `upstream`: node → the nodes it takes data from or waits for."""

    upstream: Mapping[str, tuple[str, ...]]

    def order(self) -> tuple[str, ...]:
        """Nodes so that each comes after what it needs; as written where that leaves a choice.

        Call `cycle` first: the nodes of a cycle are left out.
        """
        place = {node: index for index, node in enumerate(self.upstream)}
        missing = {node: len(ups) for node, ups in self.upstream.items()}
        downstream = self._downstream()
        ready = [place[node] for node, count in missing.items() if count == 0]
        heapify(ready)
        names = list(self.upstream)
        ordered: list[str] = []
        while ready:
            node = names[heappop(ready)]
            ordered.append(node)
            for follower in downstream[node]:
                missing[follower] -= 1
                if missing[follower] == 0:
                    heappush(ready, place[follower])
        return tuple(ordered)

    def cycle(self) -> tuple[str, ...] | None:
        """One cycle: each node is followed by one that needs it, first and last are the same; or None."""
        ordered = set(self.order())
        stuck = {
            node: [up for up in ups if up not in ordered]
            for node, ups in self.upstream.items()
            if node not in ordered
        }
        if not stuck:
            return None
        trail: dict[str, None] = {}
        node = next(iter(stuck))
        while node not in trail:
            trail[node] = None
            node = stuck[node][0]
        walked = list(trail)
        return tuple(reversed([*walked[walked.index(node) :], node]))

    def ancestors(self, nodes: Iterable[str]) -> frozenset[str]:
        """Everything that the nodes depend on, near or far."""
        return _reach(nodes, self.upstream)

    def descendants(self, nodes: Iterable[str]) -> frozenset[str]:
        """Everything that depends on the nodes, near or far."""
        return _reach(nodes, self._downstream())

    def _downstream(self) -> dict[str, list[str]]:
        downstream: dict[str, list[str]] = {node: [] for node in self.upstream}
        for node, ups in self.upstream.items():
            for up in ups:
                downstream[up].append(node)
        return downstream


def make_graph(spec: PipelineSpec) -> Graph:
    """The graph of a spec. References to nodes that do not exist are left out: `check` reports them."""
    upstream: dict[str, tuple[str, ...]] = {}
    for name, node in spec.nodes.items():
        named = [reference.root for reference in references(node.templates)]
        ups = dict.fromkeys(up for up in [*named, *node.needs] if up in spec.nodes)
        upstream[name] = tuple(ups)
    return Graph(upstream=upstream)


def _reach(start: Iterable[str], edges: Mapping[str, Iterable[str]]) -> frozenset[str]:
    reached: set[str] = set()
    front = [target for node in start for target in edges.get(node, ())]
    while front:
        node = front.pop()
        if node not in reached:
            reached.add(node)
            front.extend(edges.get(node, ()))
    return frozenset(reached)
