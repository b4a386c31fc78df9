"""How a registered model is named: `churn`, `churn@champion`, `churn/3`, with or without `models:/`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_LONGEST: Final = 250
_ALIAS: Final = re.compile(r"[A-Za-z0-9_-]{1,255}")
_NUMBERED: Final = re.compile(r"[vV]\d+")
_STAGES: Final = {"staging", "production", "archived"}
PREFIX: Final = "models:/"


class WrongReference(ValueError):
    """A text that names no model; the message says what it should look like."""


@dataclass(frozen=True, kw_only=True)
class ModelReference:
    """A model, and perhaps which version of it: by number or by alias; the newest when neither is said."""

    name: str
    version: int | None = None
    alias: str | None = None

    @property
    def uri(self) -> str:
        """As MLflow writes it."""
        return f"{PREFIX}{self}"

    def __str__(self) -> str:
        if self.alias is not None:
            return f"{self.name}@{self.alias}"
        return self.name if self.version is None else f"{self.name}/{self.version}"


def read_reference(text: str) -> ModelReference:
    """What the text names.

    Raises:
        WrongReference: nothing.
    """
    said = text.strip().removeprefix(PREFIX)
    name, at, alias = said.partition("@")
    if at:
        _check_name(name)
        return ModelReference(name=name, alias=read_alias(alias))
    name, slash, version = said.rpartition("/")
    if not slash:
        _check_name(said)
        return ModelReference(name=said)
    _check_name(name)
    if version == "latest":
        return ModelReference(name=name)
    if not version.isdecimal() or int(version) < 1:
        raise WrongReference(f"'{version[:80]}' is no version of a model; write {name}/3 or {name}@champion")
    return ModelReference(name=name, version=int(version))


def read_alias(text: str) -> str:
    """The alias; a stage of old MLflow (`Production`) is the alias of that name in small letters.

    Raises:
        WrongReference: MLflow knows no such aliases.
    """
    alias = text.strip().removeprefix("@")
    if alias.lower() in _STAGES:
        return alias.lower()
    if alias == "latest" or _NUMBERED.fullmatch(alias) or not _ALIAS.fullmatch(alias):
        raise WrongReference(
            f"'{alias[:80]}' cannot be an alias; use letters, digits, _ and -, such as champion"
        )
    return alias


def _check_name(name: str) -> None:
    if not name.strip() or len(name) > _LONGEST or set(name) & set("/:@"):
        raise WrongReference(
            f"{name[:80]!r} cannot be the name of a model; use a name without /, : and @, such as churn"
        )
