"""The nodes of a pipeline inside another, as nodes of the outer one: names, files, settings, conditions."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dagbook.pipeline.expressions import ExpressionError, references, split_template
from dagbook.pipeline.graph import make_graph
from dagbook.pipeline.groups import Group, joined
from dagbook.pipeline.problem import Problem
from dagbook.pipeline.rewriting import Lookup, Meaning, rewrite
from dagbook.pipeline.spec import NodeSettings, NodeSpec, PipelineSpec
from dagbook.pipeline.sub_params import InnerParams
from dagbook.pipeline.sub_references import WrongReference


@dataclass(frozen=True, kw_only=True)
class Part:
    """A pipeline inside another, itself taken apart.

    Attributes:
        folder: of its file, seen from the folder of the outer file (posix).
        top: what it consists of.
    """

    spec: PipelineSpec
    folder: str
    top: Group


class Inlining:
    """The nodes of one part, as nodes of the pipeline that it is in."""

    def __init__(
        self, name: str, asked: NodeSpec, part: Part, given: InnerParams, problems: list[Problem]
    ) -> None:
        self._name = name
        self._asked = asked
        self._part = part
        self._given = given
        self._problems = problems
        self._upstream = make_graph(part.spec).upstream

    def nodes(self) -> dict[str, NodeSpec]:
        """New name → node."""
        return {joined(self._name, inner): self._node(inner) for inner in self._part.spec.nodes}

    def _node(self, inner: str) -> NodeSpec:
        node = self._part.spec.nodes[inner]
        change = Change(self._meaning, joined(self._name, inner), self._problems, self._asked_in)
        changes = change.templates(node)
        notebook = posixpath.normpath(posixpath.join(self._part.folder, node.notebook))
        changes |= {"notebook": notebook, **self._settings(node)}
        if outputs := change.of("outputs", node.outputs):
            changes["outputs"] = outputs
        if node.needs:
            changes["needs"] = tuple(joined(self._name, need) for need in node.needs)
        if not self._upstream[inner]:
            changes |= self._entry(node, changes.get("needs", node.needs))
        changes |= self._condition(node, changes)
        if tags := {**self._asked.tags, **self._part.spec.tags, **node.tags}:
            changes["tags"] = tags
        return node.model_copy(update=changes)

    def _settings(self, node: NodeSpec) -> dict[str, Any]:
        """What the node leaves open: its own pipeline's defaults say it, else the node that it is in."""
        said: dict[str, Any] = {}
        for key in NodeSettings.model_fields:
            for source in (self._part.spec.defaults, self._asked):
                if key not in node.model_fields_set and key in source.model_fields_set:
                    said.setdefault(key, getattr(source, key))
        return said

    def _entry(self, node: NodeSpec, needs: tuple[str, ...]) -> dict[str, Any]:
        """What begins: it waits for what the whole waits for."""
        waits = list(self._asked.needs)
        changes: dict[str, Any] = {}
        if self._asked.run_if != "success":
            # `run_if` looks at everything that the node takes, whichever node inside makes use of it.
            waits += [reference.root for reference in references(self._asked.templates)]
            if node.run_if == "success":
                changes["run_if"] = self._asked.run_if
        waits = [name for name in waits if name not in {"params", "item", "run", "env"}]
        if waits:
            changes["needs"] = tuple(dict.fromkeys([*needs, *waits]))
        return changes

    def _condition(self, node: NodeSpec, changes: Mapping[str, Any]) -> dict[str, Any]:
        """`when` of the whole, and its own."""
        own, outer = changes.get("when", node.condition), self._asked.condition
        if outer is None:
            return {}
        if own is None:
            return {"when": outer}
        first, second = (split_template(template)[0].text for template in (outer, own))
        return {"when": f"${{({first}) and ({second})}}"}

    def _meaning(self, words: tuple[str, ...]) -> Meaning | None:
        if words[0] in self._part.spec.nodes:
            return Meaning(f"${{{joined(self._name, words[0])}}}", used=1)
        if words[0] == "params" and len(words) > 1:
            return self._given.meanings.get(words[1])
        return None

    def _asked_in(self, template: Any, error: ExpressionError) -> Problem:
        return Problem(
            path=("nodes", self._name, "params"), code="expression", node=self._name,
            message=f"{error}, and inside it is needed within `{template!s:.80}`",
            remedy="give it as one `${…}`, or have a node put it together and publish it",
        )  # fmt: skip


class Change:
    """Replaces the names in the templates of one node; what cannot be is a problem."""

    def __init__(self, lookup: Lookup, node: str, problems: list[Problem], not_whole: Any = None) -> None:
        self._lookup = lookup
        self._node = node
        self._problems = problems
        self._not_whole = not_whole

    def templates(self, node: NodeSpec) -> dict[str, Any]:
        """Key → new value, of the keys that change."""
        changes: dict[str, Any] = {}
        if params := self.of("params", node.params):
            changes["params"] = params
        foreach = self._value(("foreach",), node.foreach)
        if foreach is not node.foreach:
            changes["foreach"] = foreach
        when = self._text(("when",), node.condition)
        if when != node.condition:
            changes["when"] = when
        if node.approve is not None:
            message = self._text(("approve",), node.approve.message)
            if message is not node.approve.message:
                changes["approve"] = node.approve.model_copy(update={"message": message})
        return changes

    def of(self, key: str, values: Mapping[str, Any]) -> dict[str, Any]:
        """A mapping of templates; empty when nothing in it changes."""
        change = self._text if key == "outputs" else self._value
        new = {name: change((key, name), value) for name, value in values.items()}
        return new if new != values else {}

    def _text(self, place: tuple[str, ...], value: Any) -> Any:
        """As `_value`, where nothing but a text can stand."""
        new = self._value(place, value)
        if isinstance(new, str) or new is value:
            return new
        if self._not_whole is not None:
            self._problems.append(self._not_whole(value, ExpressionError("the value is no text")))
        return value

    def _value(self, place: tuple[str, ...], value: Any) -> Any:
        try:
            new = rewrite(value, self._lookup)
        except WrongReference as wrong:
            self._problems.append(
                Problem(
                    path=("nodes", self._node, *place), code=wrong.code, message=str(wrong),
                    remedy=wrong.remedy, node=self._node,
                )
            )  # fmt: skip
        except ExpressionError as error:
            # What is no expression at all is said by whoever checks the node.
            if self._not_whole is not None:
                self._problems.append(self._not_whole(value, error))
        else:
            return new if new != value else value
        return value
