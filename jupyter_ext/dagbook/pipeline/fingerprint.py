"""What makes two executions the same: named parts, so that a difference can be told in words."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

from pydantic import BaseModel

from dagbook.notebook.modules import module_parts
from dagbook.pipeline.facts import NotebookFacts
from dagbook.pipeline.predict import MODEL

# Part of every fingerprint: raise it when what a fingerprint covers changes.
FINGERPRINT_VERSION: Final = 2

Parts = Mapping[str, str]
_PARAMETER: Final = "parameter "


def fingerprint_parts(
    facts: NotebookFacts,
    params: Mapping[str, Any],
    outputs: Mapping[str, str],
    environment: str,
    registration: BaseModel | None = None,
) -> dict[str, str]:
    """Part → digest.

    Args:
        facts: the notebook's code, modules and dependencies.
        params: name → value in the encoded form of notebook.values; a file counts by its content only.
        outputs: declared outputs, name → path.
        environment: what identifies the interpreter that will run it.
        registration: what becomes of the model that it makes, as written or as planned.
    """
    parts = {"kernel": _digest([facts.kernel, environment]), "declared outputs": _digest(dict(outputs))}
    # Counted among code cells alone: a new markdown cell moves nothing.
    parts |= {f"code cell {number}": _digest(code) for number, code in enumerate(facts.cells.values(), 1)}
    if facts.lock:
        parts["environment"] = _digest(facts.lock)
    if registration is not None:
        parts["register"] = _digest(registration.model_dump(mode="json"))
    parts |= value_parts(params)
    for file, source in facts.modules.items():
        parts |= {part: _digest(code) for part, code in module_parts(file, source).items()}
    parts |= {f"file {name}": digest for name, digest in facts.deps.items()}
    return parts


def value_parts(params: Mapping[str, Any]) -> dict[str, str]:
    """The parts that parameters make; encoded values, a file counting by its content only."""
    # In a list, so that 1 and "1" differ: `_digest` takes a text as it is.
    return {f"{_PARAMETER}{name}": _digest([_content(value)]) for name, value in params.items()}


def model_parts(parts: Parts, version: str) -> dict[str, str]:
    """The parts of a step that scores with a model, where the version counts and not how it is named.

    Args:
        parts: as of any step.
        version: what identifies the version.
    """
    return {**parts, f"{_PARAMETER}{MODEL}": _digest([version])}


def fingerprint(parts: Parts) -> str:
    """The digest of all parts: 64 hexadecimal digits."""
    return _digest([FINGERPRINT_VERSION, sorted(parts.items())])


def earlier(latest: Parts, parts: Parts, *, of_one: bool) -> tuple[str, ...]:
    """Fingerprints of results that a person may mean who takes an earlier one as current, best first.

    Args:
        latest: parts of the newest result.
        parts: of the step as it is now.
        of_one: the newest result is of this very step, not of any element of a `foreach`.
    """
    same_values = {name: digest for name, digest in latest.items() if not name.startswith(_PARAMETER)}
    same_values |= {name: digest for name, digest in parts.items() if name.startswith(_PARAMETER)}
    return (fingerprint(same_values), *((fingerprint(latest),) if of_one else ()))


def explain_difference(before: Parts | None, after: Parts) -> str:
    """Why a step is not current, in a few words: `parameter depth changed, cell 4 changed`."""
    if before is None:
        return "never run"
    changed = [name for name in after if name in before and before[name] != after[name]]
    added = [name for name in after if name not in before]
    removed = [name for name in before if name not in after]
    said = [
        *(f"{name} changed" for name in changed),
        *(f"{name} is new" for name in added),
        *(f"{name} is gone" for name in removed),
    ]
    if not said:
        return "its result is no longer in the cache"
    shown = 3
    more = f" and {len(said) - shown} more" if len(said) > shown else ""
    return ", ".join(said[:shown]) + more


def _content(value: Any) -> Any:
    """An encoded value without where its files happen to lie."""
    if isinstance(value, dict):
        if set(value) == {"$file"} and isinstance(value["$file"], dict):
            return {"$file": {key: part for key, part in value["$file"].items() if key != "path"}}
        return {key: _content(element) for key, element in value.items()}
    if isinstance(value, list):
        return [_content(element) for element in value]
    return value


def _digest(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
