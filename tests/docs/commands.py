"""The calls of `dagbook` in a text: in blocks of shell and of CI, and between backticks."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

import click
from ruamel.yaml import YAML

from dagbook.cli.main import main
from tests.docs.pages import Fence, fences, inline

SHELL = {"sh", "bash", "console", "text", ""}
ENDS = {"|", "||", "&", "&&", ";", "(", ")", ">", ">>", "<"}


def commands(text: str) -> list[list[str]]:
    """Every call in the blocks of a page, as its words behind `dagbook`."""
    return [words for fence in fences(text) for words in commands_of(fence)]


def commands_of(fence: Fence) -> list[list[str]]:
    """The calls in one block. A block of mere text holds some only where a line begins with one."""
    if fence.language in SHELL:
        return [words for line in whole_lines(fence.body) for words in calls(line)]
    if fence.language == "yaml":
        return [words for script in scripts(YAML(typ="safe", pure=True).load(fence.body)) for words in script]
    return []


def whole_lines(script: str) -> list[str]:
    """Lines of a script, with those that end in a backslash put together."""
    return re.sub(r"\\\n\s*", " ", script).splitlines()


def calls(line: str) -> Iterator[list[str]]:
    """The words behind each `dagbook` that begins a command of the line."""
    if not re.search(r"\bdagbook\b", line):
        return
    lexer = shlex.shlex(line.removeprefix("$ "), posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    try:
        words = list(lexer)
    except ValueError:  # no shell: what a command printed, or a string that goes on
        return
    begin, at = True, 0
    while at < len(words):
        word, at = words[at], at + 1
        if word in ENDS:
            begin = True
        elif begin and re.match(r"^[A-Z_]+=", word):
            continue
        elif begin and word == "dagbook":
            end = next((n for n in range(at, len(words)) if words[n] in ENDS), len(words))
            yield words[at:end]
            at = end
        else:
            begin = False


def scripts(document: object) -> Iterator[list[list[str]]]:
    """The calls of every `run:` of a CI's file."""
    if isinstance(document, dict):
        for key, value in document.items():
            if key == "run" and isinstance(value, str):
                yield [words for line in whole_lines(value) for words in calls(line)]
            else:
                yield from scripts(value)
    elif isinstance(document, list):
        for one in document:
            yield from scripts(one)


def mentions(text: str) -> list[list[str]]:
    """The calls between backticks, whose arguments may be stand-ins: FILE, RUN, …"""
    said = [one for one in inline(text) if one.startswith("dagbook ")]
    return [words for one in said for words in calls(one) if words[:1] != ["COMMAND"]]


def parse(words: list[str]) -> None:
    """Parse a call as the shell would have it done, its own commands included; nothing is run.

    Raises:
        LookupError: there is no such command.
        click.UsageError: it does not take these words.
    """
    command, rest, path = found(words)
    command.make_context(path, rest)


def unknown_options(words: list[str]) -> list[str]:
    """The options among the words that this very command does not have."""
    command, rest, _ = found(words)
    groups = command.commands.values() if isinstance(command, click.Group) else ()
    params = [*main.params, *command.params, *(param for one in groups for param in one.params)]
    known = {"--help", *(opt for param in params for opt in (*param.opts, *param.secondary_opts))}
    return [
        word
        for word in (one.partition("=")[0].rstrip("]") for one in rest)
        if re.match(r"^--?[a-z]", word) and word not in known
    ]


def found(words: list[str]) -> tuple[click.Command, list[str], str]:
    """The command that the words name, what is left for it, and its path.

    Raises:
        LookupError: there is none.
    """
    command: click.Command = main
    path, rest = "dagbook", list(words)
    while isinstance(command, click.Group) and rest and not rest[0].startswith("-"):
        inner = command.get_command(click.Context(command), rest[0])
        if inner is None:
            raise LookupError(f"there is no command '{path} {rest[0]}'")
        command, path, rest = inner, f"{path} {rest[0]}", rest[1:]
    return command, rest, path
