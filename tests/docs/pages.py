"""The documentation as text: pages, what stands between fences, and links."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

from tests.architecture.sources import ROOT

FENCE = re.compile(
    r"^(?P<indent>[ \t]*)```(?P<info>[^\n`]*)\n(?P<body>.*?)^(?P=indent)```[ \t]*$", re.MULTILINE | re.DOTALL
)
INLINE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
LINK = re.compile(r"(?<!!)\[[^\]\n]+\]\((?P<target>[^)\s]+)\)")
HEADING = re.compile(r"^#{1,6} (?P<text>.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Fence:
    """A block between ``` lines, also within a list; `info` is what stands behind the first."""

    info: tuple[str, ...]
    body: str

    @property
    def language(self) -> str:
        return self.info[0] if self.info else ""


def pages() -> list[Path]:
    """Every page that users read: README and docs/, in an order that stays."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def reference(name: str) -> str:
    return (ROOT / "docs" / "reference" / name).read_text(encoding="utf-8")


def fences(text: str) -> Iterator[Fence]:
    for match in FENCE.finditer(text):
        yield Fence(tuple(match["info"].split()), dedent(match["body"]) if match["indent"] else match["body"])


def inline(text: str) -> list[str]:
    """What stands between single backticks, outside of fences."""
    return INLINE.findall(FENCE.sub("", text))


def links(text: str) -> list[str]:
    """Targets of links, outside of fences."""
    return [match["target"] for match in LINK.finditer(FENCE.sub("", text))]


def anchors(text: str) -> set[str]:
    """The anchors that GitHub makes of a page's headings."""
    found = set()
    for match in HEADING.finditer(FENCE.sub("", text)):
        words = re.sub(r"[^\w\- ]", "", match["text"].lower())
        found.add(words.replace(" ", "-"))
    return found
