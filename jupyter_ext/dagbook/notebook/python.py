"""Parses the code of a cell as IPython would take it: magics and shell lines become harmless calls.

    %matplotlib inline     →  __ipython__('%matplotlib inline')
    files = !ls            →  files = __ipython__('!ls')
    %%bash … the whole     →  __ipython__('%%bash …')

Line numbers stay what they are. Nothing is run.
"""

from __future__ import annotations

import ast
import tokenize
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Final, TypeVar

_MARK: Final = "__ipython__"

# Cell magics whose body is Python that runs in the notebook itself.
_PYTHON_BODIES: Final = frozenset(
    {"%%parameters", "%%time", "%%timeit", "%%capture", "%%prun", "%%track", "%%check"}
)


def parse(source: str) -> ast.Module:
    """The syntax tree of a cell.

    Raises:
        SyntaxError: whatever the reason why it cannot be parsed.
    """
    return _parse(as_python(source))


def as_python(source: str) -> str:
    """The cell as plain Python, line by line; as it is where it needs nothing, or where nothing helps."""
    try:
        _parse(source)
    except SyntaxError:
        return _without_magics(source)
    return source


def parse_expression(source: str) -> ast.expr:
    """The syntax tree of one expression.

    Raises:
        SyntaxError: whatever the reason why it cannot be parsed.
    """
    return _guarded(lambda: ast.parse(source.strip(), mode="eval").body)


def unparsed(node: ast.AST) -> str:
    """The source of a node; an ellipsis for one too deep to be written."""
    try:
        return ast.unparse(node)
    except RecursionError:
        return "…"


def magic_in(node: ast.AST) -> str | None:
    """The text of the magic or shell line that `parse` left as this node, if it is one."""
    match node:
        case ast.Call(func=ast.Name(id=name), args=[ast.Constant(value=str(text))]) if name == _MARK:
            return text
    return None


def bound_values(
    target: ast.expr, value: ast.expr, *, apart: bool = True
) -> Iterator[tuple[str, ast.expr, bool]]:
    """The names that a target binds, each with its value, and whether that value is really its own.

    In `a, b = load()` it is not: both names come from the one call.
    """
    match target:
        case ast.Name(id=name):
            yield name, value, apart
        case ast.Starred(value=inner):
            yield from bound_values(inner, value, apart=False)
        case ast.Tuple(elts=targets) | ast.List(elts=targets):
            values = value.elts if isinstance(value, ast.Tuple | ast.List) else []
            starred = any(isinstance(part, ast.Starred) for part in (*targets, *values))
            if len(values) == len(targets) and not starred:
                for part, own in zip(targets, values, strict=True):
                    yield from bound_values(part, own, apart=apart)
            else:
                for part in targets:
                    yield from bound_values(part, value, apart=False)


def comments(python: str) -> dict[int, str]:
    """The comments by line."""
    found: dict[int, str] = {}
    lines = (f"{line}\n" for line in python.split("\n"))
    with suppress(tokenize.TokenError, SyntaxError):
        for token in tokenize.generate_tokens(lines.__next__):
            if token.type == tokenize.COMMENT:
                found[token.start[0]] = token.string.lstrip("#").strip()
    return found


def _parse(source: str) -> ast.Module:
    return _guarded(lambda: ast.parse(source))


_Parsed = TypeVar("_Parsed")


def _guarded(read: Callable[[], _Parsed]) -> _Parsed:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # "invalid escape sequence" concerns the author, when it runs
        try:
            return read()
        except (ValueError, RecursionError, MemoryError) as error:
            raise SyntaxError(f"it cannot be read as Python: {error}") from error


def _without_magics(source: str) -> str:
    lines = source.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    written: list[str] = []
    reader = _Reader()
    first = next((index for index, line in enumerate(lines) if line.strip()), 0)
    if lines[first].startswith("%%") and lines[first].split()[0] not in _PYTHON_BODIES:
        return "\n" * first + f"{_MARK}({source!r})" + "\n" * (len(lines) - first - 1)
    while len(written) < len(lines):
        line = lines[len(written)]
        if not reader.between_statements or not _is_magic(line):
            reader.read(line)
            written.append(line)
            continue
        end = len(written)
        while lines[end].endswith("\\") and end + 1 < len(lines):
            end += 1
        text = "\n".join(lines[len(written) : end + 1])
        written += [_as_call(text), *[""] * (end - len(written))]
    return "\n".join(written)


def _is_magic(line: str) -> bool:
    code = line.strip()
    if code.startswith(("%", "!", "?")):
        return True
    if code.endswith("?") and not any(mark in code for mark in "#'\""):
        return True
    return _assigned_magic(code) is not None


def _assigned_magic(code: str) -> tuple[str, str] | None:
    """`files = !ls` as its two sides."""
    left, equals, right = code.partition("=")
    names = [name.strip() for name in left.strip().removesuffix(",").split(",")]
    if equals and right.lstrip().startswith(("%", "!")) and all(name.isidentifier() for name in names):
        return left, right.strip()
    return None


def _as_call(text: str) -> str:
    indent = text[: len(text) - len(text.lstrip())]
    sides = _assigned_magic(text.strip())
    if sides and not text.lstrip().startswith(("%", "!", "?")):
        return f"{indent}{sides[0]}= {_MARK}({sides[1]!r})"
    return f"{indent}{_MARK}({text.strip()!r})"


class _Reader:
    """Follows strings, brackets and continued lines, to know where a statement may begin."""

    def __init__(self) -> None:
        self._quote = ""
        self._depth = 0
        self._continued = False

    @property
    def between_statements(self) -> bool:
        return not self._quote and self._depth <= 0 and not self._continued

    def read(self, line: str) -> None:
        self._continued = False
        position = 0
        while position < len(line):
            if self._quote:
                position += self._in_string(line, position)
            elif line[position] == "#":
                return
            else:
                position += self._in_code(line, position)
        if len(self._quote) == 1 and not line.endswith("\\"):
            self._quote = ""  # never closed: a syntax error, and the string ends with its line

    def _in_string(self, line: str, position: int) -> int:
        if line[position] == "\\":
            return 2
        if line.startswith(self._quote, position):
            width = len(self._quote)
            self._quote = ""
            return width
        return 1

    def _in_code(self, line: str, position: int) -> int:
        character = line[position]
        if character in "'\"":
            self._quote = character * 3 if line.startswith(character * 3, position) else character
            return len(self._quote)
        self._depth += (character in "([{") - (character in ")]}")
        self._continued = character == "\\" and position == len(line) - 1
        return 1
