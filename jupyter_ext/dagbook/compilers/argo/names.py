"""Names as Kubernetes and Argo allow them, one for each of ours."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from dagbook.errors import EnvironmentFault, Finding

_LONGEST_GENERATED: Final = 57
"""Of 63: Kubernetes puts five characters behind a `generateName`, and Argo a dash before them."""


def field_names(names: Iterable[str], taken: Iterable[str] = ()) -> dict[str, str]:
    """Ours → a task or template name: letters, digits and dashes, and none twice."""
    used = set(taken)
    found: dict[str, str] = {}
    for name in names:
        base = re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-") or "node"
        word, number = base, 2
        while word in used:
            word, number = f"{base}-{number}", number + 1
        used.add(word)
        found[name] = word
    return found


def object_name(name: str) -> str:
    """The pipeline's name as a Kubernetes object may be called: lower case, below 58 characters."""
    word = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:_LONGEST_GENERATED].strip("-")
    return word if word[:1].isalpha() else f"p-{word}".rstrip("-")


def label_value(text: str) -> str:
    """A text as the value of a label: at most 63 characters, no others than letters, digits, `-_.`."""
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", text)[:63].strip("-_.")


def hera_models() -> object:
    """Hera's models. Raises EnvironmentFault when the extra is not installed."""
    try:
        from hera.workflows import models
    except ImportError as error:
        raise EnvironmentFault(
            Finding(
                code="missing-extra",
                message=f"compiling to Argo needs Hera: {error}",
                remedy="pip install 'dagbook[argo]'",
            )
        ) from error
    return models
