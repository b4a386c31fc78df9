"""Takes the text behind `%output` apart: `acc loss`, `acc=model.score(X, y) loss=b`, `--pickle model`."""

from __future__ import annotations

import io
import tokenize
from dataclasses import dataclass
from itertools import pairwise

from dagbook.notebook.values import is_name

USAGE = "%output NAME …  or  %output NAME=EXPRESSION …  (--pickle for objects of any kind)"


@dataclass(frozen=True, kw_only=True)
class OutputLine:
    """Names and the expression that each one's value is; a bare name is its own."""

    expressions: dict[str, str]
    pickle: bool = False


def read_output_line(text: str) -> OutputLine:
    """What the line asks for.

    Raises:
        ValueError: says what is wrong with it.
    """
    words = text.split()
    pickle = bool(words) and words[0] == "--pickle"
    if pickle:
        text = text.strip().removeprefix("--pickle")
    elif words and words[0].startswith("-"):
        raise ValueError(f"there is no option {words[0]}; use {USAGE}")
    return OutputLine(expressions=read_assignments(text, USAGE, "publish"), pickle=pickle)


def read_assignments(text: str, usage: str, verb: str = "log") -> dict[str, str]:
    """Name → expression, of `NAME … NAME=EXPRESSION …`; a bare name is its own expression.

    Raises:
        ValueError: says what is wrong with it, and how the line is meant (`usage`).
    """
    text = text.strip()
    starts = _assignments(text, usage)
    bare = text[: starts[0][1]] if starts else text
    expressions = {name: name for name in bare.split()}
    for index, (name, _, value_at) in enumerate(starts):
        end = starts[index + 1][1] if index + 1 < len(starts) else len(text)
        expressions[name] = text[value_at:end].strip()
    if not expressions:
        raise ValueError(f"nothing to {verb}; use {usage}")
    for name, expression in expressions.items():
        if not is_name(name):
            raise ValueError(f"'{name}' is no name; use {usage}")
        if not expression:
            raise ValueError(f"'{name}=' has no value; use {usage}")
    return expressions


def _assignments(text: str, usage: str) -> list[tuple[str, int, int]]:
    """Each `NAME=` outside brackets: the name, where it begins, where its value begins."""
    found: list[tuple[str, int, int]] = []
    depth = 0
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    except (tokenize.TokenError, SyntaxError) as error:
        raise ValueError(f"the line does not end properly ({error.args[0]}); use {usage}") from None
    for token, following in pairwise(tokens):
        if token.type == tokenize.OP:
            depth += (token.string in "([{") - (token.string in ")]}")
        elif token.type == tokenize.NAME and not depth and following.string == "=":
            found.append((token.string, token.start[1], following.end[1]))
    return found
