"""Python modules as compilers write them: names that are free, and the head that all of them share."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable, Mapping
from typing import Final

from dagbook.engine.deployment import Deployment

_WORD: Final = re.compile(r"[^0-9a-zA-Z]+")


def class_names(names: Iterable[str], taken: Iterable[str] = ()) -> dict[str, str]:
    """Ours → a class name, `train_model` → `TrainModel`, none twice and none of `taken`."""
    return _unique({name: _camel(name) for name in names}, taken)


def attribute_names(names: Iterable[str], taken: Iterable[str] = ()) -> dict[str, str]:
    """Ours → an attribute's name; nearly always the same."""
    return _unique({name: _identifier(name) for name in names}, {*taken, *keyword.kwlist})


def heading(deployment: Deployment, engine: str) -> str:
    """The comment that a written module begins with."""
    about = deployment.plan.description
    words = about.splitlines()[0][:100] if about.strip() else ""
    said = f"\n# {words}" if words else ""
    return f"# {deployment.file} for {engine}, written by `dagbook compile`: change that, not this.{said}\n"


def _camel(name: str) -> str:
    words = [word for word in _WORD.split(name) if word]
    made = "".join(word[0].upper() + word[1:] for word in words) or "Node"
    return made if made[0].isalpha() else f"N{made}"


def _identifier(name: str) -> str:
    made = _WORD.sub("_", name).strip("_") or "value"
    return made if made[0].isalpha() else f"p_{made}"


def _unique(wanted: Mapping[str, str], taken: Iterable[str]) -> dict[str, str]:
    used = set(taken)
    found: dict[str, str] = {}
    for name, word in wanted.items():
        candidate, number = word, 2
        while candidate in used:
            candidate, number = f"{word}_{number}", number + 1
        used.add(candidate)
        found[name] = candidate
    return found
