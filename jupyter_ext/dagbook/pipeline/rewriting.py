"""Puts something else in the place of names in `${…}`, without working anything out."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from dagbook.pipeline.expressions import ExpressionError, parse_expression, split_template


@dataclass(frozen=True)
class Meaning:
    """What the first `used` words of a reference stand for: a template, of which they take the place."""

    template: Any
    used: int


Lookup = Callable[[tuple[str, ...]], Meaning | None]
"""The words of a reference, `("features", "table")`, to what they mean; None where they stay as they are."""

_CONSTANTS: Final = {True: "true", False: "false", None: "null"}


class NotInExpression(ExpressionError):
    """A text that is put together of several parts cannot be part of an expression."""


def rewrite(value: Any, lookup: Lookup) -> Any:
    """`value` with every reference replaced that `lookup` knows. What has none comes back as it was written.

    A value that is exactly one reference becomes what the reference stands for, of whatever type.

    Raises:
        NotInExpression: what a reference stands for cannot be said where it is.
        ExpressionError: some `${…}` is no expression.
    """
    if isinstance(value, str):
        return _rewrite_text(value, lookup)
    if isinstance(value, list | tuple):
        return [rewrite(element, lookup) for element in value]
    if isinstance(value, dict):
        return {key: rewrite(element, lookup) for key, element in value.items()}
    return value


def _rewrite_text(text: str, lookup: Lookup) -> Any:
    pieces = split_template(text)
    parts: list[str] = []
    changed = False
    for piece in pieces:
        if not piece.is_expression:
            parts.append(piece.text.replace("${", "$${"))
            continue
        whole = _whole(piece.text, lookup)
        if whole is not None:
            if len(pieces) == 1:
                return whole.template
            parts.append(whole.template if isinstance(whole.template, str) else _braced(whole.template))
            changed = True
            continue
        source = _rewrite_expression(piece.text, lookup)
        changed = changed or source != piece.text
        parts.append(f"${{{source}}}")
    return "".join(parts) if changed else text


def _whole(source: str, lookup: Lookup) -> Meaning | None:
    """What the expression means if it is one reference and no more."""
    words = _words(parse_expression(source).body)
    found = lookup(words) if words else None
    return found if found is not None and found.used == len(words) else None


def _braced(template: Any) -> str:
    return f"${{{ast.unparse(_expression(template))}}}"


def _rewrite_expression(source: str, lookup: Lookup) -> str:
    tree = parse_expression(source)
    bound = _bound(tree)
    change = _Change(lookup, bound)
    body = change.visit(tree.body)
    if not change.done:
        return source
    if clash := bound & change.brought:
        # `[x for x in xs]` must not catch a name that is brought in; its own gets another.
        tree = parse_expression(source)
        taken = bound | change.brought | {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Name) and node.id in clash:
                node.id = _free(node.id, taken)
        body = _Change(lookup, _bound(tree)).visit(tree.body)
    return ast.unparse(ast.fix_missing_locations(ast.Expression(body)))


def _bound(tree: ast.AST) -> set[str]:
    """The names that comprehensions give to their elements."""
    targets = [node.target for node in ast.walk(tree) if isinstance(node, ast.comprehension)]
    return {name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name)}


def _free(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "_"
    return name


class _Change(ast.NodeTransformer):
    """Replaces references. `brought` are the names that came with what they were replaced by."""

    def __init__(self, lookup: Lookup, bound: set[str]) -> None:
        self._lookup = lookup
        self._bound = bound
        self.done = False
        self.brought: set[str] = set()

    def visit_Call(self, node: ast.Call) -> ast.AST:
        node.args = [self.visit(argument) for argument in node.args]
        for keyword in node.keywords:
            keyword.value = self.visit(keyword.value)
        return node

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return self._reference(node)

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        return self._reference(node)

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        return self._reference(node)

    def _reference(self, node: ast.Name | ast.Attribute | ast.Subscript) -> ast.AST:
        words = _words(node)
        if not words:
            return self.generic_visit(node)
        found = self._lookup(words) if words[0] not in self._bound else None
        if found is None:
            return node
        self.done = True
        replaced = _expression(found.template)
        self.brought |= {name.id for name in ast.walk(replaced) if isinstance(name, ast.Name)}
        for word in words[found.used :]:
            replaced = ast.Attribute(value=replaced, attr=word, ctx=ast.Load())
        return replaced


def _words(node: ast.AST) -> tuple[str, ...]:
    """`a.b["c"]` as its words; nothing for what is no plain reference."""
    match node:
        case ast.Name(id=name):
            return (name,)
        case ast.Attribute(value=inner, attr=str(name)):
            before = _words(inner)
        case ast.Subscript(value=inner, slice=ast.Constant(value=str(name))) if name.isidentifier():
            before = _words(inner)
        case _:
            return ()
    return (*before, name) if before else ()


def _expression(template: Any) -> ast.expr:
    """A template as a part of an expression."""
    if isinstance(template, str):
        pieces = split_template(template)
        if len(pieces) == 1:
            (piece,) = pieces
            return parse_expression(piece.text).body if piece.is_expression else ast.Constant(piece.text)
        raise NotInExpression(f"the text `{template[:80]}` is put together of several parts")
    if isinstance(template, list | tuple):
        return ast.List(elts=[_expression(element) for element in template], ctx=ast.Load())
    if isinstance(template, dict):
        keys: list[ast.expr | None] = [ast.Constant(key) for key in template]
        return ast.Dict(keys=keys, values=[_expression(element) for element in template.values()])
    if template is None or isinstance(template, bool):
        return ast.Name(id=_CONSTANTS[template], ctx=ast.Load())
    return ast.Constant(template)
