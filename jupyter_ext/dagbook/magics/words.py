"""Takes the line behind a magic apart: words as in a shell, options as a parser describes them."""

from __future__ import annotations

import argparse
import shlex
from typing import Any, NoReturn

from IPython.core.error import UsageError

from dagbook.errors import did_you_mean


class LineParser(argparse.ArgumentParser):
    """A parser whose complaints are one line in the cell, and which never ends the process."""

    def __init__(self, magic: str, usage: str) -> None:
        super().__init__(prog=magic, usage=usage, add_help=False, allow_abbrev=False)

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and how it is meant."""
        more = "" if "did you mean" in message else f"; use {self.usage}"
        raise UsageError(f"{self.prog}: {message}{more}")

    def read(self, line: str) -> Any:
        """The options and words of a line. Raises UsageError."""
        try:
            words = shlex.split(line)
        except ValueError as error:
            self.error(f"the line does not end properly ({str(error).lower()})")
        known, rest = self.parse_known_intermixed_args(words)
        if rest:
            options = [word for word in rest if word.startswith("-")]
            if not options:
                self.error(f"'{rest[0]}' is too much")
            name = options[0].partition("=")[0]
            self.error(f"there is no option {name}: {did_you_mean(name, self.options())}")
        return known

    def options(self) -> list[str]:
        """Every option as it is typed."""
        return list(self._option_string_actions)


def count(text: str) -> int:
    """A number of rows or steps."""
    number = int(text) if text.isdecimal() else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is no number of 1 or more")
    return number
