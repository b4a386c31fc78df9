"""Which nodes a run is about, and which of them it runs though they are unchanged."""

from __future__ import annotations

from dataclasses import dataclass, replace

from dagbook.pipeline.graph import Graph
from dagbook.pipeline.groups import Group, nodes_named


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Nodes by name; everything, as it is due, when all are empty.

    Attributes:
        only: these alone, anew.
        start: these and what follows them, anew.
        until: these and what they need; with `start`, the end of what follows.
        again: of everything, these and what follows them anew.
        accept: of these the newest result is taken as current, whatever changed since.
        said: in the words of whoever asked, where those are others.
    """

    only: tuple[str, ...] = ()
    start: tuple[str, ...] = ()
    until: tuple[str, ...] = ()
    again: tuple[str, ...] = ()
    accept: tuple[str, ...] = ()
    said: str = ""

    def within(self, top: Group) -> Selection:
        """The same with every node that is a pipeline replaced by the nodes inside it."""
        changes = {
            key: tuple(node for name in getattr(self, key) for node in nodes_named(name, top) or (name,))
            for key in ("only", "start", "until", "again", "accept")
        }
        return replace(self, **changes, said=self.words())

    def __bool__(self) -> bool:
        return bool(self.only or self.start or self.until)

    def named(self) -> tuple[str, ...]:
        """Every node that was named."""
        return (*self.only, *self.start, *self.until, *self.again, *self.accept)

    def nodes(self, graph: Graph) -> frozenset[str]:
        """The nodes that are asked for."""
        if not self:
            return frozenset(graph.upstream)
        if self.until and not self.start:
            return frozenset(self.only) | frozenset(self.until) | graph.ancestors(self.until)
        return frozenset(self.only) | self._onward(graph)

    def anew(self, graph: Graph) -> frozenset[str]:
        """The nodes that run though they are unchanged."""
        again = frozenset(self.again) | graph.descendants(self.again)
        return frozenset(self.only) | self._onward(graph) | again

    def words(self) -> str:
        """As it was said: `--only train`."""
        if self.said:
            return self.said
        said = (
            ("--only", self.only),
            ("--from", self.start),
            ("--until", self.until),
            ("--step", self.again),
        )
        return " ".join(f"{option} {node}" for option, nodes in said for node in nodes)

    def _onward(self, graph: Graph) -> frozenset[str]:
        """What `start` names and what follows, as far as `until` lets it."""
        onward = frozenset(self.start) | graph.descendants(self.start)
        if not self.until:
            return onward
        return onward & (frozenset(self.until) | graph.ancestors(self.until))
