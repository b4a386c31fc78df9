"""What a node that is a pipeline consists of: names as people say them, and the nodes that they stand for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

JOINT: Final = "__"
"""Between the name of a node that is a pipeline and the name of a node inside: `features__prepare`."""


@dataclass(frozen=True, kw_only=True)
class Group:
    """A pipeline inside another.

    Attributes:
        nodes: name inside → the node that it has become.
        groups: name inside → what is a pipeline in its turn.
    """

    nodes: Mapping[str, str] = field(default_factory=dict)
    groups: Mapping[str, Group] = field(default_factory=dict)

    def members(self) -> Iterator[str]:
        """Every node inside, at whatever depth."""
        yield from self.nodes.values()
        for group in self.groups.values():
            yield from group.members()

    def below(self, outer: str) -> Group:
        """The same, as part of the node `outer`."""
        return Group(
            nodes={name: joined(outer, node) for name, node in self.nodes.items()},
            groups={name: group.below(outer) for name, group in self.groups.items()},
        )

    def find(self, words: tuple[str, ...]) -> tuple[str | Group, int]:
        """As far as the words lead: a node or a group, and how many of them it took."""
        if words and words[0] in self.nodes:
            return self.nodes[words[0]], 1
        if words and words[0] in self.groups:
            found, used = self.groups[words[0]].find(words[1:])
            return found, used + 1
        return self, 0

    def names(self) -> Iterator[str]:
        """What can be said of it: `prepare`, `raw`, `raw.load`."""
        yield from self.nodes
        for name, group in self.groups.items():
            yield name
            yield from (f"{name}.{inner}" for inner in group.names())


def joined(outer: str, inner: str) -> str:
    """The name of a node inside another, or of a parameter of it."""
    return f"{outer}{JOINT}{inner}"


def is_inside(node: str, outer: str) -> bool:
    """Whether the node, or the step, came from inside `outer`, as far as its name tells."""
    return node.startswith(outer + JOINT)


def nodes_meant(name: str, nodes: Iterable[str]) -> tuple[str, ...]:
    """The nodes of a plan that `train`, `features` or `features.prepare` stands for, by their names alone."""
    word, known = name.replace(".", JOINT), tuple(nodes)
    return (word,) if word in known else tuple(node for node in known if is_inside(node, word))


def nodes_named(name: str, top: Group) -> tuple[str, ...]:
    """The nodes that `train`, `features` or `features.prepare` stands for; nothing when there are none."""
    words = tuple(name.split("."))
    found, used = top.find(words)
    if used < len(words):
        # As it stands in plans and runs.
        return (name,) if name in set(top.members()) else ()
    return (found,) if isinstance(found, str) else tuple(found.members())
