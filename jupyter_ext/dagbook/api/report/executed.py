"""An executed notebook as parts of a page: code that folds away, and outputs that can do no harm."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import click
import nh3
from markdown_it import MarkdownIt
from markupsafe import Markup
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import TextLexer, get_lexer_by_name
from pygments.util import ClassNotFound

EMPTY: Final = Markup("")
_LONGEST_TEXT: Final = 20_000
PICTURE_FILES: Final = {
    ".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".gif": "image/gif",
    ".svg": "image/svg+xml",
}  # fmt: skip
"""Suffix of a file → what is in it, for those that a page can show."""
_PICTURES: Final = ("image/png", "image/jpeg", "image/gif")
# Pictures from elsewhere would need the network.
_TAGS: Final = nh3.ALLOWED_TAGS - {"img", "area", "map"}
_BASE64: Final = re.compile(r"[A-Za-z0-9+/=\s]*")


@dataclass(frozen=True, kw_only=True)
class Part:
    """What is shown of a cell: `kind` is picture, html, text, error or note; `html` is safe as it stands."""

    kind: str
    html: Markup


@dataclass(frozen=True, kw_only=True)
class ShownCell:
    """A cell. `number` counts all cells from 1; `code` is highlighted source, `text` rendered Markdown."""

    number: int
    kind: str
    code: Markup = EMPTY
    first_line: str = ""
    text: Markup = EMPTY
    seconds: float | None = None
    tags: tuple[str, ...] = ()
    failed: bool = False
    parts: tuple[Part, ...] = ()


@dataclass
class Allowance:
    """How many bytes of outputs a page may still hold; what is over that is named, not shown."""

    left: int
    left_out: int = field(default=0)

    def take(self, size: int) -> bool:
        """Whether so many bytes still fit."""
        if size > self.left:
            self.left_out += 1
            return False
        self.left -= size
        return True


def read_cells(path: Path, allowance: Allowance) -> tuple[ShownCell, ...] | None:
    """The cells of the notebook at `path`; None when it is gone or no notebook."""
    try:
        document = json.loads(path.read_text("utf-8"))
        language = str(document.get("metadata", {}).get("language_info", {}).get("name", "python"))
        return tuple(_cells(document["cells"], language, allowance))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _cells(cells: list[dict[str, Any]], language: str, allowance: Allowance) -> Iterator[ShownCell]:
    for number, cell in enumerate(cells, 1):
        source = _text(cell.get("source", ""))
        if cell["cell_type"] == "markdown":
            yield ShownCell(number=number, kind="markdown", text=_markdown(source))
        elif cell["cell_type"] == "code" and (source.strip() or cell.get("outputs")):
            outputs = cell.get("outputs", [])
            metadata = cell.get("metadata", {})
            yield ShownCell(
                number=number,
                kind="code",
                code=_highlighted(source, language),
                first_line=next((line for line in source.splitlines() if line.strip()), ""),
                seconds=metadata.get("papermill", {}).get("duration"),
                tags=tuple(metadata.get("tags", ())),
                failed=any(output.get("output_type") == "error" for output in outputs),
                parts=tuple(part for output in outputs for part in _parts(output, allowance)),
            )


def _parts(output: Mapping[str, Any], allowance: Allowance) -> Iterator[Part]:
    kind = output.get("output_type")
    if kind == "stream":
        yield _plain("text", _as_seen(_text(output.get("text", ""))))
    elif kind == "error":
        yield _plain(
            "error", "\n".join(map(str, output.get("traceback", []))) or str(output.get("evalue", ""))
        )
    elif kind in {"display_data", "execute_result"}:
        yield _display(output.get("data", {}), allowance)


def _display(data: Mapping[str, Any], allowance: Allowance) -> Part:
    for mime in _PICTURES:
        if mime in data:
            return _picture(mime, _text(data[mime]), allowance)
    if "image/svg+xml" in data:
        encoded = base64.b64encode(_text(data["image/svg+xml"]).encode()).decode()
        # In an <img> no script of an SVG runs.
        return _picture("image/svg+xml", encoded, allowance)
    if "text/html" in data:
        cleaned = nh3.clean(_text(data["text/html"]), tags=_TAGS)
        # What draws itself by script leaves nothing; its text is better.
        if nh3.clean(cleaned, tags=set()).strip() or "text/plain" not in data:
            if not allowance.take(len(cleaned)):
                return _left_out("a table", len(cleaned))
            return Part(kind="html", html=Markup(cleaned))  # noqa: S704  # cleaned
    if "text/markdown" in data:
        return Part(kind="html", html=_markdown(_text(data["text/markdown"])))
    return _plain("text", _text(data.get("text/plain", data.get("text/latex", ""))))


def _picture(mime: str, encoded: str, allowance: Allowance) -> Part:
    if not _BASE64.fullmatch(encoded):
        return Part(kind="note", html=Markup("A picture that is damaged."))
    encoded = "".join(encoded.split())
    if not allowance.take(len(encoded)):
        return _left_out("a picture", len(encoded) * 3 // 4)
    return Part(
        kind="picture", html=Markup('<img alt="Figure" src="data:{};base64,{}">').format(mime, encoded)
    )


def picture_in(path: Path, allowance: Allowance) -> Part:
    """The picture in a file, or that it is gone."""
    try:
        encoded = base64.b64encode(path.read_bytes()).decode()
    except OSError:
        return Part(kind="note", html=Markup("The file is gone."))
    return _picture(PICTURE_FILES[path.suffix], encoded, allowance)


def _left_out(what: str, size: int) -> Part:
    note = f"Left out, so that the page stays small: {what} of {size / 1e6:.1f} MB. It is in the notebook."
    return Part(kind="note", html=Markup(note))  # noqa: S704  # our own words


def _plain(kind: str, text: str) -> Part:
    text = click.unstyle(text)
    if len(text) > _LONGEST_TEXT:
        half = _LONGEST_TEXT // 2
        text = f"{text[:half]}\n… {len(text) - _LONGEST_TEXT} characters left out …\n{text[-half:]}"
    return Part(kind=kind, html=Markup("<pre>{}</pre>").format(text))


def _as_seen(text: str) -> str:
    """What a terminal shows of lines that were written over, as progress bars do."""
    return "\n".join(line.rstrip("\r").rsplit("\r", 1)[-1] for line in text.split("\n"))


def _text(lines: Any) -> str:
    return "".join(map(str, lines)) if isinstance(lines, list) else str(lines)


def _markdown(source: str) -> Markup:
    rendered = MarkdownIt("commonmark", {"html": False}).enable("table").render(source)
    return Markup(nh3.clean(rendered, tags=_TAGS))  # noqa: S704  # cleaned


def _highlighted(source: str, language: str) -> Markup:
    try:
        lexer = get_lexer_by_name("ipython3" if language == "python" else language)
    except ClassNotFound:
        lexer = TextLexer()
    return Markup(highlight(source, lexer, HtmlFormatter(nowrap=True)))  # noqa: S704  # escaped by Pygments
