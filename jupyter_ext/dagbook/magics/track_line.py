"""Takes the line of `%%track` and `%track start` apart."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from dagbook.errors import did_you_mean
from dagbook.magics.allowed_names import complaint

USAGE: Final = (
    "%%track [NAME] [-e EXPERIMENT] [-p NAME,…] [-m NAME,…] [--tag KEY=VALUE] [--note TEXT] [--autolog]"
)
NOTE_TAG: Final = "mlflow.note.content"
_LONG: Final = {
    "-e": "--experiment", "-p": "--params", "-m": "--metrics", "-t": "--tag",
}  # fmt: skip
OPTIONS: Final = ("--experiment", "--params", "--metrics", "--tag", "--note", "--autolog")
VERBS: Final = ("start", "stop", "status")
_RESERVED: Final = ("mlflow.", "dagbook.")


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a tracked cell is to record beside what every one does.

    Attributes:
        params: variables to log as parameters when the cell is over; `metrics` likewise.
        wrong: what in the line could not be understood, one sentence each; the rest is done all the same.
    """

    name: str | None = None
    experiment: str | None = None
    params: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()
    tags: dict[str, str] = field(default_factory=dict)
    autolog: bool = False
    wrong: tuple[str, ...] = ()


def read_track_line(line: str) -> Asked:
    """What the line asks for; never raises."""
    try:
        words = shlex.split(line)
    except ValueError as error:
        return Asked(wrong=(f"the line does not end properly ({error}); use {USAGE}",))
    return _Reading(words).read()


class _Reading:
    """A line half read."""

    def __init__(self, words: Sequence[str]) -> None:
        self._words = list(words)
        self._names: list[str] = []
        self._one: dict[str, str] = {}
        self._several: dict[str, list[str]] = {"--params": [], "--metrics": []}
        self._tags: dict[str, str] = {}
        self._wrong: list[str] = []
        self._autolog = False

    def read(self) -> Asked:
        while self._words:
            word = self._words.pop(0)
            if word.startswith("-") and word != "-":
                self._option(word)
            else:
                self._names.append(word)
        if len(self._names) > 1:
            self._wrong.append(f"a run has one name: {' '.join(self._names)!r} needs quotes")
        if "--note" in self._one:
            self._tags[NOTE_TAG] = self._one["--note"]
        return Asked(
            name=" ".join(self._names) or None,
            experiment=self._one.get("--experiment"),
            params=tuple(self._several["--params"]),
            metrics=tuple(self._several["--metrics"]),
            tags=self._tags,
            autolog=self._autolog,
            wrong=tuple(self._wrong),
        )

    def _option(self, word: str) -> None:
        name, equals, value = word.partition("=")
        name = _LONG.get(name, name)
        if name == "--autolog":
            self._autolog = True
            return
        take: Callable[[str], None] | None = {
            "--experiment": lambda text: self._one.update({"--experiment": text}),
            "--note": lambda text: self._one.update({"--note": text}),
            "--params": lambda text: self._variables("--params", text),
            "--metrics": lambda text: self._variables("--metrics", text),
            "--tag": self._tag,
        }.get(name)
        if take is None:
            self._wrong.append(
                f"there is no option {name}: {did_you_mean(name, [*OPTIONS, *_LONG])} (it is passed over)"
            )
        elif equals:
            take(value)
        elif self._words:
            take(self._words.pop(0))
        else:
            self._wrong.append(f"{name} lacks its value; use {USAGE}")

    def _variables(self, option: str, text: str) -> None:
        names = [name.strip() for name in text.split(",")]
        bad = [name for name in names if not name.isidentifier()]
        if bad:
            shown = ", ".join(repr(name) for name in bad)
            self._wrong.append(f"{option}: {shown} names no variable; write -p lr,depth")
        self._several[option] += [name for name in names if name.isidentifier()]

    def _tag(self, text: str) -> None:
        key, equals, value = text.partition("=")
        if not equals or not key:
            self._wrong.append(f"--tag {text}: write it as KEY=VALUE (it is passed over)")
        elif key.startswith(_RESERVED) and key != NOTE_TAG:
            self._wrong.append(f"--tag {key}: names that begin with mlflow. or dagbook. are reserved")
        elif wrong := complaint(key):
            self._wrong.append(f"--tag {key[:60]}: {wrong}")
        else:
            self._tags[key] = value
