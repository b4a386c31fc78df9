"""What `${features.table}` and `${features.prepare.table}` mean, where `features` is a pipeline."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import Final

from dagbook.errors import did_you_mean
from dagbook.notebook.outputs import PublishedOutputs
from dagbook.pipeline.graph import make_graph
from dagbook.pipeline.groups import Group, nodes_named
from dagbook.pipeline.names import FAILURES
from dagbook.pipeline.rewriting import Meaning
from dagbook.pipeline.spec import PipelineSpec

Publishes = Callable[[str], PublishedOutputs | None]
"""A node inside, by its new name, to what its notebook publishes; None where that cannot be read."""

_FEW: Final = 2


class WrongReference(Exception):
    """A reference that leads nowhere, or to several places.

    Attributes:
        code: of the finding.
        remedy: what to write instead.
    """

    def __init__(self, message: str, remedy: str, *, code: str) -> None:
        super().__init__(message)
        self.code = code
        self.remedy = remedy


class References:
    """Finds what is meant among the nodes inside.

    Args:
        top: what the pipeline consists of.
        nodes: every node inside, by its new name.
    """

    def __init__(self, top: Group, nodes: PipelineSpec, publishes: Publishes) -> None:
        self._top = top
        self._spec = nodes
        self._publishes = publishes

    def meaning(self, words: tuple[str, ...]) -> Meaning | None:
        """A reference's; None when it is none to a node that is a pipeline.

        Raises:
            WrongReference: it leads nowhere, or to several places.
        """
        if words[0] not in self._top.groups:
            return None
        found, used = self._top.find(words)
        rest = words[used:]
        said = ".".join(words[:used])
        if isinstance(found, str):
            if not rest:
                raise _no_output(said)
            return Meaning(f"${{{found}}}", used=used)
        if not rest:
            raise _no_output(said)
        return Meaning(f"${{{self._publisher(found, said, rest[0])}.{rest[0]}}}", used=used + 1)

    def waited_for(self, need: str) -> tuple[str, ...]:
        """The nodes that `needs: [features]` waits for.

        Those inside whose failure no other makes its own: so that whoever waits knows of every failure.
        """
        nodes = nodes_named(need, self._top)
        if len(nodes) < _FEW:
            return nodes
        upstream = self._upstream
        passed_on = {
            up for node in nodes if self._spec.nodes[node].run_if == "success" for up in upstream[node]
        }
        return tuple(node for node in nodes if node not in passed_on)

    @cached_property
    def _upstream(self) -> Mapping[str, tuple[str, ...]]:
        return make_graph(self._spec).upstream

    def _publisher(self, group: Group, said: str, output: str) -> str:
        """The node inside that publishes it."""
        names = _said_names(group)
        known = {node: tuple(self._outputs(node)) for node in group.members()}
        found = [node for node, outputs in known.items() if output in outputs]
        if len(found) == 1:
            return found[0]
        if found:
            precise = [f"${{{said}.{names[node]}.{output}}}" for node in found]
            raise WrongReference(
                f"'{output}' is published by {' and by '.join(f'{said}.{names[node]}' for node in found)}",
                f"say which is meant: {' or '.join(precise)}",
                code="ambiguous-output",
            )
        unclear = [names[node] for node in known if not self._is_known(node)]
        message = f"nothing in '{said}' is seen to publish '{output}'"
        if unclear:
            raise WrongReference(
                message, f"say which node does: ${{{said}.{unclear[0]}.{output}}}", code="unknown-output"
            )
        offered = {name for outputs in known.values() for name in outputs}
        remedy = did_you_mean(output, {*offered, *group.names()}, "publish it there")
        raise WrongReference(message, remedy, code="unknown-output")

    def _outputs(self, node: str) -> Iterator[str]:
        written, published = self._spec.nodes[node], self._publishes(node)
        yield from written.outputs
        yield from published.names if published is not None else ()
        if written.foreach is not None:
            yield FAILURES

    def _is_known(self, node: str) -> bool:
        published = self._publishes(node)
        return published is not None and published.complete


def _no_output(said: str) -> WrongReference:
    message = f"`{said}` is a node; say which of its outputs you mean"
    return WrongReference(message, f"write `{said}.OUTPUT`", code="no-output-named")


def _said_names(group: Group) -> Mapping[str, str]:
    """Node → its name inside the group, as people say it."""
    return {node: name for name in group.names() for node in nodes_named(name, group) if _is_one(group, name)}


def _is_one(group: Group, name: str) -> bool:
    return isinstance(group.find(tuple(name.split(".")))[0], str)
