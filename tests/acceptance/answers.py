"""What commands answer with `--json` is what the published schema says: looked at wherever a test asks."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import jsonschema

from dagbook.api.schemas import answer_names, schema_named


def require_published(args: Sequence[str], out: str) -> None:
    """The answer of a command, as its schema has it and with no key that this does not name."""
    words = list(args[args.index("dagbook") + 1 :])
    if "--json" not in words or not out.strip():
        return
    meant = (" ".join(words[:2]), words[0], f"{words[0]} list")  # `dagbook models` lists them
    name = next((name for name in meant if name in answer_names()), None)
    assert name is not None, f"the answer of {words} has no schema: tests/docs/answers.py"
    validator = jsonschema.Draft202012Validator(_strict(schema_named(name)))
    for answer in _answers(out):
        wrong = jsonschema.exceptions.best_match(validator.iter_errors(answer))
        assert wrong is None, (
            f"`{name}` answers otherwise than its schema: {wrong.json_path}: {wrong.message}"
        )


def _answers(out: str) -> list[Any]:
    """One JSON value, or one a line."""
    try:
        return [json.loads(out)]
    except ValueError:
        return [json.loads(line) for line in out.splitlines()]


def _strict(schema: Any) -> Any:
    """The schema that takes no other keys: we add none without saying so."""
    if isinstance(schema, list):
        return [_strict(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    known = {key: _strict(value) for key, value in schema.items()}
    return {**known, "additionalProperties": False} if "required" in known else known
