"""A walk over a YAML text's events before anything is built of it: where each key is, and what is refused.

Finds repeated keys (all of them), foreign tags, too deep nesting, and aliases that would grow without end.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.reader import ReaderError

from dagbook.errors import Finding

MAX_BYTES: Final = 1_000_000
MAX_DEPTH: Final = 50
MAX_EXPANDED: Final = 200_000

Path = tuple[str | int, ...]
Place = tuple[int, int]


@dataclass
class _Open:
    """A mapping or list that the walk is inside of."""

    path: Path
    is_mapping: bool
    anchor: str | None
    keys: dict[str, Place] = field(default_factory=dict)
    key: str | None = None
    length: int = 0
    size: int = 1


class YamlWalk:
    """Walks one text. `places` maps a path to the line and column (from 1) of its key or element."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._stack: list[_Open] = []
        self._sizes: dict[str, int] = {}
        self._documents = 0
        self.places: dict[Path, Place] = {}
        self.findings: list[Finding] = []

    def walk(self, text: str) -> None:
        """Fill `places` and `findings`; stops at the first thing that makes the rest meaningless."""
        if len(text.encode("utf-8", "replace")) > MAX_BYTES:
            self._find(
                "too-large", f"the file is larger than {MAX_BYTES // 1000} kB", "split the pipeline", (1, 1)
            )
            return
        try:
            for event in YAML(typ="safe", pure=True).parse(text):
                if not self._take(event):
                    return
        except MarkedYAMLError as error:
            self.syntax(error)
        except ReaderError as error:
            before = text[: error.position]
            place = (before.count("\n") + 1, len(before) - before.rfind("\n"))
            self._find(
                "yaml-syntax",
                f"the character U+{error.character:04X} is not allowed in YAML",
                "take it away",
                place,
            )
        except (YAMLError, RecursionError, ValueError) as error:
            self._find("yaml-syntax", f"this is no YAML: {error}", "correct the text", (1, 1))

    def _take(self, event: Any) -> bool:
        name = type(event).__name__
        place = (event.start_mark.line + 1, event.start_mark.column + 1)
        if name == "DocumentStartEvent":
            self._documents += 1
            if self._documents > 1:
                self._find(
                    "two-documents", "the file holds more than one document", "keep one; drop `---`", place
                )
                return False
        tag = getattr(event, "ctag", None) or getattr(event, "tag", None)
        if tag is not None and str(tag) not in {"None", "!", ""} and name != "DocumentStartEvent":
            self._find("yaml-tag", f"the tag `{tag}` is not allowed", "write the plain value", place)
            return False
        if name in {"MappingStartEvent", "SequenceStartEvent"}:
            return self._enter(event, place)
        if name in {"MappingEndEvent", "SequenceEndEvent"}:
            self._leave()
        elif name == "ScalarEvent":
            self._scalar(event, place)
        elif name == "AliasEvent":
            return self._alias(event, place)
        return True

    def _enter(self, event: Any, place: Place) -> bool:
        path = self._next_path(place)
        if len(self._stack) >= MAX_DEPTH:
            self._find("too-deep", f"more than {MAX_DEPTH} levels of nesting", "flatten the value", place)
            return False
        is_mapping = type(event).__name__ == "MappingStartEvent"
        self._stack.append(_Open(path=path, is_mapping=is_mapping, anchor=event.anchor))
        return True

    def _leave(self) -> None:
        closed = self._stack.pop()
        if closed.anchor:
            self._sizes[closed.anchor] = closed.size
        self._grow(closed.size)

    def _scalar(self, event: Any, place: Place) -> None:
        top = self._stack[-1] if self._stack else None
        if top is not None and top.is_mapping and top.key is None:
            key = str(event.value)
            if key in top.keys:
                line = top.keys[key][0]
                self._find(
                    "duplicate-key", f"'{key}' is written twice here, first in line {line}",
                    "keep one of them, or rename one", place,
                )  # fmt: skip
            top.keys[key] = place
            top.key = key
            self.places[(*top.path, key)] = place
            return
        self._next_path(place)
        if event.anchor:
            self._sizes[event.anchor] = 1
        self._grow(1)

    def _alias(self, event: Any, place: Place) -> bool:
        self._next_path(place)
        size = self._sizes.get(event.anchor)
        if size is None:
            self._find(
                "yaml-alias", f"`*{event.anchor}` stands inside itself or nowhere", "write the value", place
            )
            return False
        self._grow(size)
        if sum(open_.size for open_ in self._stack) > MAX_EXPANDED:
            self._find("yaml-alias", "the aliases grow beyond all bounds", "write the values out", place)
            return False
        return True

    def _next_path(self, place: Place) -> Path:
        """The path of the value that begins here; a mapping's key waits for its next."""
        if not self._stack:
            return ()
        top = self._stack[-1]
        if not top.is_mapping:
            path = (*top.path, top.length)
            top.length += 1
            self.places[path] = place
            return path
        key, top.key = top.key or "", None
        return (*top.path, key)

    def _grow(self, size: int) -> None:
        if self._stack:
            self._stack[-1].size += size

    def syntax(self, error: MarkedYAMLError) -> None:
        """Add what the YAML reader itself complains of."""
        mark = error.problem_mark or error.context_mark
        place = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        said = [str(part) for part in (error.context, error.problem) if part]
        problem = ", ".join(dict.fromkeys(said)) or "it cannot be read"
        remedy = "check the indentation, the quotes and the colons just before this place"
        if "quoted scalar" in problem and "end of stream" in problem and error.context_mark:
            mark = error.context_mark
            place = (mark.line + 1, mark.column + 1)
            problem, remedy = "a quote is opened here and never closed", "close it"
        if "\\t" in problem:
            problem, remedy = "a tab is used for indentation", "indent with spaces"
        lines = (mark.get_snippet() or "").strip().splitlines() if mark else []
        shown = f": `{lines[0].strip()}`" if lines and not lines[0].strip().startswith("^") else ""
        self._find("yaml-syntax", problem + shown, remedy, place)

    def _find(self, code: str, message: str, remedy: str, place: Place) -> None:
        self.findings.append(
            Finding(
                code=code, message=message, remedy=remedy, file=self._file, line=place[0], column=place[1]
            )
        )


def place_of(places: Mapping[Path, Place], path: Path) -> Place | tuple[None, None]:
    """Where `path` is written, or the nearest thing above it that is; nothing for a spec without a text."""
    for length in range(len(path), -1, -1):
        if path[:length] in places:
            return places[path[:length]]
    return (1, 1) if places else (None, None)
