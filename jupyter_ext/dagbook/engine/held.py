"""What a person decides about an attempt whose kernel is kept: a file, left in the attempt's folder."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, ValidationError

from dagbook.engine.disk import write_whole

DECISION: Final = "held.json"
CONTINUED: Final = "continued.ipynb"
"""The notebook as the person left it."""


class HeldDecision(BaseModel):
    """Whether the attempt goes on with what the person made of it; `by` is who."""

    model_config = ConfigDict(frozen=True)

    go_on: bool
    by: str = ""


def leave_decision(folder: Path, decision: HeldDecision) -> None:
    """Leave it for the attempt of that folder. Raises OSError."""
    write_whole(folder / DECISION, decision.model_dump_json().encode())


def read_decision(folder: Path) -> HeldDecision | None:
    """What was decided; None as long as nothing was."""
    try:
        return HeldDecision.model_validate_json((folder / DECISION).read_bytes())
    except (OSError, ValidationError):
        return None
