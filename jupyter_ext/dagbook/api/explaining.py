"""What the code of an error means: the page of errors, where no page can be opened."""

from __future__ import annotations

import json
from importlib.resources import files

from dagbook.errors import Finding, NotFound, did_you_mean


def explain(name: str) -> dict[str, str]:
    """`code`, `means` and `section` of the page `docs/reference/errors.md`, of the code that is named.

    Raises:
        NotFound: no error of ours is called so.
    """
    text = files("dagbook").joinpath("schemas", "errors.json").read_text("utf-8")
    known: dict[str, dict[str, str]] = json.loads(text)
    if name not in known:
        raise NotFound(
            Finding(
                code="unknown-code",
                message=f"no error of Dagbook's is called '{name}'",
                remedy=did_you_mean(name, known, "an error that a notebook raised itself is Python's"),
            )
        )
    return {"code": name, **known[name]}
