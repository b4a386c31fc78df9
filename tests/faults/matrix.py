"""The fault matrix: its rows, and the page that shows it."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

TESTS = Path(__file__).parent.parent
PAGE = TESTS.parent / "docs" / "explanation" / "reliability.md"
BEGIN, END = "<!-- made by `make test-faults`: begin -->", "<!-- made by `make test-faults`: end -->"


@dataclass(frozen=True)
class Row:
    """What can go wrong, what is promised then, and who shows it."""

    number: str
    fault: str
    promise: str
    tests: tuple[str, ...]
    why: str
    """Why there is no test."""


def rows() -> tuple[Row, ...]:
    """All rows, in the order of the file."""
    return tuple(
        Row(number, row["fault"], row["promise"], tuple(row["tests"]), row.get("why", ""))
        for number, row in _read().items()
        if number != "groups"
    )


def groups() -> dict[str, str]:
    """Letter → what its rows have in common."""
    return _read()["groups"]


def table(results: dict[str, str]) -> str:
    """The rows as Markdown, a table for each group; `results` has a word for each row's number."""
    parts = []
    for letter, title in groups().items():
        lines = [f"## {letter}. {title}", "", "| | fault | promise | shown by | |", "|---|---|---|---|---|"]
        for row in rows():
            if row.number[0] == letter:
                shown = ", ".join(f"`{file}`" for file in _files(row)) or row.why
                result = results.get(row.number, "")
                lines.append(f"| {row.number} | {row.fault} | {row.promise} | {shown} | {result} |")
        parts.append("\n".join(lines))
    return "\n\n".join(parts)


def page_with(text: str, made: str) -> str:
    """The page's text, with its made part replaced."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{made}\n\n{END}{after}"


def made_part(text: str) -> str:
    """The made part of the page."""
    return text.partition(BEGIN)[2].partition(END)[0].strip()


def _files(row: Row) -> list[str]:
    return list(dict.fromkeys(test.partition("::")[0] for test in row.tests))


def _read() -> dict[str, dict[str, str]]:
    return tomllib.loads(Path(__file__).with_name("matrix.toml").read_text("utf-8"))
