"""What is wrong with when, how often and for what a node runs, as far as the pipeline file can tell."""

from __future__ import annotations

from collections.abc import Iterator

from dagbook.pipeline.expressions import ExpressionError, references, split_template
from dagbook.pipeline.names import FAILURES
from dagbook.pipeline.problem import Problem
from dagbook.pipeline.spec import NodeSpec


def check_control(name: str, node: NodeSpec) -> Iterator[Problem]:
    """Everything of `when`, `run_if` and `foreach` that is not a matter of a single reference."""
    try:
        upstream = bool(node.needs) or any(
            reference.root not in {"params", "item", "run", "env"} for reference in references(node.templates)
        )
        conditions = split_template(node.condition or "true")
        items = [each.name for each in references([node.templates, node.outputs]) if each.root == "item"]
    except ExpressionError:
        return  # said where the expression stands
    if len(conditions) != 1 or (node.condition and not conditions[0].is_expression):
        yield _problem(
            name, "when", "expression", f"the condition {node.when!r:.80} is no single expression",
            "write `when: best.score > 0.9`",
        )  # fmt: skip
    if node.run_if in {"failure", "any"} and not upstream:
        yield _problem(
            name, "run_if", "nothing-to-wait-for",
            f"`run_if: {node.run_if}` looks at what '{name}' needs, and it needs nothing",
            "name the nodes under `needs:`",
        )  # fmt: skip
    yield from _unused_items(name, node, items)
    if node.foreach is not None:
        yield from _check_foreach(name, node)
        if node.approve is not None and _is_about_item(node.approve.message):
            yield _problem(
                name, "approve", "no-item", "a `foreach` is approved as a whole, before it has elements",
                "ask without ${item}",
            )  # fmt: skip


def _unused_items(name: str, node: NodeSpec, used: list[str | None]) -> Iterator[Problem]:
    """What the steps of a node were to differ in, and nothing hands on to the notebook."""
    if node.foreach is not None and not used:
        yield Problem(
            path=("nodes", name, "foreach"), code="unused-item", severity="warning", node=name,
            message=f"nothing of '{name}' uses ${{item}}: every step does the same",
            remedy="hand it to the notebook: `params: {NAME: ${item}}`",
        )  # fmt: skip
    for key in node.matrix if None not in used else ():
        if key not in used:
            yield Problem(
                path=("nodes", name, "matrix", key), code="unused-item", severity="warning", node=name,
                message=f"nothing of '{name}' uses ${{item.{key}}}: steps that differ in it do the same",
                remedy=f"hand it to the notebook: `params: {{{key}: ${{item.{key}}}}}`",
            )  # fmt: skip


def _is_about_item(template: object) -> bool:
    return any(reference.root == "item" for reference in references(template))


def _check_foreach(name: str, node: NodeSpec) -> Iterator[Problem]:
    is_expression = isinstance(node.foreach, str) and bool(references(node.foreach))
    if not is_expression and not isinstance(node.foreach, list):
        yield _problem(
            name, "foreach", "no-list", f"`foreach` is over {node.foreach!r:.60}, which is no list",
            "write `foreach: ${NODE.OUTPUT}` or a list",
        )  # fmt: skip
    if any(reference.root == "item" for reference in references(node.foreach)):
        yield _problem(
            name, "foreach", "unknown-reference", "`item` is an element of this list and means nothing in it",
            "refer to params or to another node",
        )  # fmt: skip
    if FAILURES in node.outputs:
        yield _problem(
            name, "outputs", "wrong-value",
            f"'{FAILURES}' of a node with `foreach` is the list of its failed steps",
            "give the output another name",
        )  # fmt: skip


def _problem(node: str, key: str, code: str, message: str, remedy: str) -> Problem:
    return Problem(path=("nodes", node, key), code=code, message=message, remedy=remedy, node=node)
