"""What a hook may know of its run: by name in `${run.…}`, and as parameters of its notebook."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

FACTS: Final = ("id", "pipeline", "state", "failed_step", "failed_cell", "error", "folder")
"""Behind `run.` in a hook. `failed_step`, `failed_cell` and `error` are null when nothing failed."""

PARAMETERS: Final = {
    "run_id": "${run.id}",
    "pipeline": "${run.pipeline}",
    "state": "${run.state}",
    "failed_step": "${run.failed_step}",
    "failed_cell": "${run.failed_cell}",
    "error": "${run.error}",
    "run_folder": "${run.folder}",
}
"""A hook's notebook that declares a parameter of such a name gets this, unless `params` says otherwise."""


def given_by_name(declared: Iterable[str]) -> dict[str, str]:
    """The templates for the declared parameters that name a fact."""
    return {name: PARAMETERS[name] for name in declared if name in PARAMETERS}
